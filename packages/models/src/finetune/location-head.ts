/**
 * Judges labels place by place: one part says where in the picture a label shows, from coarse maps that see what is
 * around; the other says at every place whether it does, from fine maps that see what is there. A label without a place of
 * its own may show anywhere: both parts say whether it does then, and one place is enough (multiple-instance learning;
 * Pinheiro and Collobert 2015 gather by log-sum-exp, too).
 */
import { conv, upsample } from "@sightline/nn/layers";
import type { Network } from "@sightline/nn/network";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";

export interface LocationHeadOptions {
  /** Path of its parameters. */
  readonly name: string;
  /** For each label, whether it shows at a place of its own. */
  readonly hasPlace: readonly boolean[];
  /** Channels of the hidden layer at each place. */
  readonly hidden: number;
}

/** Standardised maps `[N, C, H, W]` by the names of their taps. */
export interface TapsOnTape {
  /** Say what is there; the first is the finest, whose places are judged. */
  readonly what: readonly TapOnTape[];
  /** Say where; all of one size. */
  readonly where: readonly TapOnTape[];
}

export interface TapOnTape {
  readonly name: string;
  readonly value: string;
}

export interface LocationAnswers {
  /** `[N, labels]` */
  readonly logits: string;
  /** `[N, labels, places]`: log of the share of belief that the label, if present, shows there. */
  readonly where: string;
}

/**
 * logit = log Σ p(place) · exp(evidence at the place): only what lies where the label shows counts, and the place need
 * not be known to the pixel. The evidence can't bend the places to its liking: no gradient of a label's loss reaches them.
 */
export function locationHead(net: Network, taps: TapsOnTape, options: LocationHeadOptions): LocationAnswers {
  const { tape } = net;
  const { name: path, hasPlace, hidden } = options;
  const [finest] = taps.what as [TapOnTape, ...TapOnTape[]];
  const labels = hasPlace.length;
  const [height, places] = [net.size(finest.value, 2), net.size(finest.value, 2) * net.size(finest.value, 3)];

  const seen = tape.emit("Relu", [sumOf(net, taps.what, `${path}/what`, hidden, 3, height)]);
  const evidence = conv(net, seen, { name: `${path}/what/labels`, channels: labels, kernel: 1, padding: 0 });

  const coarse = net.size((taps.where[0] as TapOnTape).value, 2);
  const context = tape.emit("Relu", [sumOf(net, taps.where, `${path}/where`, hidden, 1, coarse)]);
  const narrow = conv(net, context, { name: `${path}/where/labels`, channels: labels, kernel: 1, padding: 0 });
  const whole = enlarged(net, narrow, height / coarse, `${path}/where/labels`);
  const around = tape.reshape(whole, [-1, labels, places]);
  const where = tape.emit("LogSoftmax", [around], { axis: 2 });

  const known = floatTensor([1, labels, 1], hasPlace.map(Number));
  const free = floatTensor(
    [1, labels, 1],
    hasPlace.map((has) => Number(!has)),
  );
  const belief = hasPlace.some((has) => has) ? tape.times(tape.emit("StopGradient", [where]), known) : 0;
  const anywhere = tape.times(tape.minus(around, Math.log(places)), free);
  const sum = tape.plus(tape.plus(belief, anywhere), tape.reshape(evidence, [-1, labels, places]));
  // Kept out of the gradient: any offset gives the same value, this one keeps exp within bounds.
  const peak = tape.emit("StopGradient", [tape.emit("ReduceMax", [sum, indexTensor([2])])]);
  const total = tape.sum(tape.emit("Exp", [tape.minus(sum, peak)]), [2]);
  const logits = tape.reshape(tape.plus(tape.emit("Log", [total]), peak), [-1, labels]);
  return { logits, where };
}

/** One hidden layer on maps of several sizes: a pointwise convolution and an enlargement commute, this order costs less. */
function sumOf(
  net: Network,
  taps: readonly TapOnTape[],
  path: string,
  channels: number,
  kernel: number,
  height: number,
): string {
  const parts = taps.map(({ name, value }, t) => {
    // Only the finest looks at its neighbours: the others have seen them.
    const side = t === 0 ? kernel : 1;
    const layer = { name: `${path}/${name}`, channels, kernel: side, padding: (side - 1) / 2, bias: t === 0 };
    return enlarged(net, conv(net, value, layer), height / net.size(value, 2), `${path}/${name}`);
  });
  return parts.reduce((a, b) => net.tape.plus(a, b));
}

function enlarged(net: Network, value: string, factor: number, path: string): string {
  return factor === 1 ? value : upsample(net, value, { name: `${path}/enlarged`, factor, mode: "linear" });
}
