/** How long a model's network takes. */
import { readManifest } from "@sightline/models/model-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";

const timedRuns = 30;

/** The median of single pictures on one thread, after some that warm up. */
export async function msPerImage(bytes: Uint8Array): Promise<number> {
  const { width, height } = readManifest(bytes).input;
  const session = await openSession(bytes, { threads: 1 });
  try {
    const image = floatTensor([1, 3, height, width], new Float32Array(3 * width * height).fill(127));
    const times: number[] = [];
    for (let i = 0; i < timedRuns; i++) {
      const startMs = performance.now();
      await session.run({ image });
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b)[Math.floor(timedRuns / 2)] ?? 0;
  } finally {
    await session.dispose();
  }
}
