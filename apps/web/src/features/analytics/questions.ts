/** What the analytics page asks the server: one count for each view, each with as few groups as the view can be made of. */
import type { AnalyticsDimension } from "@sightline/api/analytics";

export const questions = {
  /** The figures, the control chart and the shifts; days that go with shifts begin with the first one. */
  hours: ["hour", "shift"],
  days: ["day", "shift"],
  /** Cameras and lines. */
  places: ["camera", "line"],
  hoursOfDay: ["hourOfDay"],
  defects: ["defect"],
  confidences: ["confidence"],
} as const satisfies Record<string, readonly AnalyticsDimension[]>;

export type Question = keyof typeof questions;
