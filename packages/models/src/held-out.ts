/** What models say of pictures they never saw, and the calibration that follows from it. */
import type { Task } from "@sightline/dataset/dataset";
import { type Calibration, calibrationFromBoth, calibrationFromLogits, calibrationFromNormals } from "./threshold.js";

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
  if (anomalies.length === 0) return calibrationFromNormals(normals);
  const both = calibrationFromBoth(normals, anomalies);
  return normals.length === 0 ? both : withFewDefects(both, calibrationFromNormals(normals), anomalies.length);
}

/** So many defects say as much as the good pictures about where, above all of these, defects begin. */
const tellingDefects = 20;

/**
 * A handful of plain defects would put the threshold in the middle of the gap between them and the good pictures, and fainter
 * ones would escape. Where it lies above the one that good pictures alone give, it is taken back towards that, the more the fewer
 * defects there are. Where defects pull it down it stays.
 */
function withFewDefects(both: Calibration, ofNormals: Calibration, defects: number): Calibration {
  const above = both.threshold - ofNormals.threshold;
  if (above <= 0) return both;
  const share = defects / (defects + tellingDefects);
  return { threshold: ofNormals.threshold + share * above, temperature: both.temperature };
}
