/** For the test that kills it: records verdicts as fast as it can while the files are written all the time, and tells each one that is recorded. */
import { addLine, openCore } from "../test-fixtures.js";
import { recordResult } from "./recorded-results.js";

const [folder = ""] = process.argv.slice(2);
const core = await openCore(folder, { config: { analytics: { flushSeconds: 0.05 } } });
const existing = (await core.store.read.projects.list())[0]?.id;
const projectId = existing ?? (await addLine(core)).projectId;
process.on("disconnect", () => process.exit(0));
for (let i = 0; ; i++) {
  // Several hours and days, so that several files are open at once.
  const receivedAtMs = Date.parse("2026-03-01T22:00:00.000Z") + (i % 5) * 3_600_000;
  process.send?.(await recordResult(core, { projectId, receivedAtMs }));
}
