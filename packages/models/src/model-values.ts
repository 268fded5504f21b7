/** Names of the values that go in and come out of every model file. */
export const modelValues = {
  /** In: float32 `[N, 3, height, width]`, red green blue, 0–255. */
  image: "image",
  /** Anomaly models: raw score `[N]`; the manifest's threshold and temperature turn it into 0–1. */
  rawScore: "raw_score",
  /** Anomaly models: score `[N]`, 0–1, 0.5 at the model's own threshold. */
  score: "score",
  /** Anomaly models: `[N, 1, h, w]`, where the anomaly is, 0–1. */
  anomalyMap: "anomaly_map",
  /** Models that learnt from masks: `[N, types, h, w]`, which defect shows where, 0–1, 0.5 at each type's own limit. */
  defectMap: "defect_map",
  /** Several classes: calibrated probabilities `[N, classes]`; several labels at once: independent ones. */
  probabilities: "probabilities",
  /** Detectors: `[N, M, 4]`, x1 y1 x2 y2 in pixels of the input. */
  boxes: "boxes",
  /** Detectors: `[N, M, classes]`, 0–1; overlapping boxes of one object are all there. */
  scores: "scores",
  /** Networks trained by gradient, before the calibration is baked in: `[N, classes]`. */
  logits: "logits",
} as const;
