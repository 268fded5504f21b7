/** Operators that need no plain map: element by element, per channel, over channels or whole places. */

import { elementCount, floatTensor, indices } from "../tensor.js";
import type { Lowered, Site, TurboRule } from "./turbo-rule.js";

/** Those that keep zeros zero, so that what fills the last block stays zeros. */
const keepingZero: ReadonlySet<string> = new Set(
  "Abs Add HardSwish Identity LeakyRelu Max Min Mul Neg Relu Sub Tanh".split(" "),
);

/** Channels are whole blocks, or zeros stay zeros. */
const others: ReadonlySet<string> = new Set("Clip Div Exp HardSigmoid Log Pow Reciprocal Sigmoid Sqrt".split(" "));

export const elementwiseRules: Readonly<Record<string, TurboRule>> = Object.fromEntries(
  [...keepingZero, ...others].map((operator) => [operator, elementwise]),
);

function elementwise(site: Site): readonly Lowered[] | null {
  const { maps, call, inputs } = site;
  const { operator } = call.node;
  const at = inputs.findIndex((name) => isMap(site, name) && maps.hasBlocked(name));
  const first = inputs[at];
  if (first === undefined) return null;
  const dims = maps.sizes(first);
  const isWhole = (dims[1] ?? 0) % maps.block === 0;
  if (!isWhole && !keepingZero.has(operator)) return null;
  const scalars = operator === "Clip" ? inputs.slice(1) : [];
  const operands: string[] = [];
  for (const [index, name] of inputs.entries()) {
    const isOptional = name === "" || scalars.includes(name);
    if (isOptional) operands.push(name === "" ? "" : maps.plain(name));
    else if (maps.sizes(name).join() === dims.join()) operands.push(maps.blocked(name));
    else if (isScalar(maps.sizes(name)) && (isWhole || operator === "Mul")) operands.push(maps.plain(name));
    else if (inputs.length === 2) return perChannel(site, at, index);
    else return null;
  }
  return [{ blocked: maps.tape.emit(operator, operands, call.plainAttributes()) }];
}

/** A map and one number per channel, [1, C, 1, 1] or [C, 1, 1], or per picture and channel (Mul only). */
function perChannel({ maps, call, inputs }: Site, mapAt: number, otherAt: number): readonly Lowered[] | null {
  const { tape } = maps;
  const { operator } = call.node;
  const [map = "", other = ""] = [inputs[mapAt], inputs[otherAt]];
  const [batch = 0, channels = 0, height = 0, width = 0] = maps.sizes(map);
  const dims = maps.sizes(other);
  const x = maps.blocked(map);
  const filled = maps.filled(channels);
  if (elementCount(dims) === channels && dims.at(-3) === channels) {
    const vector = maps.vector(tape.reshape(maps.plain(other), [channels]));
    if (operator === "Mul") return [{ blocked: maps.affine(x, vector) }];
    const ones = (value: number) =>
      maps.vector(tape.emit("Identity", [floatTensor([channels], new Float32Array(channels).fill(value))]));
    if (operator === "Add") return [{ blocked: maps.affine(x, ones(1), { bias: vector }) }];
    if (operator === "Sub") {
      const isMinuend = mapAt === 0;
      const bias = isMinuend ? tape.negative(vector) : vector;
      return [{ blocked: maps.affine(x, ones(isMinuend ? 1 : -1), { bias }) }];
    }
  }
  if (operator === "Mul" && dims.join() === [batch, channels, 1, 1].join()) {
    const rows = batch * filled;
    const scale = tape.reshape(maps.blocked(other), [rows, 1, 1, 1]);
    const flat = tape.reshape(x, [1, rows, 1, height * width]);
    const y = maps.convolve([flat, scale], { kernel_shape: [1, 1], group: rows });
    return [{ blocked: tape.reshape(y, [batch, filled, height, width]) }];
  }
  return null;
}

export const poolingRules: Readonly<Record<string, TurboRule>> = {
  GlobalAveragePool: ({ maps, inputs: [x = ""] }) =>
    maps.hasBlocked(x) ? [{ blocked: maps.tape.emit("nchwc.GlobalAveragePool", [maps.blocked(x)]) }] : null,

  ReduceMean: (site) => overPlaces(site, 1),
  ReduceSum: (site) => {
    const [, , height = 0, width = 0] = site.call.inputs[0]?.dims ?? [];
    return overPlaces(site, Number(height) * Number(width));
  },

  /** One number per channel to a whole map. */
  Expand: ({ maps, call, inputs: [x = ""] }) => {
    const from = maps.sizes(x);
    const to = call.constantIndices(1) ?? [];
    if (from.length !== 4 || to.length !== 4 || from[2] !== 1 || from[3] !== 1) return null;
    if (to[0] !== from[0] || to[1] !== from[1] || (from[1] ?? 0) % maps.block !== 0) return null;
    const scales = [1, 1, to[2] ?? 1, to[3] ?? 1];
    return [{ blocked: maps.tape.emit("nchwc.Upsample", [maps.blocked(x)], { scales }) }];
  },

  /** Whole blocks of channels lie side by side as plain channels do. */
  Concat: ({ maps, call, inputs }) => {
    const isBlocked = inputs.some((name) => maps.sizes(name).length === 4 && maps.hasBlocked(name));
    if (!isBlocked || call.int("axis", 0) !== 1) return null;
    if (inputs.some((name) => (maps.sizes(name)[1] ?? 0) % maps.block !== 0)) return null;
    return [
      {
        blocked: maps.tape.emit(
          "Concat",
          inputs.map((name) => maps.blocked(name)),
          { axis: 1 },
        ),
      },
    ];
  },

  Resize: ({ maps, call, inputs: [x = ""] }) => {
    if (!maps.hasBlocked(x) || call.text("mode", "nearest") !== "nearest") return null;
    const isFloor = call.text("nearest_mode", "round_prefer_floor") === "floor";
    if (!isFloor || call.text("coordinate_transformation_mode", "half_pixel") !== "asymmetric") return null;
    const constant = call.inputs[2]?.constant;
    const scales = constant ? Array.from(constant.data as Float32Array) : [];
    if (scales.length !== 4 || scales.some((scale) => !Number.isInteger(scale))) return null;
    return [{ blocked: maps.tape.emit("nchwc.Upsample", [maps.blocked(x)], { scales }) }];
  },
};

/** The mean over height and width, times a factor. */
function overPlaces({ maps, call, inputs: [x = ""] }: Site, factor: number): readonly Lowered[] | null {
  const axes = call.inputs[1]?.constant ? indices(call.inputs[1].constant) : [];
  const keeps = call.int("keepdims", 1) === 1;
  if (!isMapDims(maps.sizes(x)) || !maps.hasBlocked(x) || !keeps || axes.slice(-2).join() !== "2,3") return null;
  const pooled = maps.tape.emit("nchwc.GlobalAveragePool", [maps.blocked(x)]);
  const [batch = 1, channels = 0] = maps.sizes(x);
  if (axes.length === 2) return [{ blocked: factor === 1 ? pooled : maps.tape.times(pooled, factor) }];
  if (axes.join() !== "0,2,3") return null;
  const total = maps.tape.times(maps.tape.sum(pooled, [0]), factor === 1 ? 1 / batch : factor);
  return [{ plain: maps.tape.slice(total, [0], [channels], [1]) }];
}

function isMap({ maps }: Site, name: string): boolean {
  return name !== "" && isMapDims(maps.sizes(name));
}

function isMapDims(dims: readonly number[]): boolean {
  return dims.length === 4;
}

function isScalar(dims: readonly number[]): boolean {
  return elementCount(dims) === 1;
}
