/** Shape rules that several operators share. */

import type { Dimension } from "../graph.js";
import { unknownDimension } from "../graph.js";
import type { Call, Value } from "../operator.js";

/** The output is like the first input. */
export function sameShape(call: Call): Value[] {
  const { type, dims } = call.input(0);
  return [{ type, dims }];
}

/** All inputs are broadcast to one shape; the output has their element type, or the one given. */
export function broadcastShape(call: Call, type?: Value["type"]): Value[] {
  const first = call.input(0);
  let { dims } = first;
  for (let index = 1; index < call.inputs.length; index++) {
    const next = call.input(index);
    if (next.type !== first.type) call.fail(`inputs must have one element type, got ${first.type} and ${next.type}.`);
    dims = broadcast(call, dims, next.dims);
  }
  return [{ type: type ?? first.type, dims }];
}

export function broadcast(call: Call, a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index): Dimension => {
    const [x, y] = [a[index - rank + a.length] ?? 1, b[index - rank + b.length] ?? 1];
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    if (typeof x === "number" && typeof y === "number") {
      return call.fail(`shapes (${a.join(", ")}) and (${b.join(", ")}) don't fit together.`);
    }
    // A named size beside a larger fixed one can only be 1 or that size; two names may or may not be equal.
    if (typeof x === "number") return x;
    return typeof y === "number" ? y : unknownDimension;
  });
}

/** Reductions of operator set 18: axes are a constant second input; none means all. */
export function reducedShape(call: Call): Value[] {
  const { type, dims } = call.input(0);
  const axes = reducedAxes(call);
  const isKept = call.int("keepdims", 1) === 1;
  return [{ type, dims: dims.flatMap((size, axis) => (axes.includes(axis) ? (isKept ? [1] : []) : [size])) }];
}

