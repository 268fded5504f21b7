/** Puts verdicts of two weeks into a data folder, as if cameras had sent pictures and people had looked at some. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const serverFolder = join(import.meta.dirname, "../../../server/dist");

/** What of the server's own fixtures is used; its sources are no part of the web pages. */
interface Core {
  readonly store: { write(work: (tx: Transaction) => Promise<unknown>): Promise<unknown> };
  close(): Promise<void>;
}
interface Transaction {
  readonly projects: { insert(project: { name: string }): Promise<string> };
  readonly cameras: { insert(camera: object): Promise<unknown> };
  readonly samples: { insert(sample: object): Promise<unknown> };
}
interface Fixtures {
  openCore(dataFolder: string): Promise<Core>;
  addLine(core: Core): Promise<{ projectId: string }>;
}
interface Recorder {
  recordResult(core: Core, result: object): Promise<string>;
}

const load = (name: string) => import(pathToFileURL(join(serverFolder, name)).href);

const days = 14;
const perDay = 60;
const dayMs = 86_400_000;
const kinds = ["scratch", "scratch", "scratch", "dent", "scratch", "hole", "dent", "stain"];

/** The same each time: every twentieth picture is anomalous, on one day every third. */
export async function recordTwoWeeks(dataFolder: string): Promise<void> {
  const { openCore, addLine } = (await load("test-fixtures.js")) as Fixtures;
  const { recordResult } = (await load("analytics/recorded-results.js")) as Recorder;
  const core = await openCore(dataFolder);
  const { projectId } = await addLine(core);
  await core.store.write(async (tx) => {
    for (const [id, assemblyLineId] of [
      ["cam-2", "line-1"],
      ["cam-3", "line-2"],
    ]) {
      await tx.cameras.insert({ id, projectId, name: id, assemblyLineId });
    }
    await tx.projects.insert({ name: "unused" });
  });
  const beganAtMs = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs;
  for (let number = 0; number < days * perDay; number++) {
    const day = Math.floor(number / perDay);
    const isAnomalous = number % (day === 9 ? 3 : 20) === 0;
    const camera = number % 3;
    const sha256 = number.toString(16).padStart(64, "0");
    await recordResult(core, {
      projectId,
      receivedAtMs: beganAtMs + day * dayMs + (number % perDay) * 20 * 60_000,
      cameraId: `cam-${camera + 1}`,
      assemblyLineId: camera === 2 ? "line-2" : "line-1",
      imageId: `part-${number}`,
      label: isAnomalous ? "anomaly" : "normal",
      ...(isAnomalous ? { anomalies: [{ label: kinds[number % kinds.length], areaFraction: 0.02 }] } : {}),
      confidence: 1 - ((number * 37) % 100) ** 2 / 10_000,
      imageSha256: sha256,
    });
    // Of every fortieth picture, and of those next to them, a person said what it shows.
    if (number % 40 > 1) continue;
    await core.store.write((tx) =>
      tx.samples.insert({
        projectId,
        name: sha256,
        annotation: { kind: "label", label: number % 120 === 0 || number % 40 === 1 ? "normal" : "anomaly" },
        part: "test",
        picture: { sha256, bytes: 1, format: "jpeg", width: 1, height: 1 },
      }),
    );
    if (number % 200 === 1) {
      const late = 2 ** 20 + number;
      const escaped = late.toString(16).padStart(64, "0");
      await recordResult(core, { projectId, receivedAtMs: beganAtMs + day * dayMs, imageSha256: escaped });
      await core.store.write((tx) =>
        tx.samples.insert({
          projectId,
          name: escaped,
          annotation: { kind: "label", label: "scratch" },
          part: "test",
          picture: { sha256: escaped, bytes: 1, format: "jpeg", width: 1, height: 1 },
        }),
      );
    }
  }
  await core.close();
}
