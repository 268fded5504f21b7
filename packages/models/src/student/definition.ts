/** What is learnt: to say of good pictures what the teacher says, and of pictures with a defect what it would say without. */
import { mse, weightedSum } from "@sightline/nn/losses";
import type { ModelFunction, Network } from "@sightline/nn/network";
import { indexTensor } from "@sightline/nn/tensor";
import { trainableGraph } from "@sightline/nn/trainable-graph";
import type { TrainingDefinition } from "@sightline/nn/training";
import { modelValues } from "../model-values.js";
import { autoencoderMap, centred, studentMaps, together } from "./student-net.js";
import { placeStride, type Teacher } from "./teacher.js";

/** Inputs of a training step beside `image`, good pictures. */
export const stepInputs = {
  /** `[N, 3, size, size]`: the same with drawn defects, or other pictures with real ones. */
  altered: "altered",
  /** `[N, 1, h, w]`: how much each place of `altered` is to be imitated; 0 where a real defect is or may be. */
  imitated: "imitated",
  /** `[N, 1, h, w]`: where a real defect is, 0–1. */
  defect: "defect",
  /** `[N, 1, 1, 1]`: 1 where `altered` shows a real defect. */
  isReal: "is_real",
  /** `[N, 1]`: 1 where it is real and nobody knows where. */
  isUnplaced: "is_unplaced",
} as const;

/** Outputs of the networks: `[N, taughtChannels, h, w]` each. */
export const studentValues = {
  /** What the teacher says less what the student says. */
  unlearnt: "unlearnt",
  /** What the autoencoder says less what the student thinks that it says. */
  uncoded: "uncoded",
} as const;

/** The worst places count beyond the rest (the paper's hard feature loss): this share of them. */
const hardShare = 0.1;
const hardWeight = 1;
/** At a real defect student and teacher are to differ by this mean square; what two unlike places differ by. */
const apart = 1;
const apartWeight = 0.5;
/** Of a picture whose defect nobody placed, these strangest places are to differ. */
const unplacedPlaces = 3;

/** @param hasDefects whether real ones take part: of drawn ones the teacher is asked without them */
export function studentDefinition(teacher: Teacher, size: number, hasDefects: boolean): TrainingDefinition {
  const side = size / placeStride;
  const picture = { type: "float32", dims: ["N", 3, size, size] } as const;
  const map = { type: "float32", dims: ["N", 1, side, side] } as const;
  return {
    inputs: {
      [modelValues.image]: picture,
      [stepInputs.altered]: picture,
      [stepInputs.imitated]: map,
      [stepInputs.defect]: map,
      [stepInputs.isReal]: { type: "float32", dims: ["N", 1, 1, 1] },
      [stepInputs.isUnplaced]: { type: "float32", dims: ["N", 1] },
    },
    model: modelOf(teacher, hasDefects),
    loss: (net, { taught = "", imitated = "", believed = "", coded = "" }, inputs) => {
      const { tape } = net;
      const half = net.size(imitated, 0) / 2;
      const good = (value: string): string => tape.slice(value, [0], [half], [0]);
      const altered = (value: string): string => tape.slice(value, [half], [2 * half], [0]);
      const isReal = inputs[stepInputs.isReal] ?? "";
      // Of a drawn defect the teacher's word on the picture without it.
      const wanted = hasDefects
        ? tape.plus(tape.times(altered(taught), isReal), tape.times(good(taught), tape.minus(1, isReal)))
        : taught;
      const imitating = inputs[stepInputs.imitated] ?? "";
      const apartOf = (a: string, b: string): string => tape.mean(tape.square(tape.minus(a, b)), [1]);
      const ofGood = apartOf(good(imitated), good(taught));
      const ofAltered = tape.times(apartOf(altered(imitated), wanted), imitating);
      const places = tape.emit("Concat", [ofGood, ofAltered], { axis: 0 });
      const imitation = tape.plus(
        tape.emit("ReduceMean", [places], { keepdims: 0 }),
        tape.times(worst(net, places), hardWeight),
      );
      const coding = weightedSum(net, [
        [mse(net, good(coded), good(taught)), 0.5],
        [mse(net, altered(coded), wanted, { weights: imitating }), 0.5],
      ]);
      // The autoencoder is followed, not led.
      const following = mse(net, good(believed), tape.emit("StopGradient", [good(coded)]));
      const parts = [
        [imitation, 1],
        [coding, 1],
        [following, 1],
      ] as const;
      if (!hasDefects) return { loss: weightedSum(net, parts), imitation, coding, following };
      const defects = keptApart(net, apartOf(altered(imitated), altered(taught)), inputs);
      return { loss: weightedSum(net, [...parts, [defects, apartWeight]]), imitation, coding, following, defects };
    },
  };
}

/** In training what all say of both halves of the batch; in a file what they differ by. */
function modelOf(teacher: Teacher, hasDefects: boolean): ModelFunction {
  const teach = trainableGraph(teacher.graph, { prefix: "teacher/", trainable: () => false });
  const [said] = teacher.graph.outputs;
  return (net, inputs) => {
    const image = inputs[modelValues.image] ?? "";
    const altered = inputs[stepInputs.altered];
    const pictures = net.mode === "export" || altered === undefined ? image : together(net, image, altered);
    const asked = hasDefects ? pictures : image;
    const taught = teach(net, { [modelValues.image]: asked })[said?.name ?? ""] ?? "";
    const pixels = centred(net, pictures);
    const { taught: imitated, coded: believed } = studentMaps(net, pixels);
    const coded = autoencoderMap(net, pixels);
    if (net.mode !== "export") return { taught, imitated, believed, coded };
    return {
      [studentValues.unlearnt]: net.tape.minus(taught, imitated),
      [studentValues.uncoded]: net.tape.minus(coded, believed),
    };
  };
}

/** Mean of the worst `hardShare` of all places of the batch. */
function worst(net: Network, places: string): string {
  const { tape } = net;
  const count = tape.sizes(places).reduce((product, size) => product * size, 1);
  const flat = tape.reshape(places, [1, count]);
  const top = tape.emitAll(
    "TopK",
    [flat, indexTensor([Math.max(1, Math.round(hardShare * count))])],
    { axis: 1 },
    2,
  )[0];
  return tape.emit("ReduceMean", [top ?? ""], { keepdims: 0 });
}

/** How far real defects are from being `apart`: where they are known to be, else at the picture's strangest places. */
function keptApart(net: Network, distances: string, inputs: Readonly<Record<string, string>>): string {
  const { tape } = net;
  const [pictures = 1, , height = 1, width = 1] = tape.sizes(distances);
  const missing = (value: string): string => tape.emit("Relu", [tape.minus(apart, value)]);
  const where = inputs[stepInputs.defect] ?? "";
  const isUnplaced = inputs[stepInputs.isUnplaced] ?? "";
  const perPicture = (value: string): string => tape.reshape(tape.sum(value, [1, 2, 3]), [pictures, 1]);
  const placed = tape.over(perPicture(tape.times(missing(distances), where)), tape.plus(perPicture(where), 1));
  const flat = tape.reshape(distances, [pictures, height * width]);
  const top = tape.emitAll("TopK", [flat, indexTensor([unplacedPlaces])], { axis: 1 }, 2)[0] ?? "";
  const unplaced = tape.times(tape.mean(missing(top), [1]), isUnplaced);
  return tape.emit("ReduceMean", [tape.plus(placed, unplaced)], { keepdims: 0 });
}
