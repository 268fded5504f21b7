/**
 * Convolutions and their gradients on blocked maps. GF/s on one core of an AMD EPYC (Zen 3, AVX2, block 8) that others used
 * too, by its processor time; batch 32, maps of 3 x 3 to 48 x 48, weights and sums reordered within the time, maps not:
 *
 * | what | form | blocked | standard operators |
 * |---|---|---|---|
 * | pointwise forward | Conv | 19–62 | 21–47 |
 * | pointwise input gradient | Conv | 26–71 | 23–54 |
 * | pointwise weight gradient, places in whole blocks | Conv over places, a group for each picture | 39–57 | 30–58 |
 * | pointwise weight gradient, other maps | all pictures side by side, then one Conv over places | 29–57 | 16–57 |
 * | depthwise forward, and input gradient at stride 1 | Conv, its kernel turned for the gradient | 9–11 | 1–4 |
 * | depthwise forward, stride 2 | Conv | 5–6 | 1–3 |
 * | depthwise input gradient, stride 2 | 4 Convs of the kernel's phases, interleaved | 1–2 | 1–2 |
 * | depthwise weight gradient | Conv with dy as kernel, dilated by the stride | 5–12 | 0.3–2 |
 * | dense 3x3 forward and input gradient, stride 1 | Conv | 50–72 | 33–62 |
 * | dense 3x3 forward, stride 2 | Conv | 47–63 | 29–38 |
 * | dense 3x3 input gradient, stride 2 | as depthwise | 21–34 | 19–35 |
 *
 * Weight gradients of dense convolutions larger than 1x1 stay with standard operators: a form over one-hot kernels and
 * blocks of places took twice as long for a first layer.
 */

import { floatTensor } from "../tensor.js";
import type { WindowPlan } from "../window.js";
import { planWindow } from "../window.js";
import type { BlockedMaps } from "./blocked-maps.js";
import type { Site, TurboRule } from "./turbo-rule.js";

interface Plan extends WindowPlan {
  readonly group: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly map: readonly [number, number];
}

export const convolutionRules: Readonly<Record<string, TurboRule>> = {
  Conv: (site) => {
    const { maps, call, inputs } = site;
    const [x = "", weights = "", bias = ""] = inputs;
    const plan = planOf(site, call.sizes(0), call.sizes(1));
    const isNarrow = plan.inputs < maps.block;
    if (!isDepthwise(plan) && plan.group !== 1) return null;
    // Over 1, 2, 3 … channels the plain map is read as it is.
    const map = isNarrow && !isDepthwise(plan) ? maps.plain(x) : maps.blocked(x);
    const value = maps.plain(weights);
    const kernel = isDepthwise(plan) || isNarrow ? maps.outerWeights(value) : maps.denseWeights(value);
    const operands = bias === "" ? [map, kernel] : [map, kernel, maps.vector(maps.plain(bias))];
    const group = isDepthwise(plan) ? maps.filled(plan.outputs) : 1;
    return [{ blocked: maps.convolve(operands, { ...attributes(plan), group, ...site.activation }) }];
  },

  ConvInputGradient: (site) => {
    const { maps, call, inputs } = site;
    const [dy = "", weights = ""] = inputs;
    const size = call.ints("size") ?? [];
    const [outputs = 0, perGroup = 0] = call.sizes(1);
    const group = call.int("group", 1);
    const plan = planOf(site, [0, perGroup * group, ...size], call.sizes(1));
    if (!isDepthwise(plan) && (group !== 1 || outputs < maps.block)) return null;
    if (plan.dilations.some((dilation) => dilation !== 1)) return null;
    // Seen from dy, the channels change places.
    const turned = isDepthwise(plan) ? maps.plain(weights) : maps.tape.transpose(maps.plain(weights), [1, 0, 2, 3]);
    const dx = byPhases(maps, maps.blocked(dy), turned, plan, call.sizes(0).slice(2));
    return dx === null ? null : [{ blocked: dx }];
  },

  ConvWeightGradient: (site) => {
    const { maps, call, inputs } = site;
    const [x = "", dy = ""] = inputs;
    const [, channels = 0] = call.sizes(0);
    const [, outputs = 0, ...windows] = call.sizes(1);
    const kernel = call.ints("kernel_shape") ?? [];
    const plan = planOf(site, call.sizes(0), [outputs, channels / call.int("group", 1), ...kernel]);
    if (isDepthwise(plan)) return depthwiseWeightGradient(site, plan, windows);
    if (!isPointwise(plan)) return null;
    const { tape } = maps;
    const dims = [outputs, channels, 1, 1];
    if (outputs >= channels) {
      return [{ plain: tape.reshape(maps.outer(maps.blocked(dy), outputs, maps.blocked(x), channels), dims) }];
    }
    const turned = maps.outer(maps.blocked(x), channels, maps.blocked(dy), outputs);
    return [{ plain: tape.reshape(tape.transpose(turned, [1, 0]), dims) }];
  },
};

