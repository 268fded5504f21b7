/** The ways to explain: from a scene and a question to a value for each region or each pixel. */
import { seededRandom } from "@sightline/dataset/seeded-random";
import { resizeMap, type ScoreMap } from "@sightline/vision/heat-map";
import { ModelError } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { channelMaps, linearActivation, planActivation, scoredActivation } from "./activation.js";
import { networkFor } from "./asked-network.js";
import { maskedPictures } from "./baseline-choice.js";
import { planesOf } from "./baselines.js";
import { explainBounds } from "./explain-options.js";
import type { ExplainMethod } from "./explanation.js";
import type { Work } from "./explanation-work.js";
import { kernelShap } from "./kernel-shap.js";
import { occlusionMap, slidingWindows } from "./occlusion.js";
import { floats, type Outputs } from "./question.js";
import type { Scene } from "./scene.js";

/** What a method found out; values are in the question's unit. */
export interface Told {
  /** The answer for the picture as it is. */
  readonly answer: number;
  /** The answer with nothing shown. */
  readonly base?: number;
  readonly evaluations: number;
  /** One per region; left out: from `map`. */
  readonly regionValues?: Float64Array;
  readonly errors?: Float64Array;
  /** One per pixel of the frame; left out: each region's value. */
  readonly map?: Float32Array;
  /** A region's value is what its pixels add together, not their mean. */
  readonly isSum?: boolean;
  /** The value painted strongest; left out: the largest. */
  readonly strongest?: number;
}

export const methods: Readonly<Record<ExplainMethod, (work: Work) => Promise<Told>>> = {
  shap: byShapley,
  occlusion: byOcclusion,
  activation: byActivation,
};

async function byShapley(work: Work): Promise<Told> {
  const { question, regions, options, model } = work;
  const network = await networkFor(question.outputs, model);
  const { masked, asked } = await maskedPictures(work);
  const random = seededRandom(options.seed ?? 0).branch("shap");
  const { values, errors, base, full, evaluations } = await kernelShap(
    regions.count,
    (coalitions) =>
      network.each(
        coalitions.length,
        (i, target, offset) => masked.writeCoalition(coalitions[i] as Uint8Array, target, offset),
        question.read,
        (done) => model.onProgress(done / coalitions.length),
      ),
    (options.evaluations ?? explainBounds.evaluations.usual) - asked,
    random.next,
  );
  return { answer: full, base, evaluations: evaluations + asked, regionValues: values, errors };
}

async function byOcclusion(work: Work): Promise<Told> {
  const { scene, question, model } = work;
  const { input, frame } = scene;
  const network = await networkFor(question.outputs, model);
  const { masked, asked } = await maskedPictures(work);
  const windows = slidingWindows(frame);
  const everything = { x1: 0, y1: 0, x2: 0, y2: 0 };
  const answers = await network.each(
    windows.length + 1,
    (i, target, offset) => masked.writeWithout(windows[i - 1] ?? everything, input.width, target, offset),
    question.read,
    (done) => model.onProgress(done / (windows.length + 1)),
  );
  const answer = answers[0] as number;
  const drops = answers.subarray(1).map((covered) => answer - covered);
  return { answer, evaluations: answers.length + asked, map: occlusionMap(windows, drops, frame) };
}

async function byActivation(work: Work): Promise<Told> {
  const { scene, question, model } = work;
  const { input } = scene;
  const plan = planActivation(model.graph, model.manifest, question);
  if (plan === null)
    throw new ModelError(
      "EXPLANATION_NO_MAP",
      `The network of this model (${model.manifest.method}) has no feature map to look at. Choose "shap" or "occlusion".`,
    );
  const network = await networkFor([...question.outputs, ...plan.outputs], model);
  const outputs = await network.once((target) => target.set(planesOf(input)));
  const answer = question.read(outputs, 0);
  if (plan.kind === "linear")
    return { answer, evaluations: 1, map: cutMap(linearActivation(plan.parts, outputs), scene), isSum: true };
  if (plan.kind === "own") {
    const sign = question.labelIndex === 1 ? 1 : -1;
    const map = cutMap(mapOf(outputs, modelValues.anomalyMap), scene).map((value) => sign * value);
    return { answer, evaluations: 1, map, strongest: 1 };
  }
  const maps = channelMaps(outputs[plan.map] as NonNullable<Outputs[string]>);
  const { masked, asked } = await maskedPictures(work);
  const nothing = new Float32Array(input.width * input.height);
  const asking = await networkFor(question.outputs, model);
  const answers = await asking.each(
    maps.length + 1,
    (i, target, offset) => {
      const map = maps[i - 1];
      masked.writeWeighted(map ? resizeMap(map, input.width, input.height).data : nothing, target, offset);
    },
    question.read,
    (done) => model.onProgress(done / (maps.length + 1)),
  );
  const gains = answers.subarray(1).map((shown) => shown - (answers[0] as number));
  const map = cutMap(scoredActivation(maps, gains), scene);
  return { answer, evaluations: answers.length + 1 + asked, map };
}

function mapOf(outputs: Outputs, name: string): ScoreMap {
  const [, , height = 1, width = 1] = outputs[name]?.dims ?? [];
  return { width, height, data: floats(outputs, name).subarray(0, width * height) };
}

/** A map over the whole input as one over its frame, a value a pixel. */
function cutMap(map: ScoreMap, { input, frame }: Scene): Float32Array {
  const large = resizeMap(map, input.width, input.height).data;
  const out = new Float32Array(frame.width * frame.height);
  for (let y = 0; y < frame.height; y++) {
    const from = (frame.y + y) * input.width + frame.x;
    out.set(large.subarray(from, from + frame.width), y * frame.width);
  }
  return out;
}
