/**
 * Says for each place of a feature map which labels its surroundings speak for, and gathers the places so that one is
 * enough: a label may be a small thing anywhere in the picture (multiple-instance learning; Pinheiro and Collobert 2015
 * gather by log-sum-exp, too). Finer taps tell what is there, coarser ones what is around it.
 */
import { conv, upsample } from "@sightline/nn/layers";
import type { Network } from "@sightline/nn/network";
import { indexTensor } from "@sightline/nn/tensor";

export interface LocationHeadOptions {
  /** Path of its parameters. */
  readonly name: string;
  readonly labels: number;
  /** Channels of the hidden layer at each place. */
  readonly hidden: number;
  /** How strongly the strongest place counts: 0 is the mean of all places, infinity the greatest. */
  readonly sharpness: number;
}

export interface TapOnTape {
  /** Standardised map `[N, C, H, W]`. */
  readonly value: string;
  readonly name: string;
}

/** The finest tap first. Gives logits `[N, labels]` and their map `[N, labels, H, W]`. */
export function locationHead(
  net: Network,
  taps: readonly TapOnTape[],
  { name: path, labels, hidden, sharpness }: LocationHeadOptions,
): { readonly logits: string; readonly map: string } {
  const { tape } = net;
  const [finest] = taps as [TapOnTape, ...TapOnTape[]];
  const height = net.size(finest.value, 2);
  const parts = taps.map(({ value, name }, t) => {
    // A 1x1 convolution and an enlargement commute: this order costs less.
    const narrow = conv(net, value, {
      name: `${path}/${name}`,
      channels: hidden,
      kernel: 1,
      padding: 0,
      bias: t === 0,
    });
    const factor = height / net.size(value, 2);
    return factor === 1 ? narrow : upsample(net, narrow, { name: `${path}/${name}/enlarged`, factor, mode: "linear" });
  });
  const sum = parts.reduce((a, b) => tape.plus(a, b));
  const seen = tape.emit("Relu", [sum]);
  const map = conv(net, seen, { name: `${path}/labels`, channels: labels, kernel: 1, padding: 0 });
  return { logits: gathered(net, map, sharpness), map };
}

/** log(mean(exp(sharpness · x))) / sharpness over the places. */
function gathered(net: Network, map: string, sharpness: number): string {
  const { tape } = net;
  const [labels, places] = [net.size(map, 1), net.size(map, 2) * net.size(map, 3)];
  const flat = tape.times(tape.reshape(map, [-1, labels, places]), sharpness);
  // Kept out of the gradient: any offset gives the same value, this one keeps exp within bounds.
  const peak = tape.emit("StopGradient", [tape.emit("ReduceMax", [flat, indexTensor([2])])]);
  const mean = tape.mean(tape.emit("Exp", [tape.minus(flat, peak)]), [2]);
  const log = tape.plus(tape.emit("Log", [mean]), peak);
  return tape.times(tape.reshape(log, [-1, labels]), 1 / sharpness);
}
