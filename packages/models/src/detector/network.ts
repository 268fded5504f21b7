/**
 * The detector's network: a pretrained or own backbone, lateral connections with upsampling (Lin et al. 2017), and on each
 * grid a light head that answers at every place with a box and a score for each label.
 */
import { filled, truncatedNormal } from "@sightline/nn/initializers";
import { conv, convNorm, depthwise, invertedResidual, pointwise, upsample } from "@sightline/nn/layers";
import type { ModelFunction, Network } from "@sightline/nn/network";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Backbone, pixelScales } from "../backbone-description.js";
import { modelValues } from "../model-values.js";
import { pixelConstants } from "../pixel-input.js";
import { trainableBackbone } from "./backbone.js";
import { type Places, placeCentres } from "./places.js";

export interface DetectorShape {
  readonly places: Places;
  readonly labelCount: number;
  /** Channels of the neck and the heads. */
  readonly channels: number;
  /** `null`: an own small backbone from scratch. */
  readonly backbone: Backbone | null;
}

/** Names of the network's values besides those of every model file. */
export const detectorValues = {
  /** `[N, M, labels]`, before the sigmoid. */
  logits: "score_logits",
} as const;

/** Pictures go in as they are decoded, 0–255; boxes come out in pixels of the input. */
export function detectorModel(shape: DetectorShape): ModelFunction {
  return (net, inputs) => {
    const image = inputs[modelValues.image] as string;
    const { tape } = net;
    const { factor, offset } = pixelConstants((shape.backbone ?? { pixels: pixelScales.centred }).pixels);
    const scaled = tape.minus(tape.times(image, factor), offset);
    const strides = shape.places.levels.map(({ stride }) => stride);
    const features = shape.backbone
      ? trainableBackbone(net, scaled, shape.backbone, shape.places, strides)
      : ownBackbone(net, scaled, strides);
    const answers = neck(net, features, shape).map((map, i) => head(net, map, strides[i] as number, shape));
    return decoded(net, answers, shape);
  };
}

/** From scratch: widths and depths that suit some hundreds of pictures. */
function ownBackbone(net: Network, x: string, strides: readonly number[]): string[] {
  const stages = [
    { stride: 4, channels: 24, blocks: 1 },
    { stride: 8, channels: 40, blocks: 2 },
    { stride: 16, channels: 80, blocks: 3 },
    { stride: 32, channels: 160, blocks: 2 },
  ];
  const maps: string[] = [];
  let map = convNorm(net, x, { name: "backbone/stem", channels: 16, stride: 2 });
  for (const { stride, channels, blocks } of stages) {
    for (let block = 0; block < blocks; block++) {
      map = invertedResidual(net, map, {
        name: `backbone/stride${stride}/block${block}`,
        channels,
        stride: block === 0 ? 2 : 1,
        expansion: 4,
      });
    }
    if (strides.includes(stride)) maps.push(map);
  }
  return maps;
}

/** Grids finer than this have most of all places: half the channels and one layer less must do for them. */
const fullFrom = 8;

function channelsOf(stride: number, { channels }: DetectorShape): number {
  return stride < fullFrom ? Math.ceil(channels / 2) : channels;
}

/** Coarse maps tell the finer ones what they are part of, and then the finer ones the coarse where exactly (Liu et al. 2018). */
function neck(net: Network, features: readonly string[], shape: DetectorShape): string[] {
  const channels = shape.places.levels.map(({ stride }) => channelsOf(stride, shape));
  const widthOf = (i: number): number => channels[i] as number;
  /** A neighbour's map with as many channels as the map it is added to. */
  const fitted = (map: string, from: number, to: number): string =>
    widthOf(from) === widthOf(to)
      ? map
      : pointwise(net, map, { name: `neck/fit${from}to${to}`, channels: widthOf(to) });
  const lateral = features.map((map, i) => pointwise(net, map, { name: `neck/lateral${i}`, channels: widthOf(i) }));
  const down: string[] = [];
  for (let i = lateral.length - 1; i >= 0; i--) {
    const own = lateral[i] as string;
    const above = down[0];
    const joined =
      above === undefined
        ? own
        : net.add("Add", [own, upsample(net, fitted(above, i + 1, i), { name: `neck/up${i}` })], {}, `neck/sum${i}`);
    down.unshift(mixed(net, joined, `neck/down${i}`, widthOf(i)));
  }
  const out: string[] = [];
  for (const [i, own] of down.entries()) {
    const below = out[i - 1];
    if (below === undefined) out.push(own);
    else {
      const shrunk = depthwise(net, below, { name: `neck/shrink${i}`, stride: 2, activation: "none" });
      const sum = net.add("Add", [own, fitted(shrunk, i - 1, i)], {}, `neck/join${i}`);
      out.push(mixed(net, sum, `neck/out${i}`, widthOf(i)));
    }
  }
  return out;
}

