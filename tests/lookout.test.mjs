/** The Lookout for Vision API as a team meets it: a real server process, a real training, the official client. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allOperations, cookies, lookoutJourney, putCastings, putCookies } from "./lookout-journey.mjs";
import { adminToken, atEnd, caller, startServer, temporaryFolder } from "./server-process.mjs";

test("the official client goes from a manifest to verdicts with masks and back to nothing, through all 22 operations", async (t) => {
  const data = join(temporaryFolder(t, "lookout"), "data");
  const server = await startServer({ data, args: ["--empty", "--log-level", "warn"] });
  atEnd(t, () => server.stop());
  const api = caller(server, (await adminToken(server)).token);
  const isReal = existsSync(cookies);
  t.diagnostic(isReal ? `pictures: ${cookies}` : `there is no ${cookies}: drawn pictures stand in`);
  const answered = new Set();
  const { verdicts } = await lookoutJourney({
    url: server.url,
    api,
    data,
    putPictures: isReal ? putCookies : putCastings,
    answered,
    say: (line) => t.diagnostic(line),
  });
  assert.equal(allOperations.length, 22);
  assert.deepEqual([...answered].sort(), [...allOperations].sort());
  const right = verdicts.filter(({ isAnomalous, said }) => said.IsAnomalous === isAnomalous).length;
  t.diagnostic(`${right} of ${verdicts.length} test pictures told right`);
  // Of the drawn ones there are too few to learn more from than that verdicts differ.
  if (isReal) assert.ok(right / verdicts.length >= 0.9, `${right} of ${verdicts.length} told right`);
  const shown = verdicts.filter(({ isAnomalous, said }) => isAnomalous && said.Anomalies.length > 1);
  assert.ok(shown.length > 0, "no anomaly was shown where it is");
});
