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
  return anomalies.length === 0 ? calibrationFromNormals(normals) : calibrationFromBoth(normals, anomalies);
}