/** A separable convolution: what a 3x3 one does at a ninth of the work. */
function mixed(net: Network, x: string, name: string, channels: number): string {
  return pointwise(net, depthwise(net, x, { name: `${name}/spread`, activation: "none" }), { name, channels });
}

interface Answer {
  /** `[N, 4, h, w]`: shift of the middle in strides, logarithm of the sides in strides. */
  readonly box: string;
  /** `[N, labels, h, w]` */
  readonly logits: string;
}

/** Most places see no object: scores start at one in a hundred (Lin et al. 2017). */
const startingLogit = -Math.log(99);
/** Boxes start at the size that a grid is responsible for. */
const startingSize = Math.log(4.5);

function head(net: Network, x: string, stride: number, shape: DetectorShape): Answer {
  const name = `head${stride}`;
  const channels = channelsOf(stride, shape);
  const shared = mixed(net, x, `${name}/shared`, channels);
  const isFull = stride >= fullFrom;
  const forBox = isFull ? mixed(net, shared, `${name}/box`, channels) : shared;
  const forLabels = isFull ? mixed(net, shared, `${name}/labels`, channels) : shared;
  const last = { kernel: 1, initial: truncatedNormal(0.01) } as const;
  return {
    box: conv(net, forBox, {
      ...last,
      name: `${name}/boxes`,
      channels: 4,
      initialBias: (dims) => floatTensor(dims, [0, 0, startingSize, startingSize]),
    }),
    logits: conv(net, forLabels, {
      ...last,
      name: `${name}/scores`,
      channels: shape.labelCount,
      initialBias: filled(startingLogit),
    }),
  };
}

/** No side beyond this many strides, and none below a fiftieth of one: the exponential stays tame. */
const largestLog = 4;

/** All grids as one list of places: boxes [N, M, 4] in pixels, scores [N, M, labels] and their logits. */
function decoded(
  net: Network,
  answers: readonly Answer[],
  { places, labelCount }: DetectorShape,
): Record<string, string> {
  const { tape } = net;
  const list = (maps: readonly string[], channels: number): string => {
    const rows = maps.map((map, i) => {
      const { width, height } = places.levels[i] as Places["levels"][number];
      return tape.emit("Reshape", [map, indexTensor([0, channels, width * height])]);
    });
    const joined = rows.length === 1 ? (rows[0] as string) : tape.emit("Concat", rows, { axis: 2 });
    return tape.transpose(joined, [0, 2, 1]);
  };
  const centres = placeCentres(places);
  const column = (values: (place: number) => number[]) =>
    floatTensor([1, places.count, 2], Array.from({ length: places.count }, (_, place) => values(place)).flat());
  const middles = column((i) => [centres[i * 3] as number, centres[i * 3 + 1] as number]);
  const stride = column((i) => [centres[i * 3 + 2] as number, centres[i * 3 + 2] as number]);
  const raw = list(
    answers.map(({ box }) => box),
    4,
  );
  const shift = tape.slice(raw, [0], [2], [2]);
  const log = tape.emit("Clip", [tape.slice(raw, [2], [4], [2]), -largestLog, largestLog]);
  const middle = tape.plus(tape.times(shift, stride), middles);
  const half = tape.times(tape.times(tape.emit("Exp", [log]), stride), 0.5);
  const logits = list(
    answers.map((answer) => answer.logits),
    labelCount,
  );
  return {
    [modelValues.boxes]: tape.emit("Concat", [tape.minus(middle, half), tape.plus(middle, half)], { axis: 2 }),
    [modelValues.scores]: tape.emit("Sigmoid", [logits]),
    ...(net.mode !== "export" && { [detectorValues.logits]: logits }),
  };
}
