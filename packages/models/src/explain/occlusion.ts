/** Occlusion sensitivity (Zeiler and Fergus 2014): how much the answer drops where a window slides over the picture. */
import type { Frame } from "./scene.js";

/** Windows across the shorter side, laid edge to edge; each overlaps its neighbours by half. */
const windowsAcross = 8;

export interface Window {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Square windows over the frame, half a window from one to the next, spread evenly, the last ones ending at its edges. */
export function slidingWindows(frame: Frame): Window[] {
  const side = Math.max(1, Math.round(Math.min(frame.width, frame.height) / windowsAcross));
  const across = starts(frame.width, side);
  return starts(frame.height, side).flatMap((y) =>
    across.map((x) => ({
      x1: frame.x + x,
      y1: frame.y + y,
      x2: frame.x + Math.min(x + side, frame.width),
      y2: frame.y + Math.min(y + side, frame.height),
    })),
  );
}

function starts(length: number, side: number): number[] {
  const steps = Math.max(0, Math.ceil((2 * (length - side)) / side));
  return Array.from({ length: steps + 1 }, (_, i) => (steps === 0 ? 0 : Math.round((i * (length - side)) / steps)));
}

/** For each pixel of the frame the mean drop of the windows that covered it. */
export function occlusionMap(windows: readonly Window[], drops: ArrayLike<number>, frame: Frame): Float32Array {
  const sums = new Float32Array(frame.width * frame.height);
  const counts = new Uint8Array(sums.length);
  windows.forEach((window, i) => {
    for (let y = window.y1 - frame.y; y < window.y2 - frame.y; y++) {
      for (let at = y * frame.width + window.x1 - frame.x; at < y * frame.width + window.x2 - frame.x; at++) {
        sums[at] = (sums[at] as number) + (drops[i] as number);
        counts[at] = (counts[at] as number) + 1;
      }
    }
  });
  return sums.map((sum, at) => sum / Math.max(1, counts[at] as number));
}
