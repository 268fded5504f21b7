/** Turns the logits of a trained network into the calibrated outputs that a model file of its task has. */
import type { Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { modelValues } from "./model-values.js";
import type { Calibration } from "./threshold.js";

/** @param graph outputs `logits` `[N, labels]`, of an anomaly task two; detectors' graphs stay as they are. */
export function withAnswers(graph: Graph, task: Task, { threshold, temperature }: Calibration): Graph {
  if (task === "detection") return graph;
  const builder = GraphBuilder.from(graph);
  const { logits, probabilities, rawScore, score, anomalyMap } = modelValues;
  const tempered = (value: string): string => builder.add("Div", [value, floatTensor([], [temperature])]);
  if (task === "anomaly") {
    const side = (from: number): string =>
      builder.add("Slice", [logits, indexTensor([from]), indexTensor([from + 1]), indexTensor([1])]);
    const difference = builder.add("Sub", [side(1), side(0)]);
    builder.add("Squeeze", [difference, indexTensor([1])], {}, rawScore);
    const distance = builder.add("Sub", [rawScore, floatTensor([], [threshold])]);
    builder.add("Sigmoid", [tempered(distance)], {}, score);
    builder.output(rawScore);
    builder.output(score);
    if (graph.outputs.some(({ name }) => name === anomalyMap)) builder.output(anomalyMap);
  } else {
    if (task === "classification") builder.add("Softmax", [tempered(logits)], { axis: 1 }, probabilities);
    else builder.add("Sigmoid", [tempered(logits)], {}, probabilities);
    builder.output(probabilities);
  }
  return builder.build(graph.name, graph.metadata);
}
