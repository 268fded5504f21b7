/** What people said of pictures, as one Parquet file that counting joins with the results; written anew when it has changed. */
import { createHash, randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Now } from "../ids.js";
import type { Truth } from "../store/results.js";
import type { Store } from "../store/store.js";
import type { DuckDb } from "./duckdb.js";
import { writeTruths } from "./result-sql.js";

export interface TruthFile {
  /** Its path; `null` while nobody said anything. */
  current(): Promise<string | null>;
}

/** Reading all labelled pictures takes tens of milliseconds: a page of ten charts does it once. */
const freshMs = 5000;

/** An anomaly project's good label; a picture said to have any other one is an anomaly. */
function isAnomaly(labels: readonly string[]): boolean | null {
  return labels.length === 0 ? null : labels.some((label) => label !== "normal");
}

export function createTruthFile(deps: { store: Store; duckDb: DuckDb; workFolder: string; now: Now }): TruthFile {
  const { store, duckDb, workFolder, now } = deps;
  const path = join(workFolder, "truths.parquet");
  let written = "";
  let last: { readonly atMs: number; readonly path: Promise<string | null> } | undefined;

  async function refresh(): Promise<string | null> {
    const truths = await store.read.results.truths();
    if (truths.length === 0) return null;
    const names = new Map((await store.read.projects.list()).map(({ id, name }) => [id, name]));
    const text = truths.map((truth) => line(truth, names.get(truth.projectId) ?? "")).join("");
    const digest = createHash("sha256").update(text).digest("hex");
    if (digest === written) return path;
    const lines = join(workFolder, `${randomUUID()}.json`);
    const aside = join(workFolder, `${randomUUID()}.parquet`);
    try {
      await writeFile(lines, text, { mode: 0o640 });
      await duckDb.run(writeTruths(lines, aside), { timeoutMs: 60_000 });
      await rename(aside, path);
      written = digest;
    } finally {
      await rm(lines, { force: true });
      await rm(aside, { force: true });
    }
    return path;
  }

  function line({ projectId, imageSha256, labels }: Truth, projectName: string): string {
    const row = {
      ProjectId: projectId,
      Project: projectName,
      ImageSha256: imageSha256,
      Labels: labels,
      IsAnomaly: isAnomaly(labels),
    };
    return `${JSON.stringify(row)}\n`;
  }

  return {
    current() {
      const nowMs = now();
      if (last === undefined || nowMs - last.atMs >= freshMs || nowMs < last.atMs) {
        const entry = { atMs: nowMs, path: refresh() };
        last = entry;
        entry.path.catch(() => {
          if (last === entry) last = undefined;
        });
      }
      return last.path;
    },
  };
}
