/** The project's newest training, kept current by live events and, should those fail, by asking. */
import type { Job } from "@sightline/api/jobs";
import { useApi } from "../../app/api.js";
import { isOver } from "../../app/live-events.js";

export function useTraining(projectId: string): { job: Job | undefined; isPending: boolean } {
  const jobs = useApi("listJobs", { query: { project: projectId, limit: 10 } }, { refetchEveryMs: 5_000 });
  const newest = jobs.data?.items[0];
  const isOpen = newest !== undefined && !isOver(newest);
  const job = useApi("getJob", { params: { jobId: newest?.id ?? "" } }, { enabled: isOpen, refetchEveryMs: 2_000 });
  const current = job.data?.id === newest?.id ? job.data : undefined;
  // The list may be older than the job itself, never the other way round once it is over.
  return { job: newest !== undefined && isOver(newest) ? newest : (current ?? newest), isPending: jobs.isPending };
}
