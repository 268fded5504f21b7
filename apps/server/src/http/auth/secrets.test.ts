import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret, newRandomSecret, newTokenSecret } from "./secrets.js";

test("a token has a prefix that people and scanners recognise and 256 random bits", () => {
  const { text } = newTokenSecret();
  assert.match(text, /^slt_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(newTokenSecret().text, text);
});

test("what is stored is the SHA-256 of the secret", () => {
  // From `printf abc | sha256sum`.
  assert.equal(hashSecret("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const secret = newRandomSecret();
  assert.equal(secret.hash, hashSecret(secret.text));
});
