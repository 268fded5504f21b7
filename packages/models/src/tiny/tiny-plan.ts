/** From a budget of parameters and multiply-accumulates to the widths and depths of a small network, counted exactly. */
import { ModelError } from "../model-error.js";

export interface TinyBudget {
  /** Numbers that training finds: weights, biases, and the scales and offsets of batch norms as the biases they become. */
  readonly parameters: number;
  /** Multiply-accumulates of all convolutions and the last layer, for one picture. */
  readonly multiplyAccumulates: number;
}

/** One inverted residual block. */
export interface TinyBlock {
  readonly channels: number;
  /** Channels inside; as many as come in leave the expanding convolution out. */
  readonly inner: number;
  readonly stride: 1 | 2;
}

export interface TinyPlan {
  /** Side of the input in pixels. */
  readonly size: number;
  readonly stem: number;
  readonly blocks: readonly TinyBlock[];
  /** Channels of the last map, which is averaged. */
  readonly head: number;
  readonly labels: number;
}

export const tinySizes = [48, 64, 80, 96, 128, 160] as const;

/** The stages' widths before they are scaled, the last ones first: later maps are smaller and carry more. */
const baseWidths = [72, 40, 24, 16] as const;
const baseStem = 16;
const baseHead = 144;
const expansions = [4, 3, 2] as const;
/** Blocks of the last stage; each stage before it has one fewer, but one: on large maps they cost most and hold least. */
const depths = [3, 2, 1] as const;
/** Below this width fewer blocks serve better than thinner ones. */
const leastWidth = 0.75;
const widthStep = 0.05;
const mostWidth = 4;

/**
 * The side of the input that suits a budget: half of it would go into the first layers of a larger picture. A network with
 * more to spend sees more.
 */
export function sizeForBudget({ multiplyAccumulates }: TinyBudget): (typeof tinySizes)[number] {
  if (multiplyAccumulates < 2e6) return 48;
  if (multiplyAccumulates < 5e6) return 64;
  if (multiplyAccumulates < 40e6) return 96;
  return multiplyAccumulates < 100e6 ? 128 : 160;
}

/**
 * The largest network of the family within the budget: as deep as it can be without becoming thin, then as wide as fits;
 * where even the shallowest is thin, that one.
 *
 * @throws ModelError `METHOD_OPTION_INVALID` when not even the smallest one fits.
 *
 * @example
 * planTiny({ parameters: 150_000, multiplyAccumulates: 15e6 }, 96, 3)
 */
export function planTiny(budget: TinyBudget, size: number, labels: number): TinyPlan {
  const forms = depths.flatMap((depth) => expansions.map((expansion) => ({ depth, expansion })));
  for (const [candidates, least] of [[forms, leastWidth] as const, [forms.toReversed(), widthStep] as const]) {
    for (const { depth, expansion } of candidates) {
      const plan = widest(budget, size, labels, depth, expansion, least);
      if (plan) return plan;
    }
  }
  const smallest = scaled(size, labels, 1, 2, widthStep);
  const needs = countTiny(smallest);
  throw new ModelError(
    "METHOD_OPTION_INVALID",
    `No network for ${size} x ${size} pixels and ${labels} labels fits into ${budget.parameters} parameters and ` +
      `${budget.multiplyAccumulates} multiply-accumulates: the smallest needs ${needs.parameters} and ` +
      `${needs.multiplyAccumulates}. Allow more, or take a smaller size.`,
  );
}

/** What a plan costs, exactly. */
export function countTiny(plan: TinyPlan): TinyBudget {
  let side = plan.size / 2;
  let parameters = 0;
  let multiplyAccumulates = 0;
  const convolution = (places: number, kernel: number, inputs: number, outputs: number): void => {
    parameters += kernel * inputs * outputs + outputs;
    multiplyAccumulates += places * kernel * inputs * outputs;
  };
  convolution(side * side, 9, 3, plan.stem);
  let inputs = plan.stem;
  for (const { channels, inner, stride } of plan.blocks) {
    if (inner !== inputs) convolution(side * side, 1, inputs, inner);
    side /= stride;
    convolution(side * side, 9, 1, inner);
    convolution(side * side, 1, inner, channels);
    inputs = channels;
  }
  convolution(side * side, 1, inputs, plan.head);
  convolution(1, 1, plan.head, plan.labels);
  return { parameters, multiplyAccumulates };
}

function widest(
  budget: TinyBudget,
  size: number,
  labels: number,
  depth: number,
  expansion: number,
  least: number,
): TinyPlan | null {
  for (let width = mostWidth; width >= least - 1e-9; width -= widthStep) {
    const plan = scaled(size, labels, depth, expansion, width);
    const { parameters, multiplyAccumulates } = countTiny(plan);
    if (parameters <= budget.parameters && multiplyAccumulates <= budget.multiplyAccumulates) return plan;
  }
  return null;
}

function scaled(size: number, labels: number, depth: number, expansion: number, width: number): TinyPlan {
  const stem = rounded(baseStem * width);
  const blocks: TinyBlock[] = [];
  let inputs = stem;
  for (let stage = stageCount(size) - 1; stage >= 0; stage--) {
    const channels = rounded((baseWidths[stage] as number) * width);
    for (let i = 0; i < Math.max(1, depth - stage); i++) {
      // The first block sees the largest map, where widening costs most and brings least (MobileNetV2 leaves it out too).
      blocks.push({ channels, inner: blocks.length === 0 ? inputs : inputs * expansion, stride: i === 0 ? 2 : 1 });
      inputs = channels;
    }
  }
  return { size, stem, blocks, head: rounded(baseHead * width), labels };
}

/** Stages that halve the map after the first layer did, so that the last map is about 6 x 6. */
function stageCount(size: number): number {
  return Math.round(Math.log2(size / 6)) - 1;
}

/** Channels in fours: what kernels for large and small processors take at once. */
function rounded(channels: number): number {
  return Math.max(4, Math.round(channels / 4) * 4);
}
