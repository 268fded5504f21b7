/** `project import` against a real server: what comes in, what a second run does, what a stop leaves. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sample } from "@sightline/api/samples";
import { type Client, createClient } from "@sightline/client/client";
import { eachSample } from "@sightline/client/labelled-pictures";
import {
  answerJson,
  fakeServer,
  oneJsonLine,
  partPicture,
  sightline,
  startSightline,
  temporaryFolder,
  writeFiles,
} from "./cli-under-test.js";

let folder: string;
let data: string;
let client: Client;
let serving: ReturnType<typeof startSightline>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-import-"));
  data = join(folder, "data");
  serving = startSightline(["serve", "--data", data, "--port", "0", "--empty", "--log-level", "warn", "--json"]);
  while (!serving.stdoutSoFar().includes("\n")) {
    assert.equal(serving.child.exitCode, null, serving.stderrSoFar());
    await pause(20);
  }
  const { url } = JSON.parse(serving.stdoutSoFar()) as { url: string };
  const made = await sightline([
    "token",
    "create",
    "import",
    "--role",
    "operator",
    "--server",
    url,
    "--data",
    data,
    "--json",
  ]);
  client = createClient({ url, token: String(oneJsonLine(made).secret) });
});
after(async () => {
  serving.child.kill("SIGTERM");
  await serving.finished;
  await rm(folder, { recursive: true, force: true });
});

interface Told {
  project: { id: string; name: string; isNew: boolean };
  task: string;
  labels: string[];
  added: { name: string; part: string }[];
  present: string[];
  differing: string[];
  changed: string[];
  otherPart: string[];
  duplicates: { name: string; same: string }[];
  failures: { name: string; code: string }[];
  error?: { code: string; message: string };
}

async function importing(...args: string[]): Promise<Told & { code: number | null; stderr: string }> {
  const run = await sightline(["project", "import", ...args, "--server", client.url, "--data", data, "--json"]);
  return { code: run.code, stderr: run.stderr, ...(oneJsonLine(run) as unknown as Told) };
}

/** `train/` and `test/` of good and scratched parts, each another picture. */
async function writeSplit(set: string, perLabel: { train: number; test: number }): Promise<void> {
  for (const [part, count] of Object.entries(perLabel))
    for (let k = 0; k < count; k++) {
      const index = part === "train" ? k : 200 + k;
      await writeFiles(set, {
        [`${part}/good/${k}.jpg`]: await partPicture(index, false),
        [`${part}/scratched/${k}.jpg`]: await partPicture(index, true),
      });
    }
}

async function samplesOf(projectId: string): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for await (const sample of eachSample(client, projectId)) samples.set(sample.name, sample);
  return samples;
}

test("a split keeps its parts, and a second run finds everything there", async (t) => {
  const set = join(await temporaryFolder(t), "Castings of 2026");
  await writeSplit(set, { train: 4, test: 2 });
  const first = await importing(set);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual([first.project.name, first.project.isNew, first.task], ["Castings-of-2026", true, "anomaly"]);
  assert.deepEqual([first.added.length, first.present.length], [12, 0]);
  const samples = await samplesOf(first.project.id);
  assert.deepEqual([samples.get("train/good/0.jpg")?.part, samples.get("train/good/0.jpg")?.label], ["train", "good"]);
  assert.deepEqual(
    [samples.get("test/scratched/1.jpg")?.part, samples.get("test/scratched/1.jpg")?.label],
    ["test", "scratched"],
  );
  assert.match(first.stderr, /picture \d+ of 12/);
  // Ids are kept: a second run adds and changes nothing.
  const second = await importing(set);
  assert.deepEqual([second.code, second.added, second.present.length, second.project.isNew], [0, [], 12, false]);
  assert.deepEqual(await samplesOf(first.project.id), samples);
});

test("folders of labels without a split leave the test to the server", async (t) => {
  const set = await temporaryFolder(t);
  await writeFiles(set, {
    "ok/0.jpg": await partPicture(0, false),
    "ok/copy.jpg": await partPicture(0, false),
    "torn/1.jpg": await partPicture(1, true),
    "torn/broken.jpg": "not a picture",
  });
  const told = await importing(set, "--project", "unsplit");
  assert.equal(told.code, 0, told.stderr);
  assert.deepEqual(
    told.added.map(({ name, part }) => [name, part]),
    [
      ["ok/0.jpg", "auto"],
      ["torn/1.jpg", "auto"],
    ],
  );
  assert.deepEqual(told.duplicates, [{ name: "ok/copy.jpg", same: "ok/0.jpg" }]);
  assert.match(told.stderr, /torn\/broken\.jpg/);
});

