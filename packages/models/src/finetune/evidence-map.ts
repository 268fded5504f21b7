/** Where in the picture the evidence for an anomaly lies: the log-odds are a mean over places, so each has its share. */
import type { Network } from "@sightline/nn/network";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";

/** Places of the drawn map for each of the network's last one. */
const enlargement = 4;

/**
 * `[N, 1, h, w]`, 0–1: how far a place's share exceeds the picture's mean, its peak the picture's score, so that a good
 * picture stays clear. Class activation mapping (Zhou et al. 2016) for two labels.
 *
 * @param last the map `[N, C, h, w]` that is pooled and read by the linear layer `head`, normal first
 */
export function addEvidenceMap(net: Network, last: string, head: string, logits: string): string {
  const { tape } = net;
  const weights = net.constantValue(`${head}/weight`);
  const channels = weights.length / 2;
  const difference = Float32Array.from(
    { length: channels },
    (_, j) => (weights[channels + j] ?? 0) - (weights[j] ?? 0),
  );
  const shares = tape.emit("Conv", [last, floatTensor([1, channels, 1, 1], difference)]);
  const scales = floatTensor([4], [1, 1, enlargement, enlargement]);
  const fine = tape.emit("Resize", [shares, "", scales], {
    mode: "linear",
    coordinate_transformation_mode: "half_pixel",
  });
  const excess = tape.emit("Relu", [tape.minus(fine, tape.mean(fine, [2, 3]))]);
  const peak = tape.plus(tape.emit("ReduceMax", [excess, indexTensor([2, 3])]), 1e-9);
  const side = (from: number): string => tape.emit("Slice", [logits, ...[[from], [from + 1], [1]].map(indexTensor)]);
  const score = tape.emit("Sigmoid", [tape.minus(side(1), side(0))]);
  return tape.times(tape.over(excess, peak), tape.emit("Reshape", [score, indexTensor([-1, 1, 1, 1])]));
}
