/** Where trainings keep what they can go on from: a folder per job in the data folder, gone with the job's success, failure or end. */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface Checkpoints {
  /** The job's file; its folder exists afterwards. */
  prepare(jobId: string): Promise<string>;
  has(jobId: string): Promise<boolean>;
  remove(jobId: string): Promise<void>;
  /** Removes those of jobs that no longer go on. */
  sweep(keep: readonly string[]): Promise<void>;
}

export function openCheckpoints(folder: string): Checkpoints {
  const fileOf = (jobId: string): string => join(folder, jobId, "checkpoint.bin");
  const remove = (jobId: string): Promise<void> => rm(join(folder, jobId), { recursive: true, force: true });
  return {
    async prepare(jobId) {
      await mkdir(join(folder, jobId), { recursive: true });
      return fileOf(jobId);
    },
    async has(jobId) {
      const found = await stat(fileOf(jobId)).catch(() => null);
      return found !== null && found.size > 0;
    },
    remove,
    async sweep(keep) {
      const present = await readdir(folder).catch(() => []);
      for (const jobId of present) if (!keep.includes(jobId)) await remove(jobId);
    },
  };
}
