/** How long a training took. */
import type { Job } from "@sightline/api/jobs";

/** Of one that was stopped and went on, all of its epochs, not only what came after the break. `null` while it is not over. */
export function trainingMs({
  startedAt,
  endedAt,
  latest,
}: Pick<Job, "startedAt" | "endedAt" | "latest">): number | null {
  if (startedAt === null || endedAt === null) return null;
  return Math.max(Date.parse(endedAt) - Date.parse(startedAt), (latest?.elapsedSeconds ?? 0) * 1000);
}