async function writeYolo(set: string, boxes: number): Promise<void> {
  const line = (k: number) => `${k % 2} ${0.25 + (k % 20) * 0.01} ${0.3 + (k % 9) * 0.02} 0.2 0.1`;
  const lines = Array.from({ length: boxes }, (_, k) => line(k)).join("\n");
  await writeFiles(set, {
    "data.yaml": "train: images/train\nval: images/val\nnames: [bolt, nut]\n",
    "images/train/0.jpg": await partPicture(0, false),
    "labels/train/0.txt": lines,
    "images/train/1.jpg": await partPicture(1, false),
    "labels/train/1.txt": "",
    "images/val/2.jpg": await partPicture(2, false),
    "labels/val/2.txt": line(0),
  });
}

test("boxes come with their pictures, also very many and none, and --replace takes the dataset's", async (t) => {
  const set = await temporaryFolder(t);
  await writeYolo(set, 400);
  const told = await importing(set, "--project", "boxed");
  assert.equal(told.code, 0, told.stderr);
  assert.deepEqual([told.task, told.labels], ["detection", ["bolt", "nut"]]);
  const samples = await samplesOf(told.project.id);
  const crowded = samples.get("images/train/0.jpg");
  assert.equal(crowded?.boxes?.length, 400);
  const [first] = crowded?.boxes ?? [];
  assert.equal(first?.label, "bolt");
  for (const [got, wanted] of [
    [first?.x1, 96 * 0.15],
    [first?.y2, 96 * 0.35],
  ] as const)
    assert.ok(Math.abs(Number(got) - wanted) < 1e-3, `${got} for ${wanted}`);
  assert.deepEqual(samples.get("images/train/1.jpg")?.boxes, []);
  assert.equal(samples.get("images/val/2.jpg")?.part, "test");
  assert.equal((await importing(set, "--project", "boxed")).present.length, 3);

  await writeFiles(set, { "labels/train/1.txt": "1 0.5 0.5 0.2 0.2" });
  const untouched = await importing(set, "--project", "boxed");
  assert.deepEqual([untouched.differing, untouched.changed], [["images/train/1.jpg"], []]);
  assert.deepEqual((await samplesOf(told.project.id)).get("images/train/1.jpg")?.boxes, []);
  const replaced = await importing(set, "--project", "boxed", "--replace");
  assert.deepEqual([replaced.differing, replaced.changed], [[], ["images/train/1.jpg"]]);
  assert.equal((await samplesOf(told.project.id)).get("images/train/1.jpg")?.boxes?.[0]?.label, "nut");

  const mixed = await temporaryFolder(t);
  await writeSplit(mixed, { train: 2, test: 1 });
  const refused = await importing(mixed, "--project", "boxed");
  assert.deepEqual([refused.code, refused.error?.code], [1, "SAMPLE_KIND_MIXED"]);
});

test("several labels of a list come as they stand there", async (t) => {
  const set = await temporaryFolder(t);
  await writeFiles(set, {
    "labels.txt": "red\nblue\n",
    "train.lst": "0\t1\t1\ta.jpg\n1\t0\t0\tb.jpg\n",
    "test.lst": "0\t0\t1\tc.jpg\n",
    "a.jpg": await partPicture(0, false),
    "b.jpg": await partPicture(1, false),
    "c.jpg": await partPicture(2, false),
  });
  const told = await importing(set, "--project", "listed");
  assert.equal(told.code, 0, told.stderr);
  const samples = await samplesOf(told.project.id);
  assert.deepEqual(
    ["a.jpg", "b.jpg", "c.jpg"].map((name) => [samples.get(name)?.labels, samples.get(name)?.part]),
    [
      [["blue", "red"], "train"],
      [[], "train"],
      [["blue"], "test"],
    ],
  );
});

