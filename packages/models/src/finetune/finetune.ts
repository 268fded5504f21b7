/** Fine-tunes the pretrained backbone on one's own pictures: one label a picture, or several at once. */
import { tooFew } from "../enough-pictures.js";
import { flipsOption } from "../flips-option.js";
import type { NetContext, NetMethod } from "../method.js";
import { trainOneLabel } from "./one-label.js";
import { severalLabelsBatch, severalLabelsSettings, trainSeveralLabels } from "./several-labels.js";

/** Fewer pictures of a label can't be divided into some to learn from and some to measure by. */
const minimumPerLabel = 5;

export const finetune: NetMethod = {
  kind: "net",
  title: "Pretrained network, fine-tuned",
  learnsMasks: true,
  options: {
    size: {
      kind: "whole",
      minimum: 64,
      maximum: 512,
      default: 224,
      meaning: "side of the input in pixels; with several labels a picture, of a square as large as the input",
    },
    frozen: {
      kind: "whole",
      minimum: 0,
      maximum: 4,
      default: 2,
      meaning: "how many of the five stages keep what they know; several labels a picture: all do",
    },
    flips: flipsOption("as helps with held-out pictures, never where labels speak of sides or a picture has several"),
    mix: {
      kind: "choice",
      choices: ["none", "mixup", "cutmix"],
      default: "none",
      meaning: "whether half of the pictures are mixed with another one; not with several labels a picture",
    },
  },
  unsuitable(task, labels, counts) {
    if (task === "detection") return "finetune tells labels of whole pictures and draws no boxes";
    return tooFew("finetune", labels, counts, minimumPerLabel);
  },
  train,
};

const usualBatch = 32;
/** Steps that few pictures get, and the passes that many get at least and at most. */
const usualSteps = 100;
const leastEpochs = 4;
const mostEpochs = 20;

/** Without norms the answers are thrown off by what a network bears with them (README.md). */
const rateWithNorms = 2e-4;
const rateWithoutNorms = 1e-4;

/** Fewer pictures say too little of means and variances. */
const leastBatchForNorms = 8;

function train(context: NetContext) {
  const size = roundTo(32, Number(context.options.size));
  const { batchSize = usualBatch } = context;
  if (context.task === "multilabel") {
    return trainSeveralLabels(context, {
      ...severalLabelsSettings,
      area: Math.round(1.53 * size * size),
      batchSize: context.batchSize ?? severalLabelsBatch,
    });
  }
  const batches = Math.max(1, Math.round(context.training.length / batchSize));
  const norms = batchSize >= leastBatchForNorms;
  return trainOneLabel(context, {
    size,
    frozenStages: Number(context.options.frozen),
    batchSize,
    epochs: Math.min(mostEpochs, Math.max(leastEpochs, Math.round(usualSteps / batches))),
    patience: 6,
    learningRate: norms ? rateWithNorms : rateWithoutNorms,
    decay: 0.7,
    head: 1,
    norms,
  });
}

/** The backbone halves its maps five times: other sides would be cut unevenly. */
function roundTo(step: number, value: number): number {
  return Math.max(2 * step, step * Math.round(value / step));
}
