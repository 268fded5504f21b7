/** Errors on their way between threads: they lose their class there, and get it back here. */
import { ImageError, type ImageErrorCode } from "@sightline/dataset/image-file";
import { NnError, type NnErrorCode } from "@sightline/nn/errors";
import { ModelError, type ModelErrorCode } from "./model-error.js";
import type { PlainError } from "./predictor-messages.js";

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", code: null, message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  return { name: error.name, code, message: error.message };
}

/** The worker's error as the class it was there. */
export function revived({ name, code, message }: PlainError): Error {
  if (name === "ImageError" && code !== null) return new ImageError(code as ImageErrorCode, message);
  if (name === "NnError" && code !== null) return new NnError(code as NnErrorCode, message);
  if (name === "ModelError" && code !== null) return new ModelError(code as ModelErrorCode, message);
  return new ModelError("PREDICTOR_FAILED", `The model failed on this picture: ${message}`);
}
