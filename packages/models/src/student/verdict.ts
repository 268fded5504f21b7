/** The end of the network: from what teacher, student and autoencoder differ by to the map and the verdict. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { modelValues } from "../model-values.js";
import { studentValues } from "./definition.js";
import { betweenThem, type Strangeness, strangestOf } from "./strangeness.js";
import { taughtChannels } from "./teacher.js";

/** The whole network: from `image` to `logits`, 0 between them at the threshold of good pictures, and `anomaly_map`. */
export function withVerdict(graph: Graph, strangeness: Strangeness): Graph {
  const { unlearnt, uncoded, coderShare, strangestShare, threshold, temperature } = strangeness;
  const builder = GraphBuilder.from(graph);
  const parts = [
    [studentValues.unlearnt, unlearnt, 1 - coderShare],
    [studentValues.uncoded, uncoded, coderShare],
  ] as const;
  const maps = parts
    .filter(([, , share]) => share > 0)
    .map(([difference, { whitening, levels, high, highest }, share]) => {
      const dims = [taughtChannels, taughtChannels, 1, 1];
      const whitened = builder.add("Conv", [difference, floatTensor(dims, whitening)]);
      const squares = builder.add("ReduceSumSquare", [whitened, indexTensor([1])], { keepdims: 1 });
      // On the scale of log-odds.
      const factor = (share * betweenThem) / (highest - high) / temperature;
      const factors = levels.map((level) => factor / taughtChannels / level);
      const side = Math.sqrt(levels.length);
      const scaled = builder.add("Mul", [squares, floatTensor([1, 1, side, side], factors)]);
      return builder.add("Sub", [scaled, floatTensor([], [factor * high])]);
    });
  const sum = maps.reduce((a, b) => builder.add("Add", [a, b]));
  const map = builder.add("Sub", [sum, floatTensor([], [threshold / temperature])]);
  const [, , height = 1, width = 1] = builder.dims(map).map(Number);
  const flat = builder.add("Flatten", [map], { axis: 1 });
  const count = indexTensor([strangestOf(height * width, strangestShare)]);
  const [top = ""] = builder.addAll("TopK", [flat, count], {}, ["strangest", "strangest/places"]);
  const verdict = builder.add("ReduceMean", [top, indexTensor([1])], { keepdims: 1 });
  const normal = builder.add("Mul", [verdict, floatTensor([], [0])]);
  builder.add("Concat", [normal, verdict], { axis: 1 }, modelValues.logits);
  builder.add("Sigmoid", [map], {}, modelValues.anomalyMap);
  builder.output(modelValues.logits);
  builder.output(modelValues.anomalyMap);
  return builder.build("sightline_student");
}
