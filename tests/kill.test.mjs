/** Nothing that was answered for is lost: a real server, killed at random instants, with a real model and eight cameras. */
import assert from "node:assert/strict";
import test from "node:test";
import { killRounds } from "./kill-rounds.mjs";
import { temporaryFolder } from "./server-process.mjs";

const rounds = 5;

test(`after ${rounds} kills, every picture answered with 200 is inspected exactly once`, async (t) => {
  const seed = process.env.KILL_SEED === undefined ? {} : { seed: Number(process.env.KILL_SEED) };
  const folder = temporaryFolder(t, "kill");
  const result = await killRounds({ folder, rounds, ...seed, say: (line) => t.diagnostic(line) });
  t.diagnostic(
    `${result.answered} pictures answered, ${result.kills} kills while running, ${result.killsWhileStarting} while starting, ${result.records} records, ${result.mails} mails`,
  );
  assert.ok(result.answered >= 20, `only ${result.answered} pictures were answered; too few to tell anything`);
  assert.deepEqual(result.wrong, [], "pictures that were answered and are not inspected exactly once");
  assert.equal(result.left, 0, "pictures still in the queue");
  assert.equal(result.unfinished, 0, "records that did not end as inspected");
  assert.deepEqual(result.damaged, [], "files that are missing or damaged");
  assert.equal(result.mailsTwice, 0, "alerts stored twice");
  assert.equal(result.mails, result.alerts, "one mail per defect");
  assert.deepEqual(result.refused, [], "an address that can be used was refused");
  assert.equal(result.integrity, "ok");
  assert.equal(result.exitCode, 0, "the last server stopped cleanly");
});
