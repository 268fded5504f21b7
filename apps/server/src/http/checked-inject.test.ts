import assert from "node:assert/strict";
import { test } from "node:test";
import { replyChecker } from "./checked-inject.js";

const check = replyChecker();
const me = { kind: "user", name: "ada", role: "admin", cameraIds: [] };

test("a reply as declared passes", () => {
  check("getMe", 200, me, 60);
});

test("a property that the document does not declare is found, also deep inside", () => {
  assert.throws(() => check("getMe", 200, { ...me, secret: "x" }, 60), /must NOT have additional properties/);
  const metrics = { status: "ok", version: "1", reasons: [], extra: 1 };
  assert.throws(() => check("getHealth", 200, metrics, 60), /additional properties/);
});

test("a wrong type, a wrong time and a missing property are found", () => {
  assert.throws(() => check("getMe", 200, { ...me, role: "king" }, 60), /must be equal to one of/);
  assert.throws(() => check("createSignInLink", 201, { url: "x", expiresAt: "tomorrow" }, 60), /format|pattern/);
  assert.throws(() => check("getMe", 200, { kind: "user" }, 60), /required/);
});

test("a status that the document does not list is found, and a body where there must be none", () => {
  assert.throws(() => check("getMe", 418, me, 60), /lists only/);
  assert.throws(() => check("signOut", 204, undefined, 3), /no body/);
});

test("a refusal must have the form of all refusals", () => {
  check("getMe", 401, { code: "NOT_SIGNED_IN", message: "…" }, 60);
  assert.throws(() => check("getMe", 401, { error: "no" }, 60), /required/);
});
