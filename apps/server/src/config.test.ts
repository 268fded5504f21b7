/** Settings: refused with the nearest known name, frozen, and the later source wins. */
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { configFields, parseConfig } from "./config.js";
import { flagHelp, loadConfig, readCommandLine } from "./config-sources.js";
import { editDistance, nearest } from "./nearest.js";
import { temporaryFolder } from "./test-fixtures.js";

const dataFolder = "/data";

for (const [what, input, says] of [
  ["a mistyped key", { prot: 9 }, /"prot" is not known\. Did you mean "port"\?/],
  ["a mistyped key one level down", { retention: { dayz: 1 } }, /"retention\.dayz".*"retention\.days"\?/],
  ["a key at the wrong level", { days: 3 }, /"days".*"retention\.days"\?/],
  ["a number out of range", { port: 70_000 }, /"port" is not usable: .*65535/],
  ["text for a number", { retention: { days: "many" } }, /"retention\.days" is not usable.*\(days\)/],
  ["a public address that is none", { publicUrl: "sightline" }, /"publicUrl".*http:\/\/host/],
] as const) {
  test(`${what} is refused by name`, () => {
    assert.throws(() => parseConfig({ dataFolder, ...input }), { code: "CONFIG_INVALID", message: says });
  });
}

test("all problems are told at once, each on its line", () => {
  const parse = () => parseConfig({ dataFolder, prot: 1, host: "" });
  assert.throws(parse, (error: Error) => error.message.split("\n").length === 2);
});

test("settings are complete and frozen to the bottom", () => {
  const config = parseConfig({ dataFolder: "relative", corsOrigins: "https://a.example, https://b.example" });
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.retention) && Object.isFrozen(config.corsOrigins));
  assert.deepEqual(config.corsOrigins, ["https://a.example", "https://b.example"]);
  assert.equal(config.port, 8080);
  assert.equal(config.retention.sampleLineBytes, 1_000_000_000);
  assert.equal(config.dataFolder, join(process.cwd(), "relative"));
});

test("every setting has a title, a description, a flag and a variable of its own", () => {
  assert.ok(configFields.length > 25);
  for (const field of configFields) {
    assert.notEqual(field.title, field.path, field.path);
    assert.ok(field.description.length > 10, field.path);
    assert.ok(flagHelp().includes(`--${field.flag} `), field.path);
  }
  assert.equal(new Set(configFields.map((field) => field.flag)).size, configFields.length);
  assert.equal(configFields.find((field) => field.path === "retention.days")?.variable, "SIGHTLINE_RETENTION_DAYS");
});

test("a flag wins over a variable, a variable over the file, the file over the default", async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(
    join(folder, "sightline.json"),
    '{"port": 1, "host": "::1", "retention": {"days": 1, "totalBytes": 5000000}}',
  );
  const config = loadConfig({
    commandLine: readCommandLine(["--data", folder, "--port=3", "--empty"]),
    env: { SIGHTLINE_PORT: "2", SIGHTLINE_RETENTION_DAYS: "2", SIGHTLINE_TOKEN: "not ours" },
    defaultDataFolder: "/nowhere",
  });
  assert.deepEqual(
    [config.port, config.host, config.retention.days, config.retention.totalBytes, config.empty],
    [3, "::1", 2, 5_000_000, true],
  );
  assert.deepEqual(readdirSync(folder), ["sightline.json"]);
});

for (const [what, args, env, says] of [
  ["an unknown flag", ["--prot", "9"], {}, /--prot is not known\. Did you mean --port\?/],
  ["a flag without its value", ["--port"], {}, /--port needs a value/],
  ["a flag whose value is a flag", ["--port", "--empty"], {}, /--port needs a value/],
  ["a stray word", ["start"], {}, /"start" is not expected/],
  ["an unknown variable", [], { SIGHTLINE_PROT: "1" }, /SIGHTLINE_PROT is not known. Did you mean SIGHTLINE_PORT\?/],
] as const) {
  test(`${what} is refused by name`, () => {
    const load = () => loadConfig({ commandLine: readCommandLine(args), env, defaultDataFolder: "/nowhere" });
    assert.throws(load, { code: "CONFIG_INVALID", message: says });
  });
}

for (const [text, says] of [
  ["{port: 9", /sightline\.json is not JSON/],
  ["[]", /must hold a JSON object/],
  ['{"prot": 9}', /"prot" in .*sightline\.json is not known/],
  ['{"dataFolder": "/x"}', /can't name another one/],
] as const) {
  test(`a sightline.json of ${text} is refused`, async (t) => {
    const folder = await temporaryFolder(t);
    writeFileSync(join(folder, "sightline.json"), text);
    const load = () => loadConfig({ commandLine: readCommandLine([]), env: {}, defaultDataFolder: folder });
    assert.throws(load, { code: "CONFIG_INVALID", message: says });
  });
}

test("the nearest word is the one with the fewest slips", () => {
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("prot", "port"), 1);
  assert.equal(nearest("retentionDays", ["retention.days", "retention.totalBytes"]), "retention.days");
  assert.equal(nearest("x", []), undefined);
});
