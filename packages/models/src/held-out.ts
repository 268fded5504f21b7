/** What models say of pictures they never saw, and the calibration that follows from it. */
import type { Task } from "@sightline/dataset/dataset";
import {
  type Calibration,
  calibrationFromLogits,
  calibrationFromNormals,
  temperatureAt,
  thresholdBetween,
} from "./threshold.js";

export interface HeldOut {
  /** Anomaly task: one raw score a picture, higher is worse; several classes: one logit per label. */
  readonly outputs: readonly Float64Array[];
  /** Each picture's place among the labels. */
  readonly truths: readonly number[];
}

/** The same calibration for every method, so that they compare. */
export function calibrate(task: Task, { outputs, truths }: HeldOut): Calibration {
  if (task !== "anomaly") return calibrationFromLogits(outputs, truths);
  const raw = (truth: number): number[] => outputs.filter((_, i) => truths[i] === truth).map((row) => row[0] as number);
  const [normals, anomalies] = [raw(0), raw(1)];
  if (normals.length + anomalies.length === 0) throw new Error("No picture was held out: nothing to calibrate by.");
  if (anomalies.length === 0) return calibrationFromNormals(normals);
  if (normals.length === 0) {
    // What lies as far below the defects as one of them hardly ever does is good.
    const { threshold, temperature } = calibrationFromNormals(anomalies.map((value) => -value));
    return { threshold: -threshold, temperature };
  }
  const ofNormals = calibrationFromNormals(normals).threshold;
  const threshold = withFewDefects(thresholdBetween(normals, anomalies), ofNormals, anomalies.length);
  return { threshold, temperature: temperatureAt(threshold, normals, anomalies) };
}

/**
 * So many defects say as much as the good pictures about where, above or below the threshold that these alone give, defects
 * begin. It takes more to raise it: plain defects far beyond say nothing of faint ones, which would escape.
 */
const tellingDefects = { above: 20, below: 5 } as const;

/**
 * A handful of defects places the threshold by chance: plain ones in the middle of a gap, faint ones among the good pictures. It is
 * taken back towards the one that good pictures alone give, the more the fewer defects there are.
 */
function withFewDefects(ofBoth: number, ofNormals: number, defects: number): number {
  const telling = ofBoth > ofNormals ? tellingDefects.above : tellingDefects.below;
  return ofNormals + (defects / (defects + telling)) * (ofBoth - ofNormals);
}
