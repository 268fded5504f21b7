/** The two networks that learn: a student that sees around each place, and an autoencoder that sees the picture as a whole. */
import { conv, convNorm, flatten, linear, residual, upsample } from "@sightline/nn/layers";
import type { Network } from "@sightline/nn/network";
import { indexTensor } from "@sightline/nn/tensor";
import { placeStride, taughtChannels } from "./teacher.js";

/** Channels of the student at a half, a quarter, an 8th and a 16th of the picture. */
const studentWidths = [16, 32, 64, 96] as const;
/** Blocks at a 16th behind the first: each sees 64 pixels farther. */
const studentBlocks = 1;
/** Channels of the autoencoder from a quarter to a 32nd of the picture. */
const coderWidths = [16, 32, 48, 64] as const;
/** Numbers that a whole picture is squeezed into: what good parts have in common fits, a defect doesn't. */
const codeLength = 64;
const decoderWidths = [32, 64] as const;

/** @returns maps `[N, taughtChannels, h, w]`: what the teacher would say, and what the autoencoder would say. */
export function studentMaps(net: Network, pixels: string): { taught: string; coded: string } {
  let map = convNorm(net, pixels, { name: "student/stem", channels: studentWidths[0], stride: 2 });
  map = convNorm(net, map, { name: "student/down2", channels: studentWidths[1], stride: 2 });
  map = convNorm(net, map, { name: "student/down3", channels: studentWidths[2], stride: 2 });
  if (placeStride === 16) map = residual(net, map, { name: "student/down4", channels: studentWidths[3], stride: 2 });
  for (let block = 1; block <= studentBlocks; block++)
    map = residual(net, map, { name: `student/block${block}`, channels: net.size(map, 1) });
  const mixed = convNorm(net, map, { name: "student/mixed", channels: 2 * net.size(map, 1), kernel: 1 });
  const last = { channels: taughtChannels, kernel: 1 };
  return {
    taught: conv(net, mixed, { name: "student/taught", ...last }),
    coded: conv(net, mixed, { name: "student/coded", ...last }),
  };
}

/** @returns a map `[N, taughtChannels, h, w]` made from `codeLength` numbers that stand for the picture. */
export function autoencoderMap(net: Network, pixels: string): string {
  const group = { group: "autoencoder" };
  let map = net.add("AveragePool", [pixels], { kernel_shape: [2, 2], strides: [2, 2] }, "autoencoder/small");
  for (const [level, channels] of coderWidths.entries())
    map = convNorm(net, map, { name: `autoencoder/down${level + 1}`, channels, stride: 2, ...group });
  const side = net.size(map, 2);
  const flat = flatten(net, map, { name: "autoencoder/flat" });
  const code = linear(net, flat, { name: "autoencoder/code", outputs: codeLength, ...group });
  const outputs = decoderWidths[0] * side * side;
  const spread = linear(net, code, { name: "autoencoder/spread", outputs, activation: "relu", ...group });
  map = net.add("Reshape", [spread, indexTensor([0, decoderWidths[0], side, side])], {}, "autoencoder/places");
  const doublings = Math.log2(32 / placeStride);
  for (let level = 1; level <= doublings; level++) {
    const larger = upsample(net, map, { name: `autoencoder/up${level}` });
    map = convNorm(net, larger, { name: `autoencoder/mixed${level}`, channels: decoderWidths[1], ...group });
  }
  return conv(net, map, { name: "autoencoder/coded", channels: taughtChannels, ...group });
}

/** Pixels of 0–255 about zero. */
export function centred(net: Network, image: string): string {
  const shifted = net.add("Sub", [image, net.scalar(127.5)], {}, "input/centred");
  return net.add("Mul", [shifted, net.scalar(1 / 64)], {}, "input/scaled");
}

/** Two batches as one. */
export function together(net: Network, first: string, second: string): string {
  return net.add("Concat", [first, second], { axis: 0 }, "input/together");
}
