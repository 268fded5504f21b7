/** Random secrets and their stored form: a stolen database must not let anyone in. */
import { createHash, randomBytes } from "node:crypto";

/** The prefix lets secret scanners and people recognise a leaked token. */
const TOKEN_PREFIX = "slt_";
const RANDOM_BYTES = 32;

export interface Secret {
  /** Shown to its owner once, never stored. */
  readonly text: string;
  /** SHA-256, hexadecimal. Plain SHA-256 is enough: 256 random bits can't be guessed, so there is nothing for a slow hash to protect. */
  readonly hash: string;
}

export function newTokenSecret(): Secret {
  return withHash(TOKEN_PREFIX + randomBytes(RANDOM_BYTES).toString("base64url"));
}

/** For session cookies and sign-in codes. */
export function newRandomSecret(): Secret {
  return withHash(randomBytes(RANDOM_BYTES).toString("base64url"));
}

export function hashSecret(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function withHash(text: string): Secret {
  return { text, hash: hashSecret(text) };
}
