import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { answerJson, fakeServer, oneJsonLine, sightline, sightlineHere, startSightline } from "./cli-under-test.js";
import { cliReference, referenceFile } from "./docs.js";
import { buildProgram, verbs } from "./program.js";

test("help and version go to stdout with exit code 0, and name each verb", async () => {
  const help = await sightline(["--help"]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  for (const [name, { summary }] of Object.entries(verbs)) {
    assert.match(help.stdout, new RegExp(`^  ${name} .*${summary.slice(0, 10)}`, "m"));
  }
  const version = await sightline(["--version"]);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test("each verb has its own help", async () => {
  const [one, other] = await Promise.all([sightline(["project", "create", "--help"]), sightline(["help", "upload"])]);
  assert.equal(one.code, 0);
  assert.match(one.stdout, /^Usage: sightline project create .*<name>/);
  assert.equal(other.code, 0);
  assert.match(other.stdout, /<directory> <camera_id> <assembly_line_id> <endpoint> <token> <seconds>/);
});

for (const [args, says] of [
  [[], /Say what to do[\s\S]*Commands:/],
  [["project"], /Say what to do[\s\S]*create/],
  [["trian"], /unknown command 'trian'. Did you mean train\?/],
  [["project", "lst"], /unknown command 'lst'. Did you mean list\?/],
  [["train", "x", "--out", "y", "--sed", "1"], /unknown option '--sed'. Did you mean --seed\?/],
  [["train", "x"], /required option '--out <file>' not specified/],
  [["train", "x", "--out", "y", "--method", "magic"], /Allowed choices are auto, patchcore, classifier/],
  [["train", "x", "--out", "y", "--format", "coco"], /Allowed choices are .*voc.*classFolders/],
  [["train", "x", "--out", "y", "--seed", "1.5"], /'1.5' is invalid. Expected a whole number from 0 to 2147483647/],
  [["train", "--out", "y"], /missing required argument 'dataset'/],
  [["train", "x", "--out", "y", "--budget", "5"], /Expected a time such as 90s, 5m or 1.5h/],
  [["train", "x", "--out", "y", "--option", "width"], /Expected NAME=VALUE/],
  [["train", "x", "--out", "y", "--option", "width=3"], /--option goes with a --method/],
  [
    ["train", "x", "--out", "y", "--method", "classifier", "--epochs", "3"],
    /--epochs goes with methods that have epochs/,
  ],
  [["compare", "a"], /two or more/],
  [["latency", "m", "--threads", "0"], /Expected a whole number from 1 to 256/],
  [["predict", "m"], /missing required argument 'file_or_folder'/],
  [["predict", "m", "f", "--threshold", "1.5"], /Expected a number from 0.001 to 0.999/],
  [["predict", "m", "f", "g"], /too many arguments/],
  [["upload", "d", "c", "l", "http://h", "t", "-1"], /unknown option '-1'|Expected a number from 0 to 86400/],
  [["upload", "d", "c", "l", "host:80", "t", "1"], /must be an address such as http:\/\/127.0.0.1:8080, got "host:80"/],
  [["token", "create", "n", "--role", "boss"], /Allowed choices are admin, operator, viewer, device/],
  [["token", "create", "n"], /names its cameras: add --camera/],
  [["token", "create", "n", "--role", "viewer", "--camera", "c"], /--camera goes with --role device only/],
  [["project", "list", "--server", "host", "--token", "t"], /--server must be an address/],
] as const) {
  test(`wrong usage is told and exits with 2: sightline ${args.join(" ")}`, async () => {
    const plain = await sightlineHere(args);
    assert.equal(plain.code, 2, plain.stderr);
    assert.equal(plain.stdout, "");
    assert.match(plain.stderr, says);
    assert.match(plain.stderr, /^See: sightline.* --help$|Commands:/m);

    const json = await sightlineHere([...args, "--json"]);
    assert.equal(json.code, 2);
    const { error } = oneJsonLine(json) as { error: { code: string; message: string } };
    assert.equal(error.code, "USAGE");
    assert.match(error.message, says);
  });
}

test("without a token it says the ways to give one", async () => {
  // A port where nothing listens and no default data folder can be meant: the address is not this machine's.
  const run = await sightline(["project", "list", "--server", "http://192.0.2.1", "--json"]);
  assert.equal(run.code, 1);
  const { error } = oneJsonLine(run) as { error: { code: string; message: string } };
  assert.equal(error.code, "NO_SERVER_TOKEN");
  assert.match(error.message, /--token.*SIGHTLINE_TOKEN.*--data/);
});

test("a data folder without a running server is named", async () => {
  const run = await sightline(["project", "list", "--data", "/no/such/folder", "--json"]);
  assert.equal(run.code, 1);
  const { error } = oneJsonLine(run) as { error: { code: string; message: string } };
  assert.equal(error.code, "NO_SERVER_TOKEN");
  assert.match(error.message, /"\/no\/such\/folder\/local-admin-token".*check that the server runs/);
});

test("a server that is not there is told with its address, in text and in JSON", async () => {
  const args = ["project", "list", "--server", "http://127.0.0.1:1", "--token", "t"];
  const [plain, json] = await Promise.all([sightline(args), sightline([...args, "--json"])]);
  assert.deepEqual([plain.code, plain.stdout], [1, ""]);
  assert.match(plain.stderr, /^sightline: Cannot reach http:\/\/127.0.0.1:1/);
  assert.equal(json.code, 1);
  assert.equal((oneJsonLine(json).error as { code: string }).code, "SERVER_UNREACHABLE");
});

test("server and token come from flags or, where these are missing, from the environment", async (t) => {
  const { url, requests } = await fakeServer(t, (_, reply) => answerJson(reply, 200, { items: [] }));
  const environment = { SIGHTLINE_SERVER: url, SIGHTLINE_TOKEN: "from-environment" };
  assert.equal((await sightline(["token", "list"], environment)).code, 0);
  assert.equal((await sightline(["token", "list", "--token", "from-flag"], environment)).code, 0);
  assert.deepEqual(
    requests.map((one) => one.headers.authorization),
    ["Bearer from-environment", "Bearer from-flag"],
  );
});

test("the server's refusal comes through with its own code", async (t) => {
  const { url } = await fakeServer(t, (_, reply) =>
    answerJson(reply, 403, { code: "ROLE_DENIED", message: "The role may not do this." }),
  );
  const run = await sightline(["project", "create", "x", "--server", url, "--token", "t", "--json"]);
  assert.equal(run.code, 1);
  assert.deepEqual(oneJsonLine(run), { error: { code: "ROLE_DENIED", message: "The role may not do this." } });
  assert.equal(run.stderr, "sightline: The role may not do this.\n");
});

test("a reader that closes the pipe early ends the command without a complaint", async () => {
  const { child, finished } = startSightline(["--help"]);
  child.stdout.destroy();
  const { code, stderr } = await finished;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("docs/reference/cli.md is in step with the commands (run: node apps/cli/dist/docs.js)", async () => {
  assert.equal(readFileSync(referenceFile, "utf8"), await cliReference());
});

test("every command in the README, the guides and the methods' pages is one that the command line takes", async () => {
  const root = new URL("../../../", import.meta.url);
  const methods = readdirSync(new URL("packages/models/src/", root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`packages/models/src/${entry.name}/README.md`, root)))
    .map(({ name }) => `packages/models/src/${name}/README.md`);
  const guides = readdirSync(new URL("docs/guide/", root)).map((name) => `docs/guide/${name}`);
  let found = 0;
  for (const page of ["README.md", "packages/models/README.md", ...guides, ...methods]) {
    const text = readFileSync(new URL(page, root), "utf8");
    const blocks = [...text.matchAll(/^ *```(?:sh|text)?\n(.*?)^ *```/gms)].flatMap(([, block = ""]) =>
      block.replaceAll("\\\n", " ").split("\n"),
    );
    const inline = [...text.matchAll(/`(sightline [^`]+)`/g)].map(([, words = ""]) => words);
    for (const line of [...blocks, ...inline]) {
      const [, words = ""] = /^ *(?:npx --no-install )?sightline ((?!VERB|…)[^|>;&$…]+)$/.exec(line) ?? [];
      const args = (words.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
      if (args.length === 0 || args[0] === "verb") continue;
      found++;
      // Whatever the verb would do, its words are checked; only usage is asked here.
      const program = await buildProgram("0", [args[0] ?? ""], () => async () => {});
      await assert.doesNotReject(program.parseAsync(args, { from: "user" }), `${page}: sightline ${words}`);
    }
  }
  assert.ok(found > 30, `${found} commands`);
});