test("a picture of both parts stays where it was learned from, and is told", async (t) => {
  const set = await temporaryFolder(t);
  await writeSplit(set, { train: 2, test: 1 });
  await writeFiles(set, { "test/good/again.jpg": await partPicture(1, false) });
  const told = await importing(set, "--project", "leaking");
  assert.ok(told.duplicates.some(({ name, same }) => name === "test/good/again.jpg" && same === "train/good/1.jpg"));
});

test("what the server refuses for one picture is told and the others go on; a full disk stops it", async (t) => {
  const set = await temporaryFolder(t);
  await writeSplit(set, { train: 6, test: 1 });
  const fake = async (context: TestContext, answer: (name: string) => [number, object] | null) =>
    fakeServer(context, ({ method, url }, reply) => {
      const at = new URL(url, "http://h");
      if (at.pathname === "/api/projects")
        return answerJson(
          reply,
          200,
          method === "GET" ? { items: [] } : { id: "01JD0000000000000000000000", name: "p" },
        );
      if (method === "GET") return answerJson(reply, 200, { items: [], nextCursor: null });
      const [status, body] = answer(at.searchParams.get("name") ?? "") ?? [201, { id: "01JD0000000000000000000001" }];
      answerJson(reply, status, body);
    });
  const run = (url: string) =>
    sightline(["project", "import", set, "--project", "p", "--server", url, "--token", "t", "--json"]);
  const small = await fake(t, (name) =>
    name === "train/good/1.jpg" ? [422, { code: "IMAGE_TOO_SMALL", message: "Too small." }] : null,
  );
  const one = await run(small.url);
  const told = oneJsonLine(one) as unknown as Told;
  assert.deepEqual([one.code, told.error?.code, told.added.length], [1, "UPLOADS_FAILED", 13]);
  assert.deepEqual(told.failures, [{ name: "train/good/1.jpg", code: "IMAGE_TOO_SMALL", message: "Too small." }]);

  let count = 0;
  const full = await fake(t, () => (++count > 5 ? [507, { code: "DISK_FULL", message: "The disk is full." }] : null));
  const halted = await run(full.url);
  const { error } = oneJsonLine(halted) as unknown as Told;
  assert.deepEqual([halted.code, error?.code], [1, "DISK_FULL"]);
  assert.match(
    String(error?.message),
    /^The disk is full\. \d+ of 14 pictures are done .* Run the same command again to go on\.$/,
  );
  assert.ok(full.requests.filter(({ method }) => method === "POST").length < 14);
});

test("an import that is stopped says how to go on, and goes on", async (t) => {
  const set = await temporaryFolder(t);
  await writeSplit(set, { train: 40, test: 1 });
  const args = ["project", "import", set, "--project", "stopped", "--server", client.url, "--data", data];
  const started = startSightline(args);
  while (!/picture \d+ of 82/.test(started.stderrSoFar())) await pause(2);
  started.child.kill("SIGINT");
  const stopped = await started.finished;
  // A machine may be faster than the stop; what follows holds all the same.
  if (stopped.code === 0) t.diagnostic("it was faster than the stop");
  else
    assert.match(
      stopped.stderr,
      /Stopped: \d+ of 82 pictures are done in project "stopped"\. Run the same command again/,
    );
  const rest = await importing(set, "--project", "stopped");
  assert.equal(rest.code, 0, rest.stderr);
  assert.ok(rest.present.length > 0);
  assert.equal(rest.added.length + rest.present.length, 82);
});

test("a folder that is no dataset makes no project", async (t) => {
  const set = await temporaryFolder(t);
  const told = await importing(set, "--project", "nothing");
  assert.deepEqual([told.code, told.error?.code], [1, "DATASET_EMPTY"]);
  const { items } = await client.call("listProjects");
  assert.ok(items.every(({ name }) => name !== "nothing"));
});

const bccd = fileURLToPath(new URL("../../../../shared/data/bccd", import.meta.url));
test("Pascal VOC with lists of its own comes with every box", async (t) => {
  if (!existsSync(bccd)) return t.skip("../shared/data/bccd is not there");
  const told = await importing(bccd, "--project", "bccd");
  assert.equal(told.code, 0, told.stderr);
  assert.deepEqual(told.labels, ["Platelets", "RBC", "WBC"]);
  const samples = [...(await samplesOf(told.project.id)).values()];
  assert.equal(samples.length, told.added.length);
  assert.ok(samples.some(({ part }) => part === "test") && samples.every(({ boxes }) => boxes !== null));
});
