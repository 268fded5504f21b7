import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@sightline/client/client";
import {
  type Finished,
  oneJsonLine,
  partPicture,
  sightline,
  startSightline,
  temporaryFolder,
  writeDataset,
  writeFiles,
} from "./cli-under-test.js";

// One real server, started as a user does it; the tests run in order, as a first day with it would.
let folder: string;
let data: string;
let url: string;
let signInLink: string;
let serving: ReturnType<typeof startSightline>;

/** A verb of the server's own machine: no token, only the data folder. */
const local = (...args: string[]) => sightline([...args, "--server", url, "--data", data, "--json"]);
const replyOf = async (run: Promise<Finished>) => {
  const finished = await run;
  assert.equal(finished.code, 0, finished.stderr);
  return oneJsonLine(finished);
};
const codeOf = (run: Finished) => (oneJsonLine(run).error as { code: string }).code;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-cli-"));
  data = join(folder, "data");
  serving = startSightline(["serve", "--data", data, "--port", "0", "--empty", "--log-level", "warn", "--json"]);
  while (!serving.stdoutSoFar().includes("\n")) {
    assert.equal(serving.child.exitCode, null, serving.stderrSoFar());
    await pause(20);
  }
  ({ url, signInLink } = JSON.parse(serving.stdoutSoFar()) as { url: string; signInLink: string });
});
after(async () => {
  serving.child.kill("SIGTERM");
  await serving.finished;
  await rm(folder, { recursive: true, force: true });
});

test("serve says where it listens and how to sign in, and writes a token for this machine's user", () => {
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.ok(signInLink.startsWith(`${url}/signin/`));
  assert.match(readFileSync(join(data, "local-admin-token"), "utf8"), /^slt_\S+\n$/);
});

test("doctor finds the running server", async () => {
  const run = await sightline(["doctor", "--data", data, "--port", new URL(url).port, "--server", url, "--json"]);
  const { ok, checks } = oneJsonLine(run) as { ok: boolean; checks: { name: string; isOk: boolean; found: string }[] };
  assert.deepEqual(
    checks.filter((check) => !check.isOk),
    [],
  );
  assert.ok(ok);
  assert.equal(run.code, 0);
  const found = (name: string) => checks.find((check) => check.name === name)?.found ?? "";
  assert.match(found("port"), /^Sightline \d+\.\d+\.\d+ runs at/);
  assert.match(found("server"), /answers, version/);
});

test("doctor prints what fixes each problem and exits with 1", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, { file: "" });
  const args = ["doctor", "--data", join(place, "file/data"), "--server", "http://127.0.0.1:1", "--port", "0"];
  const run = await sightline(args, { SIGHTLINE_BACKBONE: join(place, "no.onnx") });
  assert.equal(run.code, 1);
  assert.match(run.stdout, /^FAIL {2}backbone .*no\.onnx.*\n {6}fix: npm run build/m);
  assert.match(run.stdout, /^FAIL {2}data folder .*is a file.*\n {6}fix: name another folder with --data/m);
  assert.match(run.stdout, /^FAIL {2}server .*Cannot reach.*\n {6}fix: sightline serve/m);
  assert.match(run.stderr, /^sightline: 3 checks failed: backbone, data folder, server\.$/m);
});

test("a second server on the same folder or port is refused with the reason", async (t) => {
  const sameFolder = await sightline(["serve", "--data", data, "--port", "0", "--json"]);
  assert.deepEqual([sameFolder.code, codeOf(sameFolder)], [1, "DATA_FOLDER_IN_USE"]);
  const port = new URL(url).port;
  const samePort = await sightline(["serve", "--data", await temporaryFolder(t), "--port", port, "--empty", "--json"]);
  assert.deepEqual([samePort.code, codeOf(samePort)], [1, "PORT_IN_USE"]);
});

test("a wrong setting exits with 2 and names the nearest", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, { "sightline.json": '{"prot": 9}' });
  const run = await sightline(["serve", "--data", place, "--json"]);
  assert.deepEqual([run.code, codeOf(run)], [2, "USAGE"]);
  assert.match(run.stderr, /"prot".*Did you mean "port"\?/);
});

