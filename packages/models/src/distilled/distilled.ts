/** Small networks that learn from large ones: what a few ten thousand parameters can hold of a teacher's answers. */

import { openLoader } from "@sightline/dataset/loader";
import { allowedFlips } from "@sightline/vision/augment/recipe";
import { tooFew } from "../enough-pictures.js";
import { firstPictures } from "../finetune/first-pictures.js";
import { pretrained, stageRates, withNorms } from "../finetune/pretrained.js";
import { oneLabelRecipe } from "../finetune/training-pictures.js";
import { flipsOption } from "../flips-option.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { tinyModel } from "../tiny/tiny-net.js";
import { planTiny } from "../tiny/tiny-plan.js";
import { loaderSamples } from "../training-samples.js";
import { ownTeacher, teacherShare } from "./own-teacher.js";
import { studentModel } from "./student-net.js";
import { planStudent } from "./student-plan.js";
import { type Lessons, type Student, trainTaught } from "./taught-training.js";
import { openTeachers, type Teacher, teacherOf } from "./teacher.js";

/** Fewer pictures of a label can't be divided into some to learn from and some to stop by. */
const minimumPerLabel = 5;
const usualBatch = 32;
/** Fewer pictures say too little of means and variances. */
const leastBatchForNorms = 8;
const mostForNorms = 128;

/** With it a network from nothing learns; what is pretrained learns at a share of it, for it has more to lose. */
const learningRate = 3e-3;
const pretrainedShare = 0.2;
/** Edges and colours are the same everywhere, and the first maps cost most: what works at half the picture's size stays. */
const frozenStages = 1;

export const distilled: NetMethod = {
  kind: "net",
  title: "Small network, taught by a large one",
  startsFromBackbone: ({ start }) => start === "pretrained",
  takesTeachers: true,
  options: {
    parameters: {
      kind: "whole",
      minimum: 2000,
      maximum: 2e6,
      default: 60_000,
      meaning: "most numbers to train, the kept beginning of the pretrained network among them",
    },
    size: {
      kind: "choice",
      choices: ["48", "64", "96", "128", "160", "192", "224"],
      default: "128",
      meaning: "side of the input in pixels",
    },
    start: {
      kind: "choice",
      choices: ["pretrained", "nothing"],
      default: "pretrained",
      meaning: "whether the first blocks are those of the pretrained network, or all is learnt from nothing",
    },
    teacher: {
      kind: "choice",
      choices: ["auto", "none"],
      default: "auto",
      meaning:
        "auto: the models named as teachers, else one that is fine-tuned first (one label a picture); none: labels alone",
    },
    flips: flipsOption(),
  },
  unsuitable(task, labels, counts) {
    if (task === "detection") return "distilled tells labels of whole pictures and draws no boxes";
    return tooFew("distilled", labels, counts, minimumPerLabel);
  },
  train: trainDistilled,
};

async function trainDistilled(context: NetContext): Promise<TrainedNet> {
  const { teachers, ...lessons } = await lessonsOf(context);
  try {
    const student = context.options.start === "nothing" ? fromNothing(context) : await fromPretrained(context);
    return await trainTaught(context, student, { ...lessons, usualSteps: 900 });
  } finally {
    await Promise.all(teachers.map((teacher) => teacher.dispose()));
  }
}

/** The teachers: those named, else one of its own, else none. */
export async function lessonsOf(
  context: NetContext,
): Promise<Omit<Lessons, "usualSteps"> & { readonly teachers: readonly Teacher[] }> {
  const { checkpoint, options, task, teachers: files = [] } = context;
  if (options.teacher === "none") return { measured: [], all: [], checkpoint, progressFrom: 0, teachers: [] };
  if (files.length > 0) {
    const teachers = await openTeachers(files, context);
    return { measured: teachers, all: teachers, checkpoint, progressFrom: 0, teachers };
  }
  if (task === "multilabel") return { measured: [], all: [], checkpoint, progressFrom: 0, teachers: [] };
  const own = await ownTeacher(context);
  const { measured: first, all: second, input } = own.teacher;
  const about = { input, method: "finetune" };
  const measured = await teacherOf(first, about, context);
  const all = first === second ? measured : await teacherOf(second, about, context);
  return {
    measured: [measured],
    all: [all],
    checkpoint: own.checkpoint,
    progressFrom: teacherShare,
    teachers: [...new Set([measured, all])],
  };
}

/** The beginning of the pretrained network with blocks of its own behind it. */
async function fromPretrained(context: NetContext): Promise<Student> {
  const { labels, options, seed, threads, batchSize = usualBatch } = context;
  const size = Number(options.size);
  const plan = planStudent(context.backbone, { parameters: Number(options.parameters), size, labels: labels.length });
  const { backbone } = context;
  const shape = { width: size, height: size, taps: [plan.tap] };
  const network = pretrained(backbone, shape);
  const isNormed = batchSize >= leastBatchForNorms;
  const loader = openLoader({
    ...{ width: size, height: size, batchSize: usualBatch, seed },
    samples: loaderSamples(context, context.training),
    recipe: oneLabelRecipe(allowedFlips(labels, "none"), "none"),
  });
  try {
    const pictures = isNormed ? await firstPictures(loader, mostForNorms) : [];
    const beginning = isNormed
      ? await withNorms(network, pictures, { ...shape, backbone, frozen: frozenStages, threads })
      : network;
    const rates = Object.fromEntries(
      Object.entries(stageRates(network.stages, frozenStages, 1)).map(([stage, options]) => [
        stage,
        "isFrozen" in options ? options : { learningRateScale: pretrainedShare },
      ]),
    );
    return { size, model: studentModel(beginning.model, plan, labels.length), groups: rates, learningRate };
  } finally {
    await loader.close();
  }
}

/** A network of the `tiny` family. */
function fromNothing({ labels, options }: NetContext): Student {
  const size = Number(options.size);
  const plan = planTiny({ parameters: Number(options.parameters), multiplyAccumulates: 1e9 }, size, labels.length);
  return { size, model: tinyModel(plan, 0), learningRate };
}
