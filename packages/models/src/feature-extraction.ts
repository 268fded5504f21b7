/** Runs pictures through a network, several at a time, while the next ones are being decoded. */
import type { Sample } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { nextTurn, throwIfCancelled } from "./model-error.js";
import { type Flip, inOrder, noFlip, type PictureSet, writePlanes } from "./pictures.js";

export interface ExtractionOptions {
  readonly pictures: PictureSet;
  readonly samples: readonly Sample[];
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
  readonly onOutput: (sample: number, flip: number, output: Float32Array) => void;
}

/** Pictures per run: enough to keep the threads busy, few enough to stay inside the caches. */
const batchSize = 4;

/** Extracts the graph's first output for every sample and flip. */
export async function extract(options: ExtractionOptions): Promise<void> {
  const { pictures, samples, graph, width, height, signal } = options;
  const flips = options.flips ?? [noFlip];
  const output = graph.outputs[0]?.name as string;
  const planes = 3 * width * height;
  const batch = new Float32Array(batchSize * planes);
  const waiting: { sample: number; flip: number }[] = [];
  const session = await openSession(writeOnnx(graph), { threads: options.threads });
  try {
    const flush = async (): Promise<void> => {
      const count = waiting.length;
      if (count === 0) return;
      const image = floatTensor([count, 3, height, width], batch.subarray(0, count * planes));
      const results = await session.run({ image });
      const data = results[output]?.data as Float32Array;
      const size = data.length / count;
      waiting.forEach(({ sample, flip }, i) => {
        options.onOutput(sample, flip, data.subarray(i * size, (i + 1) * size));
      });
      waiting.length = 0;
      await nextTurn();
      throwIfCancelled(signal);
    };
    await inOrder(
      samples,
      (sample) => pictures.image(sample, width, height),
      async (_, picture, sample) => {
        for (const [flip, how] of flips.entries()) {
          writePlanes(picture, batch, waiting.length * planes, how);
          waiting.push({ sample, flip });
          if (waiting.length === batchSize) await flush();
        }
        options.onProgress((sample + 1) / samples.length);
      },
    );
    await flush();
  } finally {
    await session.dispose();
  }
}
