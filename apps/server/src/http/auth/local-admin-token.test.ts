import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Credentials } from "./credentials.js";
import { LOCAL_ADMIN_TOKEN_FILE, openLocalAdminDoor } from "./local-admin-token.js";

function fakeCredentials() {
  const issued: { name: string; role: string; isValid: boolean }[] = [];
  const credentials = {
    issueInternalToken({ name, role }: { name: string; role: string }) {
      const one = { name, role, isValid: true };
      issued.push(one);
      return {
        secret: `secret-${issued.length}`,
        withdraw() {
          one.isValid = false;
        },
      };
    },
  } as unknown as Credentials;
  return { credentials, issued };
}

test("an admin token lies in the data folder while the server runs, readable by its user only", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sightline-local-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, LOCAL_ADMIN_TOKEN_FILE);
  // What a killed server, or somebody else, left there.
  writeFileSync(file, "old", { mode: 0o644 });
  const { credentials, issued } = fakeCredentials();

  const door = openLocalAdminDoor(folder, credentials);
  assert.equal(readFileSync(file, "utf8"), "secret-1\n");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    issued.map(({ role, isValid }) => [role, isValid]),
    [["admin", true]],
  );

  door.close();
  assert.equal(issued[0]?.isValid, false);
  assert.deepEqual(readdirSync(folder), []);
});
