/** Encrypts secrets kept in the database (AES-256-GCM) under a key that lies beside it in a file only its owner may read. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { errors } from "./errors.js";

export interface SecretBox {
  /** @param purpose bound into the result: what was sealed for one purpose opens for no other. */
  seal(secret: Uint8Array, purpose: string): string;
  /** @returns `undefined` when it was sealed under another key or for another purpose, or was altered. */
  open(sealed: string, purpose: string): Buffer | undefined;
  /** 43 letters that only this server can make of a text: what it gave out once it recognises later. */
  prove(text: string): string;
}

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

function makeKey(file: string): Buffer {
  const key = randomBytes(keyBytes);
  const aside = `${file}.tmp-${process.pid}`;
  const descriptor = openSync(aside, "w", 0o600);
  try {
    writeSync(descriptor, `${key.toString("hex")}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(aside, file);
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return key;
}

function readKey(file: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw errors.secretKeyUnusable({ file, problem: String(error) }, { cause: error });
  }
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw errors.secretKeyUnusable({ file, problem: "it must hold 64 hexadecimal digits" });
  }
  // A backup or a copy may have opened it to others.
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return Buffer.from(text.trim(), "hex");
}

/** Reads the key file of a data folder, or makes it. */
export function openSecretBox(dataFolder: string): SecretBox {
  const file = join(dataFolder, "secret.key");
  const key = readKey(file) ?? makeKey(file);
  // A key of its own: what is proved says nothing about what is sealed.
  const provingKey = createHmac("sha256", key).update("sightline: proofs").digest();
  return {
    seal(secret, purpose) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(purpose, "utf8"));
      const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed, "base64");
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(purpose, "utf8"));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
    prove: (text) => createHmac("sha256", provingKey).update(text, "utf8").digest("base64url"),
  };
}