/** dy under each cell of the kernel, summed over the places: dy is the kernel, one for each picture and channel. */
function depthwiseWeightGradient({ maps, inputs }: Site, plan: Plan, windows: readonly number[]) {
  const [x = "", dy = ""] = inputs;
  const { tape } = maps;
  const end = ([0, 1] as const).map((axis) => {
    const reach = ((windows[axis] ?? 1) - 1) * plan.strides[axis] + 1;
    return (plan.kernel[axis] - 1) * plan.dilations[axis] + reach - plan.map[axis] - plan.pads[axis];
  });
  if (end.some((pad) => pad < 0)) return null;
  const map = maps.blocked(x);
  const [batch = 0, channels = 0] = tape.sizes(map);
  const perPicture = maps.convolve(
    [
      tape.reshape(map, [1, batch * channels, ...plan.map]),
      tape.reshape(maps.blocked(dy), [batch * channels, 1, ...windows]),
    ],
    {
      kernel_shape: windows,
      group: batch * channels,
      strides: plan.dilations,
      dilations: plan.strides,
      pads: [plan.pads[0], plan.pads[1], ...end],
    },
  );
  const total = maps.overPictures(perPicture, batch, [1, channels, ...plan.kernel]);
  return [{ plain: tape.reshape(maps.toPlain(total, plan.outputs), [plan.outputs, 1, ...plan.kernel]) }];
}

/**
 * Places of dx that are congruent by the stride see the same cells of the kernel: each such phase is a convolution of dy by
 * those cells, and the phases are interleaved. At stride 1 there is one phase, the whole kernel turned by half a turn.
 */
function byPhases(
  maps: BlockedMaps,
  dy: string,
  weights: string,
  plan: Plan,
  windows: readonly number[],
): string | null {
  const { tape, block } = maps;
  const axes = ([0, 1] as const).map((axis) => phasesOf(plan, axis, windows[axis] ?? 0));
  const [rows, columns] = axes;
  if (!rows || !columns) return null;
  const depthwise = isDepthwise(plan);
  const emit = (row: Phase, column: Phase): string => {
    const order = row.cells.flatMap((y) => column.cells.map((x) => y * plan.kernel[1] + x));
    const part = maps.cells(weights, order, [row.cells.length, column.cells.length]);
    return maps.convolve([dy, depthwise ? maps.outerWeights(part) : maps.denseWeights(part)], {
      kernel_shape: [row.cells.length, column.cells.length],
      pads: [row.pads[0], column.pads[0], row.pads[1], column.pads[1]],
      group: depthwise ? maps.filled(plan.outputs) : 1,
    });
  };
  const [firstRow, firstColumn] = [rows[0], columns[0]];
  if (rows.length === 1 && columns.length === 1 && firstRow && firstColumn) return emit(firstRow, firstColumn);
  const [batch = 0] = tape.sizes(dy);
  const channels = maps.filled(plan.inputs);
  const [height, width] = [plan.map[0] / rows.length, plan.map[1] / columns.length];
  const lines = (batch * channels) / block;
  const joined = rows.map((row) => {
    const parts = columns.map((column) => {
      const isEmpty = row.cells.length === 0 || column.cells.length === 0;
      const part = isEmpty
        ? floatTensor([lines * height, width, block], new Float32Array(lines * height * width * block))
        : tape.reshape(emit(row, column), [lines * height, width, block]);
      return part;
    });
    return tape.reshape(tape.emit("Concat", parts, { axis: 2 }), [lines * height, plan.map[1] * block]);
  });
  return tape.reshape(tape.emit("Concat", joined, { axis: 1 }), [batch, channels, ...plan.map]);
}

interface Phase {
  /** Cells of the kernel, in the order of the places of dy they meet. */
  readonly cells: readonly number[];
  readonly pads: readonly [number, number];
}

function phasesOf({ kernel, strides, pads, map }: Plan, axis: 0 | 1, windows: number): Phase[] | null {
  const [stride, before, size] = [strides[axis], pads[axis], map[axis]];
  if (size % stride !== 0) return null;
  const phases: Phase[] = [];
  for (let phase = 0; phase < stride; phase++) {
    const cells = [...Array(kernel[axis]).keys()].filter((cell) => (phase + before - cell) % stride === 0).reverse();
    const first = (phase + before - (cells[0] ?? 0)) / stride;
    const end = size / stride - windows + first + cells.length - 1;
    if (cells.length > 0 && (first > 0 || end < 0)) return null;
    phases.push({ cells, pads: [-first, end] });
  }
  return phases;
}

function planOf({ call }: Site, map: readonly number[], weights: readonly number[]): Plan {
  const [, inputs = 0, height = 0, width = 0] = map;
  const [outputs = 0, , kernelHeight = 0, kernelWidth = 0] = weights;
  const window = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  return { ...window, inputs, outputs, group: call.int("group", 1), map: [height, width] };
}

function attributes({ kernel, strides, dilations, pads }: WindowPlan) {
  return { kernel_shape: kernel, strides, dilations, pads };
}

function isDepthwise({ group, inputs, outputs }: Plan): boolean {
  return group > 1 && group === inputs && group === outputs;
}

function isPointwise({ kernel, strides, pads, group }: Plan): boolean {
  return group === 1 && [...kernel, ...strides].every((size) => size === 1) && pads.every((pad) => pad === 0);
}
