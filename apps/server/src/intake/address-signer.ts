/** Signs upload addresses with HMAC-SHA256 over everything they say, and checks them; keys rotate, their secrets lie encrypted. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { errors } from "../errors.js";
import { type Now, toTime } from "../ids.js";
import type { Log } from "../log.js";
import type { SecretBox } from "../secret-box.js";
import type { Store } from "../store/store.js";

/** What one signed address is good for. */
export interface UploadAddress {
  readonly uploadId: string;
  readonly camera: string;
  readonly line: string;
  readonly image: string;
  readonly captured?: string | undefined;
  /** Epoch seconds. */
  readonly expires: number;
}

export interface SignedAddress extends UploadAddress {
  /** Id of the key. */
  readonly key: string;
  /** 64 hexadecimal digits. */
  readonly signature: string;
}

export interface AddressSigner {
  sign(address: UploadAddress): SignedAddress;
  /** @throws ServerError SIGNATURE_INVALID or SIGNATURE_EXPIRED. */
  verify(address: SignedAddress): void;
  /** Signs with a new key from now on; addresses already given out stay valid until they expire. */
  rotate(): Promise<void>;
}

const purpose = "upload-signing-key";
const secretBytes = 32;

/** One text per meaning: no field can hold a line end, so none can run into the next. */
function signedText(address: UploadAddress): string {
  const { uploadId, camera, line, image, captured, expires } = address;
  return ["sightline-upload-1", uploadId, camera, line, image, captured ?? "", String(expires)].join("\n");
}

export async function openAddressSigner(deps: {
  store: Store;
  box: SecretBox;
  now: Now;
  log: Log;
  /** Retired keys are kept this long: the longest life of an address. */
  urlSeconds: number;
}): Promise<AddressSigner> {
  const { store, box, now, log } = deps;
  const secrets = new Map<string, Buffer>();
  let active: { id: string; secret: Buffer } | undefined;

  for (const key of await store.read.signingKeys.list()) {
    const secret = box.open(key.sealedSecret, purpose);
    if (secret === undefined) {
      log.warn({ keyId: key.id }, "A signing key can't be read with this key file; addresses it signed are refused");
      continue;
    }
    secrets.set(key.id, secret);
    if (key.retiredAtMs === null) active ??= { id: key.id, secret };
  }

  async function rotate(): Promise<void> {
    const secret = randomBytes(secretBytes);
    const key = await store.write(async (tx) => {
      await tx.signingKeys.removeRetiredBefore(now() - deps.urlSeconds * 1000);
      return tx.signingKeys.insert(box.seal(secret, purpose));
    });
    secrets.set(key.id, secret);
    active = { id: key.id, secret };
  }
  if (active === undefined) await rotate();

  const mac = (secret: Buffer, address: UploadAddress) =>
    createHmac("sha256", secret).update(signedText(address)).digest();

  return {
    sign(address) {
      if (active === undefined) throw new Error("There is no signing key.");
      return { ...address, key: active.id, signature: mac(active.secret, address).toString("hex") };
    },
    verify(address) {
      const secret = secrets.get(address.key);
      const given = Buffer.from(address.signature, "hex");
      const isGood = secret !== undefined && given.length === 32 && timingSafeEqual(mac(secret, address), given);
      if (!isGood) throw errors.signatureInvalid({});
      const expiresAtMs = address.expires * 1000;
      if (expiresAtMs <= now()) throw errors.signatureExpired({ expiredAt: toTime(expiresAtMs) });
    },
    rotate,
  };
}
