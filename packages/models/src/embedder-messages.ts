/** What an embedder and its worker thread say to each other. */
export interface EmbedderStart {
  /** The backbone with its pooling, as an ONNX file. */
  readonly network: Uint8Array;
}

/** close: end after the picture under way. */
export type ToEmbedder =
  | { readonly kind: "picture"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "close" };

export type FromEmbedder =
  | { readonly kind: "embedding"; readonly id: number; readonly embedding: Float32Array }
  | { readonly kind: "failure"; readonly id: number; readonly problem: string };