test("a project is created, listed and refused a second time", async () => {
  const created = await replyOf(local("project", "create", "parts", "--recipients", "a@plant.example,b@plant.example"));
  assert.deepEqual([created.name, created.recipients], ["parts", ["a@plant.example", "b@plant.example"]]);
  const { items } = await replyOf(local("project", "list"));
  assert.deepEqual(
    (items as { name: string }[]).map((one) => one.name),
    ["parts"],
  );
  const again = await local("project", "create", "parts");
  assert.deepEqual([again.code, codeOf(again)], [1, "PROJECT_EXISTS"]);
  const table = await sightline(["project", "list", "--server", url, "--data", data]);
  assert.match(
    table.stdout,
    /^name +pictures +cameras +inspections +inspects +id\nparts +0 +0 +0 +no +[0-9A-Z]{26}\n$/,
  );
});

test("a camera is added to it by the project's name", async () => {
  const added = await replyOf(
    local("camera", "add", "cam-1", "--project", "parts", "--line", "line-1", "--name", "Left"),
  );
  assert.deepEqual([added.id, added.assemblyLineId, added.name], ["cam-1", "line-1", "Left"]);
  const { items } = await replyOf(local("camera", "list", "--project", "parts"));
  assert.deepEqual(
    (items as { id: string }[]).map((one) => one.id),
    ["cam-1"],
  );
});

test("a project that is not there is told with those that are", async () => {
  const run = await local("camera", "add", "cam-2", "--project", "prats", "--line", "line-1");
  assert.equal(run.code, 1);
  assert.deepEqual(oneJsonLine(run), {
    error: { code: "NOT_FOUND", message: 'There is no project "prats" on this server. There is: parts.' },
  });
});

test("a trained model is added, started, listed and stopped; pictures uploaded meanwhile are inspected", async () => {
  const dataset = join(folder, "parts");
  const file = join(folder, "model.onnx");
  await writeDataset(dataset, { train: 10, test: 3 });
  assert.equal((await sightline(["train", dataset, "--out", file, "--method", "classifier"])).code, 0);
  const added = await replyOf(local("model", "add", "parts", file));
  assert.deepEqual([added.version, added.isRunning], [1, false]);
  assert.equal((await replyOf(local("model", "start", "parts/1"))).isRunning, true);

  const token = await sightline(["token", "create", "gate", "--camera", "cam-1", "--server", url, "--data", data]);
  assert.match(token.stdout, /^slt_\S+\n$/, "stdout is the secret alone, for scripts");
  const secret = token.stdout.trim();
  const sent = await sightline([
    "upload",
    join(dataset, "test/scratched"),
    "cam-1",
    "line-1",
    url,
    secret,
    "0",
    "--json",
  ]);
  assert.deepEqual(oneJsonLine(sent), { uploaded: 3, failed: 0, failures: [] });

  const client = createClient({ url, token: readFileSync(join(data, "local-admin-token"), "utf8").trim() });
  for (;;) {
    const { items } = await client.call("listInspections", { query: { camera: "cam-1" } });
    assert.equal(items.length, 3);
    assert.ok(items.every((one) => one.status !== "failed"));
    if (items.every((one) => one.status === "inspected" && one.modelVersion === 1)) break;
    await pause(50);
  }
  const { items } = await replyOf(local("model", "list", "--project", "parts"));
  assert.deepEqual(
    (items as { version: number; isRunning: boolean }[]).map((one) => [one.version, one.isRunning]),
    [[1, true]],
  );
  assert.equal((await replyOf(local("model", "stop", added.id as string))).isRunning, false);
  const served = await replyOf(local("model", "history", "parts"));
  assert.deepEqual(
    (served.items as { modelVersion: number; end: string }[]).map(({ modelVersion, end }) => [modelVersion, end]),
    [[1, "stopped"]],
  );
  const back = await replyOf(local("model", "rollback", "parts"));
  assert.deepEqual([back.version, back.isRunning, back.threshold], [1, true, 0.5]);
  const alone = await local("model", "measure", "parts/1", "parts/1");
  assert.deepEqual([alone.code, codeOf(alone)], [1, "COMPARISON_NEEDS_TWO"]);
  const unknown = await local("model", "start", "parts/7");
  assert.deepEqual([unknown.code, codeOf(unknown)], [1, "NOT_FOUND"]);
  assert.match(unknown.stderr, /There is: parts\/1\./);

  const refused = await sightline([
    "upload",
    join(dataset, "test/good"),
    "cam-9",
    "line-1",
    url,
    secret,
    "0",
    "--json",
  ]);
  assert.equal(refused.code, 1);
  assert.deepEqual(
    (oneJsonLine(refused).failures as { code: string }[]).map((one) => one.code),
    Array(3).fill("CAMERA_DENIED"),
  );
});

