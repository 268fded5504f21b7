/** Judges the network on held-out good pictures, the same with drawn defects, and real defects where there are some. */
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Judgement } from "../gradient-run.js";
import { aurocOf } from "../metrics.js";
import { nextTurn } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { writePlanes } from "../pictures.js";
import type { JudgedPicture } from "./judged-pictures.js";

/** Asks a network of `image` and `logits` about each picture. */
export async function judge(
  graph: Graph,
  pictures: readonly JudgedPicture[],
  { size, threads }: { readonly size: number; readonly threads: number },
): Promise<Judgement> {
  const planes = new Float32Array(3 * size * size);
  const verdicts: number[] = [];
  const session = await openGraphSession(graph, { threads });
  try {
    for (const { image } of pictures) {
      writePlanes(image, planes, 0);
      const results = await session.run({ [modelValues.image]: floatTensor([1, 3, size, size], planes) });
      const logits = results[modelValues.logits]?.data as Float32Array;
      verdicts.push((logits[1] as number) - (logits[0] as number));
      await nextTurn();
    }
  } finally {
    await session.dispose();
  }
  return judgementOf(verdicts, pictures);
}

/**
 * Share of right answers, as much for good pictures as for all others together; epochs are ranked by how well the two are
 * told apart at any limit (AUROC), then by their mean log loss.
 *
 * @param verdicts log-odds of a defect, in the pictures' order
 */
export function judgementOf(verdicts: readonly number[], pictures: readonly JudgedPicture[]): Judgement {
  const of = (isDefect: boolean): Float64Array =>
    Float64Array.from(verdicts.filter((_, i) => pictures[i]?.isDefect === isDefect));
  const loss = verdicts.reduce((sum, verdict, i) => sum + logLoss(verdict, pictures[i]?.isDefect === true), 0);
  const [bad, good] = [of(true), of(false)];
  const shareOf = (verdict: Float64Array, isRight: (value: number) => boolean): number =>
    verdict.filter(isRight).length / Math.max(1, verdict.length);
  const metric = (shareOf(bad, (value) => value > 0) + shareOf(good, (value) => value <= 0)) / 2;
  const ranking = aurocOf(bad, good) ?? metric;
  return { metric, ranking: ranking - 1e-3 * Math.min(10, loss / Math.max(1, verdicts.length)) };
}

function logLoss(verdict: number, isDefect: boolean): number {
  return Math.log1p(Math.exp(-Math.abs(verdict))) + Math.max(0, isDefect ? -verdict : verdict);
}
