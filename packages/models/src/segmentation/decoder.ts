/**
 * The head that says where which defect is: coarse maps that know what is around are brought step by step to the finest
 * one's size, each joined by what lies there (U-Net, Ronneberger et al. 2015, with sums for joints).
 */
import { batchNorm, conv, convNorm, upsample } from "@sightline/nn/layers";
import type { Network } from "@sightline/nn/network";

export interface DecoderTap {
  readonly name: string;
  /** Hidden channels at this tap's size. */
  readonly channels: number;
}

/** A value of the network for each tap, standardised `[N, C, H, W]`. */
export type TapValues = Readonly<Record<string, string>>;

/** Logits `[N, types, H, W]` at the first tap's size. @param taps the finest first */
export function decoder(net: Network, values: TapValues, taps: readonly DecoderTap[], types: number): string {
  let above: string | null = null;
  for (const { name, channels } of taps.toReversed()) {
    const value = values[name] as string;
    const path = `decoder/${name}`;
    const own = conv(net, value, { name: `${path}/in`, channels, kernel: 1, padding: 0, bias: false });
    let joined = own;
    if (above !== null) {
      const narrow = conv(net, above, { name: `${path}/above`, channels, kernel: 1, padding: 0, bias: false });
      const factor = net.size(value, 2) / net.size(above, 2);
      const enlarged =
        factor === 1 ? narrow : upsample(net, narrow, { name: `${path}/enlarged`, factor, mode: "linear" });
      joined = net.tape.plus(own, enlarged);
    }
    const seen = net.tape.emit("Relu", [batchNorm(net, joined, { name: `${path}/joined`, group: "decoder" })]);
    above = convNorm(net, seen, { name: `${path}/around`, channels, kernel: 3 });
  }
  return conv(net, above as string, { name: "decoder/types", channels: types, kernel: 1, padding: 0 });
}