export function reducedAxes(call: Call): number[] {
  const rank = call.input(0).dims.length;
  const axes = call.constantIndices(1) ?? [];
  if (axes.length > 0) return axes.map((axis) => call.axis(axis, rank));
  return call.int("noop_with_empty_axes", 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

/** Matrix products over the last two axes; those before are broadcast, and vectors become matrices for a moment. */
export function matMulShape(call: Call): Value[] {
  const [a, b] = [call.input(0), call.input(1)];
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [rows, inner] = left.slice(-2);
  const [innerToo, columns] = right.slice(-2);
  if (rows === undefined || columns === undefined || !mayBeEqual(inner, innerToo)) {
    call.fail(`shapes (${a.dims.join(", ")}) and (${b.dims.join(", ")}) can't be multiplied.`);
  }
  const batch = broadcast(call, left.slice(0, -2), right.slice(0, -2));
  const matrix = [...(a.dims.length === 1 ? [] : [rows]), ...(b.dims.length === 1 ? [] : [columns])];
  return [{ type: a.type, dims: [...batch, ...matrix] }];
}

export function gemmShape(call: Call): Value[] {
  const [a, b] = [call.ranked(0, 2), call.ranked(1, 2)];
  const [rows, inner] = call.int("transA", 0) ? a.dims.toReversed() : a.dims;
  const [innerToo, columns] = call.int("transB", 0) ? b.dims.toReversed() : b.dims;
  if (rows === undefined || columns === undefined || !mayBeEqual(inner, innerToo)) {
    call.fail(`shapes (${a.dims.join(", ")}) and (${b.dims.join(", ")}) can't be multiplied.`);
  }
  const bias = call.inputs[2];
  if (bias && broadcast(call, [rows, columns], bias.dims).join() !== [rows, columns].join()) {
    call.fail(`bias (${bias.dims.join(", ")}) doesn't fit (${rows}, ${columns}).`);
  }
  return [{ type: a.type, dims: [rows, columns] }];
}

/** 0 copies a size, -1 takes what is left. */
export function reshapeShape(call: Call): Value[] {
  const { type, dims } = call.input(0);
  const wanted = call.constantIndices(1) ?? call.fail("input 1 (the shape) is missing.");
  const target = wanted.map((size, axis): Dimension => {
    if (size !== 0 || call.int("allowzero", 0) === 1) return size;
    return dims[axis] ?? call.fail(`size 0 copies dimension ${axis}, which (${dims.join(", ")}) doesn't have.`);
  });
  const rest = target.indexOf(-1);
  if (rest < 0) {
    const isKnown = [...dims, ...target].every((size) => typeof size === "number");
    if (isKnown && product(dims) !== product(target)) {
      call.fail(`(${dims.join(", ")}) can't become (${target.join(", ")}): the number of elements differs.`);
    }
    return [{ type, dims: target }];
  }
  return [{ type, dims: target.with(rest, quotient(call, dims, target.toSpliced(rest, 1))) }];
}

/** The one size that makes `part` as large as `whole`; names on both sides cancel out. */
function quotient(call: Call, whole: readonly Dimension[], part: readonly Dimension[]): Dimension {
  const names = whole.filter((size) => typeof size === "string");
  for (const size of part) {
    if (typeof size !== "string") continue;
    const at = names.indexOf(size);
    if (at < 0) return unknownDimension;
    names.splice(at, 1);
  }
  const [numbers, divisor] = [product(whole), product(part)];
  const [name, ...others] = names;
  if (name !== undefined) return others.length === 0 && numbers === divisor ? name : unknownDimension;
  if (numbers % divisor !== 0) call.fail(`(${whole.join(", ")}) can't be split by (${part.join(", ")}).`);
  return numbers / divisor;
}

export function concatShape(call: Call): Value[] {
  const first = call.input(0);
  const at = call.axis(call.int("axis", 0), first.dims.length);
  let total: Dimension = 0;
  for (let index = 0; index < call.inputs.length; index++) {
    const { dims } = call.ranked(index, first.dims.length);
    if (dims.some((size, axis) => axis !== at && !mayBeEqual(size, first.dims[axis]))) {
      call.fail(`shapes (${first.dims.join(", ")}) and (${dims.join(", ")}) differ beside axis ${at}.`);
    }
    const size: Dimension = dims[at] ?? 0;
    total = typeof total === "number" && typeof size === "number" ? total + size : unknownDimension;
  }
  return [{ type: first.type, dims: first.dims.with(at, call.inputs.length === 1 ? (first.dims[at] ?? 0) : total) }];
}

/** Sizes or scales are constants for the axes named (all, if none is); the others stay as they are. */
export function resizeShape(call: Call): Value[] {
  const { type, dims } = call.input(0);
  const axes = (call.ints("axes") ?? dims.map((_, axis) => axis)).map((axis) => call.axis(axis, dims.length));
  const sizes = call.constantIndices(3);
  const scales = call.inputs[2]?.constant;
  const given = sizes?.length ?? scales?.data.length;
  if (given !== axes.length) call.fail(`it needs ${axes.length} constant sizes or scales, got ${given ?? "none"}.`);
  const resized = dims.map((size, axis): Dimension => {
    const at = axes.indexOf(axis);
    if (at < 0) return size;
    if (sizes) return sizes[at] ?? size;
    const scale = Number(scales?.data[at]);
    if (scale === 1) return size;
    return typeof size === "number" ? Math.floor(size * scale) : unknownDimension;
  });
  return [{ type, dims: resized }];
}

/** Start, end (not included) and step of a slice, cut to what the size allows, as ONNX says. */
export function sliceRange(start: number, end: number, step: number, size: number): { start: number; count: number } {
  const clamp = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high);
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** Slices by axis: constant starts, ends, axes and steps. */
export function sliceRanges(call: Call): Map<number, { start: number; end: number; step: number }> {
  const rank = call.input(0).dims.length;
  const starts = call.constantIndices(1) ?? call.fail("input 1 (starts) is missing.");
  const ends = call.constantIndices(2) ?? call.fail("input 2 (ends) is missing.");
  const axes = call.constantIndices(3) ?? starts.map((_, axis) => axis);
  const steps = call.constantIndices(4) ?? starts.map(() => 1);
  return new Map(
    axes.map((axis, index) => {
      const step = steps[index] ?? 1;
      if (step === 0) call.fail("a step must not be 0.");
      return [call.axis(axis, rank), { start: starts[index] ?? 0, end: ends[index] ?? 0, step }];
    }),
  );
}

function mayBeEqual(a: Dimension | undefined, b: Dimension | undefined): boolean {
  return a === b || typeof a === "string" || typeof b === "string";
}

/** Product of the sizes that are numbers. */
function product(dims: readonly Dimension[]): number {
  return dims.reduce<number>((result, size) => (typeof size === "number" ? result * size : result), 1);
}
