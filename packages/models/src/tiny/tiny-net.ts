/** Writes a planned network: a stem, inverted residual blocks down to a map of about 6 x 6, a mean over it, one layer. */
import { add, convNorm, depthwise, dropout, globalAveragePool, linear, pointwise } from "@sightline/nn/layers";
import type { ModelFunction, Network } from "@sightline/nn/network";
import { modelValues } from "../model-values.js";
import type { TinyBlock, TinyPlan } from "./tiny-plan.js";

/** @param droppedShare of the last map's channels, while training */
export function tinyModel(plan: TinyPlan, droppedShare: number): ModelFunction {
  return (net, inputs) => {
    const image = inputs[modelValues.image] ?? "";
    // To about −1 … 1: batch norms come out right from the first step on.
    const centred = net.add("Sub", [image, net.scalar(127.5)], {}, "input/centred");
    const scaled = net.add("Mul", [centred, net.scalar(1 / 64)], {}, "input/scaled");
    let map = convNorm(net, scaled, { name: "stem", channels: plan.stem, stride: 2 });
    for (const [i, block] of plan.blocks.entries()) map = inverted(net, map, block, `block${i + 1}`);
    const head = pointwise(net, map, { name: "head", channels: plan.head });
    const pooled = globalAveragePool(net, head, { name: "pool" });
    const kept = dropout(net, pooled, { name: "dropout", rate: droppedShare });
    return { [modelValues.logits]: linear(net, kept, { name: "classifier", outputs: plan.labels }) };
  };
}

/** One inverted residual block; where it keeps size and channels, what came in is added. */
export function inverted(net: Network, x: string, { channels, inner, stride }: TinyBlock, name: string): string {
  const isWidened = inner !== net.size(x, 1);
  const expanded = isWidened ? pointwise(net, x, { name: `${name}/expand`, channels: inner }) : x;
  const spread = depthwise(net, expanded, { name: `${name}/depthwise`, stride });
  const projected = pointwise(net, spread, { name: `${name}/project`, channels, activation: "none" });
  return stride === 1 && net.size(x, 1) === channels ? add(net, x, projected, { name: `${name}/sum` }) : projected;
}
