/**
 * Finds in a network's graph a head that is linear in pooled feature maps, and tells what each place of the maps adds to a
 * label: class activation maps (Zhou et al., "Learning Deep Features for Discriminative Localization", 2016), extended to
 * several maps, and to standard deviations over places beside means.
 */
import type { Graph, Node } from "@sightline/nn/graph";
import { inferShapes } from "@sightline/nn/shapes";
import { indices, type Tensor } from "@sightline/nn/tensor";

/** What one feature map adds to a label; the parts of a head add up to its logit without the bias. */
export interface HeadPart {
  /** `[N, C, h, w]`: the mean over places of Σ weight · value is what the part adds. */
  readonly map: string;
  /** One per channel. */
  readonly weights: Float32Array;
  /** `[N, C, 1, 1]`: what the channel's values are divided by first, for deviations; `null` for means. */
  readonly divisor: string | null;
}

/**
 * @param from the value that holds the logits, or what they become by a softmax, a sigmoid or a division
 * @param label row of the logits
 * @param others rows whose mean is subtracted: a softmax sees only differences, and that of two is their log-odds
 * @returns `null` where the head is another one
 */
export function linearHead(
  graph: Graph,
  from: string,
  label: number,
  others: readonly number[] = [],
): HeadPart[] | null {
  const walk = new Walk(graph);
  const logits = walk.through(from, ["Softmax", "Sigmoid", "Div", "Squeeze", "Identity"]);
  const head = walk.linearLayer(logits);
  if (head === null || Math.max(label, ...others) >= head.rows) return null;
  const weights = head.row(label);
  for (const other of others) {
    const row = head.row(other);
    for (let j = 0; j < weights.length; j++) weights[j] = (weights[j] as number) - (row[j] as number) / others.length;
  }
  const standard = walk.unstandardised(head.input, weights);
  return walk.pooledParts(standard.value, standard.weights);
}

interface LinearLayer {
  readonly input: string;
  readonly rows: number;
  row(k: number): Float32Array;
}

class Walk {
  readonly #graph: Graph;
  readonly #makers = new Map<string, Node>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const node of graph.nodes) for (const output of node.outputs) this.#makers.set(output, node);
  }

  /** Up past operators that only dress a value up. */
  through(value: string, operators: readonly string[]): string {
    for (let at = value; ; ) {
      const node = this.#makers.get(at);
      if (node === undefined || !operators.includes(node.operator)) return at;
      at = node.inputs[0] as string;
    }
  }

  #constant(value: string | undefined): Tensor | null {
    return (value !== undefined && this.#graph.initializers.get(value)) || null;
  }

  /** The layer `input · weights + bias` that makes a value, whichever way it is written. */
  linearLayer(value: string): LinearLayer | null {
    const node = this.#makers.get(value);
    if (node === undefined) return null;
    if (node.operator === "Add") {
      const [a, b] = node.inputs as [string, string];
      if (this.#constant(b)) return this.linearLayer(a);
      return this.#constant(a) ? this.linearLayer(b) : null;
    }
    if (node.operator !== "Gemm" && node.operator !== "MatMul") return null;
    const weight = this.#constant(node.inputs[1]);
    const transA = node.attributes.transA?.value ?? 0;
    if (weight === null || weight.dims.length !== 2 || transA !== 0) return null;
    const isTransposed = node.operator === "Gemm" && node.attributes.transB?.value === 1;
    const scale = node.operator === "Gemm" ? Number(node.attributes.alpha?.value ?? 1) : 1;
    const [rows = 0, columns = 0] = isTransposed ? weight.dims : weight.dims.toReversed();
    const data = weight.data as Float32Array;
    return {
      input: node.inputs[0] as string,
      rows,
      row: (k) =>
        Float32Array.from(
          { length: columns },
          (_, j) => scale * (data[isTransposed ? k * columns + j : j * rows + k] as number),
        ),
    };
  }

  /** Up past `(x − mean) ÷ divisor` by constants: the weights for x itself. A bias changes nothing here. */
  unstandardised(value: string, weights: Float32Array): { value: string; weights: Float32Array } {
    const node = this.#makers.get(value);
    const [input, by] = node?.inputs ?? [];
    const factors = this.#constant(by);
    if (node === undefined || input === undefined || factors === null) return { value, weights };
    const at = (j: number): number => factors.data[factors.data.length === 1 ? 0 : j] as number;
    if (factors.data.length !== 1 && factors.data.length !== weights.length) return { value, weights };
    if (node.operator === "Sub" || node.operator === "Add") return this.unstandardised(input, weights);
    if (node.operator === "Div")
      return this.unstandardised(
        input,
        weights.map((weight, j) => weight / at(j)),
      );
    if (node.operator === "Mul")
      return this.unstandardised(
        input,
        weights.map((weight, j) => weight * at(j)),
      );
    return { value, weights };
  }

  /** The maps below a value that holds their pooled channels one after the other. */
  pooledParts(features: string, weights: Float32Array): HeadPart[] | null {
    const dressing = ["Flatten", "Reshape", "Squeeze", "Dropout", "Identity"];
    const value = this.through(features, dressing);
    const node = this.#makers.get(value);
    const pooled = node?.operator === "Concat" ? node.inputs : [value];
    const shapes = inferShapes(this.#graph);
    const parts: HeadPart[] = [];
    let offset = 0;
    for (const one of pooled) {
      const part = this.#pooled(this.through(one, dressing));
      const channels = part === null ? undefined : shapes.get(part.map)?.dims[1];
      if (part === null || typeof channels !== "number") return null;
      parts.push({ ...part, weights: weights.slice(offset, offset + channels) });
      offset += channels;
    }
    return offset === weights.length ? parts : null;
  }

  #pooled(value: string): Omit<HeadPart, "weights"> | null {
    const node = this.#makers.get(value);
    if (node === undefined) return null;
    if (node.operator === "GlobalAveragePool") return { map: node.inputs[0] as string, divisor: null };
    if (this.#isMeanOverPlaces(node)) return { map: node.inputs[0] as string, divisor: null };
    // √(mean of squares + ε): each place's share is its square ÷ the root.
    if (node.operator !== "Sqrt") return null;
    const sum = this.#makers.get(node.inputs[0] as string);
    const variance = sum?.operator === "Add" && this.#constant(sum.inputs[1]) ? sum.inputs[0] : node.inputs[0];
    const mean = this.#makers.get(variance as string);
    if (mean === undefined || !this.#isMeanOverPlaces(mean)) return null;
    return { map: mean.inputs[0] as string, divisor: value };
  }

  #isMeanOverPlaces(node: Node): boolean {
    if (node.operator !== "ReduceMean") return false;
    const axes = this.#constant(node.inputs[1]);
    const listed = axes ? indices(axes) : (node.attributes.axes?.value as readonly number[] | undefined);
    const places = listed?.map((axis) => (axis < 0 ? axis + 4 : axis)).toSorted();
    return places?.join() === "2,3";
  }
}
