/** Writes a planned student: the beginning of the pretrained network, inverted residual blocks, a mean over the last map, one layer. */
import { globalAveragePool, linear, pointwise } from "@sightline/nn/layers";
import type { ModelFunction, Network } from "@sightline/nn/network";
import { modelValues } from "../model-values.js";
import { inverted } from "../tiny/tiny-net.js";
import type { StudentPlan } from "./student-plan.js";

/** @param beginning the pretrained network up to the plan's tap */
export function studentModel(beginning: ModelFunction, plan: StudentPlan, labels: number): ModelFunction {
  return (net: Network, { [modelValues.image]: image = "" }) => {
    let map = beginning(net, { [modelValues.image]: image })[plan.tap] as string;
    for (const [i, block] of plan.blocks.entries()) map = inverted(net, map, block, `block${i + 1}`);
    const head = pointwise(net, map, { name: "head", channels: plan.head });
    const pooled = globalAveragePool(net, head, { name: "pool" });
    return { [modelValues.logits]: linear(net, pooled, { name: "classifier", outputs: labels }) };
  };
}
