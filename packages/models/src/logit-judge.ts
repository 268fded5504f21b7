/** Judges a network of classes on pictures held out: exported as its file will be, run on the pixels a predictor feeds. */
import type { Batch, Loader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Judgement } from "./gradient-run.js";
import { modelValues } from "./model-values.js";

export interface JudgeOptions {
  /** In order and unchanged: opened with `recipe: null`. */
  readonly loader: Loader;
  readonly task: "anomaly" | "classification" | "multilabel";
  readonly threads: number;
}

/**
 * Share of right answers; epochs with the same share are ranked by their mean log loss, which tells more of few pictures.
 *
 * @param graph input `image`, output `logits` [N, labels]
 */
export async function judgeLogits(graph: Graph, { loader, task, threads }: JudgeOptions): Promise<Judgement> {
  let [right, asked, loss] = [0, 0, 0];
  const session = await openGraphSession(graph, { threads });
  try {
    for (let index = 0; index < loader.batches; index++) {
      const batch = await loader.batch(0, index);
      const logits = await logitsOf(session, batch);
      const labels = logits.length / batch.rows;
      for (let row = 0; row < batch.count; row++) {
        const answer = logits.subarray(row * labels, (row + 1) * labels);
        const target = batch.targets.subarray(row * labels, (row + 1) * labels);
        const judged = task === "multilabel" ? judgeEach(answer, target) : judgeOne(answer, target);
        right += judged.right;
        asked += judged.asked;
        loss += judged.loss;
      }
    }
  } finally {
    await session.dispose();
  }
  const metric = right / Math.max(1, asked);
  // The loss decides only between equal shares: its part stays below one answer in a hundred thousand.
  return { metric, ranking: metric - 1e-5 * Math.min(1, loss / Math.max(1, asked) / 10) };
}

async function logitsOf(session: Awaited<ReturnType<typeof openGraphSession>>, batch: Batch): Promise<Float32Array> {
  const image = floatTensor([batch.rows, 3, batch.height, batch.width], batch.pictures);
  const { [modelValues.logits]: logits } = await session.run({ [modelValues.image]: image });
  return logits?.data as Float32Array;
}

function judgeOne(logits: Float32Array, target: Float32Array): { right: number; asked: number; loss: number } {
  const best = logits.indexOf(Math.max(...logits));
  const truth = target.indexOf(Math.max(...target));
  const top = logits[best] as number;
  const sum = logits.reduce((total, value) => total + Math.exp(value - top), 0);
  return { right: best === truth ? 1 : 0, asked: 1, loss: Math.log(sum) + top - (logits[truth] as number) };
}

function judgeEach(logits: Float32Array, target: Float32Array): { right: number; asked: number; loss: number } {
  let [right, loss] = [0, 0];
  for (const [k, logit] of logits.entries()) {
    const holds = (target[k] as number) >= 0.5;
    if (logit > 0 === holds) right++;
    loss += Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(0, holds ? -logit : logit);
  }
  return { right, asked: logits.length, loss };
}