test("a revoked token is refused at once, and its use by the command line says so", async () => {
  const made = await replyOf(local("token", "create", "office", "--role", "operator"));
  const asOffice = () => sightline(["project", "list", "--server", url, "--token", made.secret as string, "--json"]);
  assert.equal((await asOffice()).code, 0);
  assert.deepEqual(await replyOf(local("token", "revoke", "office")), { revoked: { id: made.id, name: "office" } });
  const after = await asOffice();
  assert.deepEqual([after.code, codeOf(after)], [1, "TOKEN_REVOKED"]);
  const { items } = await replyOf(local("token", "list"));
  assert.ok(
    (items as { name: string; revokedAt: string | null }[]).some(
      (one) => one.name === "office" && one.revokedAt !== null,
    ),
  );
});

test("a sign-in link works once", async () => {
  const link = await sightline(["user", "link", "ann", "--role", "viewer", "--server", url, "--data", data]);
  assert.equal(link.code, 0, link.stderr);
  assert.match(link.stdout, /^http:\S+\/signin\/\S+\n$/);
  const open = () => fetch(link.stdout.trim(), { redirect: "manual" });
  const first = await open();
  assert.equal(first.status, 303);
  assert.match(first.headers.get("set-cookie") ?? "", /sightline_session=/);
  assert.equal((await open()).status, 401);
});

test("a file that is no model is refused and changes nothing", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, { "foreign.onnx": await partPicture(0, false) });
  const run = await local("model", "add", "parts", join(place, "foreign.onnx"));
  assert.deepEqual([run.code, codeOf(run)], [1, "MODEL_FILE_INVALID"]);
  assert.equal(((await replyOf(local("model", "list"))).items as unknown[]).length, 1);
});

test("an access key is for a person that there is, shows its secret once, and is revoked by its id", async () => {
  assert.equal(codeOf(await local("access-key", "create", "nobody")), "USER_NOT_FOUND");
  const created = (await replyOf(local("access-key", "create", "admin"))) as Record<string, string>;
  assert.match(created.accessKeyId ?? "", /^AKSL[A-Z2-7]{16}$/);
  assert.match(created.secretAccessKey ?? "", /^[A-Za-z0-9+/]{40}$/);
  const { items } = (await replyOf(local("access-key", "list"))) as { items: Record<string, unknown>[] };
  assert.deepEqual([items.length, items[0]?.role, items[0]?.secretAccessKey], [1, "admin", undefined]);
  await replyOf(local("access-key", "revoke", created.accessKeyId ?? ""));
  const after = (await replyOf(local("access-key", "list"))) as { items: { revokedAt: string | null }[] };
  assert.ok(after.items[0]?.revokedAt);
});

test("a dry run lists what a deletion would take, and a project is deleted only with --yes", async () => {
  const asked = await local("project", "delete", "parts");
  assert.deepEqual([asked.code, codeOf(asked)], [1, "NOT_CONFIRMED"]);
  assert.match(
    asked.stderr,
    /"parts" with 0 labelled pictures, 1 model versions, 1 cameras and 3 inspections. Add --dry-run/,
  );
  const listed = await sightline(["project", "delete", "parts", "--dry-run", "--server", url, "--data", data]);
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^inspections.* +3 +[\d.]+ [kM]?B$/m);
  assert.match(listed.stdout, /^cameras \(cam-1\) +1/m);
  assert.match(listed.stdout, /^recipients +2/m);
  const { items } = await replyOf(local("project", "list"));
  assert.equal((items as unknown[]).length, 1);
  assert.equal((await replyOf(local("project", "delete", "parts", "--yes"))).deleted !== undefined, true);
  assert.deepEqual((await replyOf(local("project", "list"))).items, []);
});

test("Ctrl-C ends the server with exit code 0 and takes the local token away", async () => {
  serving.child.kill("SIGINT");
  const { code, stdout } = await serving.finished;
  assert.equal(code, 0);
  assert.equal(stdout.split("\n").length, 2);
  assert.ok(!existsSync(join(data, "local-admin-token")));
  const late = await local("project", "list");
  assert.deepEqual([late.code, codeOf(late)], [1, "NO_SERVER_TOKEN"]);
});
