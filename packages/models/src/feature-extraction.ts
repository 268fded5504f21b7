/** Runs pictures through a network while the next ones are being decoded. */
import type { Graph } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { ModelError, nextTurn, throwIfCancelled } from "./model-error.js";
import { modelValues } from "./model-values.js";
import { type Flip, inOrder, noFlip, writePlanes } from "./pictures.js";

export interface ExtractionOptions {
  /** Each gives one picture, `width` x `height`, when its turn comes. */
  readonly images: readonly (() => Image | Promise<Image>)[];
  /** Input `image` `[N, 3, height, width]` of 0–255. */
  readonly graph: Graph;
  readonly width: number;
  readonly height: number;
  readonly threads: number;
  /** Each picture goes through once per entry. */
  readonly flips?: readonly Flip[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
  /** One picture's output, valid only during the call. */
  readonly onOutput: (image: number, flip: number, output: Float32Array) => void;
}

/**
 * Extracts the graph's first output for every picture and flip.
 *
 * @throws ModelError `BACKBONE_UNSUITABLE` where an output isn't a finite number, `TRAINING_CANCELLED`
 */
export async function extract(options: ExtractionOptions): Promise<void> {
  const { images, graph, width, height, signal } = options;
  const flips = options.flips ?? [noFlip];
  const output = graph.outputs[0]?.name as string;
  const planes = new Float32Array(3 * width * height);
  const session = await openSession(writeOnnx(graph), { threads: options.threads });
  try {
    await inOrder(
      images,
      async (image) => image(),
      async (_, picture, place) => {
        for (const [flip, how] of flips.entries()) {
          writePlanes(picture, planes, 0, how);
          // One picture a run: larger batches fall out of the processor's caches and were slower for these networks.
          const results = await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
          const values = results[output]?.data as Float32Array;
          refuseNonFinite(values);
          options.onOutput(place, flip, values);
        }
        options.onProgress((place + 1) / images.length);
        await nextTurn();
        throwIfCancelled(signal);
      },
    );
  } finally {
    await session.dispose();
  }
}

/** @throws ModelError `BACKBONE_UNSUITABLE` */
export function refuseNonFinite(features: Float32Array): void {
  // A plain loop: `every` with a function took as long as a tenth of the network.
  let isUsable = true;
  for (let i = 0; i < features.length; i++) if (!Number.isFinite(features[i] as number)) isUsable = false;
  if (isUsable) return;
  throw new ModelError(
    "BACKBONE_UNSUITABLE",
    "The backbone answers pictures with values that are no finite numbers: its weights are too large or damaged. Export it again.",
  );
}
