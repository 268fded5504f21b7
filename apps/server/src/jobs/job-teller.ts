/** What a running training says of itself, passed on: live events at most some a second, the records once a second, every point of the curves. */
import type { Job } from "@sightline/api/jobs";
import type { LiveFeed } from "../live-feed.js";
import type { Store } from "../store/store.js";
import type { TrainingListener } from "./training-run.js";

const PUBLISH_EVERY_MS = 250;
const STORE_EVERY_MS = 1000;

export interface JobTeller extends TrainingListener {
  /** The job as it stands now, newer than the records. */
  readonly job: Job;
  /** Resolves when everything told so far is in the records. */
  settled(): Promise<void>;
}

export function createJobTeller(deps: {
  readonly job: Job;
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly now: () => number;
  readonly onStoreError: (error: unknown) => void;
}): JobTeller {
  const { store, feed, now } = deps;
  let job = deps.job;
  let publishedAtMs = 0;
  let storedAtMs = 0;
  let writing = Promise.resolve();

  const publish = (): void => {
    publishedAtMs = now();
    feed.publish({ type: "job", job });
  };
  const write = (work: Parameters<Store["write"]>[0]): void => {
    const written = store.write(work).then(() => {}, deps.onStoreError);
    writing = Promise.all([writing, written]).then(() => {});
  };

  return {
    get job() {
      return job;
    },
    settled: () => writing,

    onProgress({ progress: fraction, step, secondsLeft = null }) {
      const progress = Math.min(1, Math.max(0, fraction));
      job = { ...job, progress, step, secondsLeft: secondsLeft === null ? null : Math.max(0, secondsLeft) };
      if (now() - publishedAtMs >= PUBLISH_EVERY_MS) publish();
      if (now() - storedAtMs >= STORE_EVERY_MS) {
        storedAtMs = now();
        write((tx) => tx.jobs.setProgress(job.id, progress, step, job.secondsLeft));
      }
    },

    onEpoch({ point, metricName, epochs }) {
      job = { ...job, latest: point, canStop: true };
      publish();
      write((tx) => tx.jobs.addPoint(job.id, point, { metricName, epochs }));
    },
  };
}
