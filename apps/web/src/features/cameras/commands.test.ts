/** The commands that people paste into a shell. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { curlCommand, uploadCommand } from "./commands.js";

const target = { url: "http://127.0.0.1:8080", token: "st_abc", cameraId: "cam-07", lineId: "line.1" };

test("the upload command names its arguments in the order of the program", () => {
  assert.equal(
    uploadCommand(target),
    "npx --no-install sightline upload ./pictures cam-07 line.1 http://127.0.0.1:8080 st_abc 1",
  );
});

test("the curl command asks for the signed address as the server answers it, then sends the picture there", () => {
  // A shell function in curl's place shows what would be sent where.
  const address = "http://127.0.0.1:8080/upload/01?camera=cam-07&signature=00";
  const reply = JSON.stringify({ uploadURL: address, photoFilename: "first.jpg" });
  const fake = `curl() { case "$*" in *getsignedurl*) printf '%s' '${reply}';; *) printf '%s|' "$@";; esac; }`;
  const { stdout } = spawnSync("sh", ["-c", `${fake}\n${curlCommand(target)}`], { encoding: "utf8" });
  assert.equal(stdout, `-T|picture.jpg|-H|Content-Type: image/jpeg|${address}|`);
});
