/**
 * What an evidence map says of good pictures, taken from it afterwards: a part's own shape, and the borders that a network
 * pads, are evidence of the same height in every picture and none of a defect.
 */
import { type Graph, pruned } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { inferShapes } from "@sightline/nn/shapes";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { inOrder, writePlanes } from "../pictures.js";
import { quantile } from "../threshold.js";
import { evidenceValues } from "./evidence-map.js";

/** More good pictures change a mean that is only looked at by hardly anything. */
const mostPictures = 64;

/** Share of a good picture's places at which nothing shall be seen. */
const quietShare = 0.99;

export interface GoodPictures {
  /** Each gives one good picture at the network's size when its turn comes. */
  readonly images: readonly (() => Image | Promise<Image>)[];
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The same graph, whose evidence map is measured against good pictures: at each place against the mean there, and above what
 * nearly all of their places stay below.
 *
 * @param graph with an evidence map by `addEvidenceMap`
 * @throws ModelError `TRAINING_CANCELLED`
 */
export async function againstGoodPictures(graph: Graph, { images, threads, signal }: GoodPictures): Promise<Graph> {
  const { sum, usual, quiet } = evidenceValues;
  const asked = images.slice(0, mostPictures);
  const dims = graph.initializers.get(usual)?.dims;
  if (dims === undefined || asked.length === 0) return graph;
  const [, , height = 0, width = 0] = (graph.inputs[0]?.dims ?? []) as number[];
  const { type = "float32", dims: sumDims = [] } = inferShapes(graph).get(sum) ?? {};
  const session = await openSession(writeOnnx(pruned(graph, [{ name: sum, type, dims: sumDims }])), { threads });
  const maps: Float32Array[] = [];
  try {
    const planes = new Float32Array(3 * width * height);
    await inOrder(
      asked,
      async (image) => image(),
      async (_, picture) => {
        writePlanes(picture, planes, 0);
        const results = await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
        maps.push(Float32Array.from(results[sum]?.data as Float32Array));
        await nextTurn();
        throwIfCancelled(signal);
      },
    );
  } finally {
    await session.dispose();
  }
  const mean = (maps[0] as Float32Array).map(
    (_, i) => maps.reduce((total, map) => total + (map[i] as number), 0) / maps.length,
  );
  const excess = Float32Array.from(maps.flatMap((map) => Array.from(map, (value, i) => value - (mean[i] as number))));
  const quietest = Math.max(0, quantile(excess.sort(), quietShare));
  return withConstants(graph, [
    [usual, floatTensor(dims, mean)],
    [quiet, floatTensor([], [quietest])],
  ]);
}

function withConstants(graph: Graph, changed: readonly (readonly [string, Tensor])[]): Graph {
  return { ...graph, initializers: new Map([...graph.initializers, ...changed]) };
}
