/** Makes access keys and opens their secrets: unlike a token's, a signing secret must be known to check a signature, so it is kept encrypted. */
import { randomBytes } from "node:crypto";
import type { AccessKey } from "@sightline/api/people";
import { errors } from "../errors.js";
import type { SecretBox } from "../secret-box.js";
import type { SigningAccessKey } from "../store/access-keys.js";
import type { Store } from "../store/store.js";

export interface AccessKeys {
  /** @throws ServerError USER_NOT_FOUND */
  create(userName: string): Promise<AccessKey & { secretAccessKey: string }>;
  /** Also a revoked key; `secret` is `undefined` when it was sealed under a key file that is gone. */
  find(accessKeyId: string): Promise<{ key: SigningAccessKey; secret: string | undefined } | undefined>;
}

/** AWS's own ids begin with AKIA and have 20 characters: tools that check the form accept these, people tell them apart. */
const ID_PREFIX = "AKSL";
const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_BYTES = 30;
const purposeOf = (accessKeyId: string): string => `access key ${accessKeyId}`;

function newAccessKeyId(): string {
  return ID_PREFIX + Array.from(randomBytes(16), (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join("");
}

export function createAccessKeys({ store, box }: { store: Store; box: SecretBox }): AccessKeys {
  return {
    async create(userName) {
      const accessKeyId = newAccessKeyId();
      const secretAccessKey = randomBytes(SECRET_BYTES).toString("base64");
      const sealedSecret = box.seal(Buffer.from(secretAccessKey, "utf8"), purposeOf(accessKeyId));
      const key = await store.write(async (tx) => {
        const users = await tx.access.listUsers();
        const user = users.find(({ name }) => name.toLowerCase() === userName.toLowerCase());
        if (user === undefined) throw errors.userNotFound({ id: userName });
        return tx.accessKeys.get(await tx.accessKeys.insert({ accessKeyId, userId: user.id, sealedSecret }));
      });
      if (key === undefined) throw errors.accessKeyNotFound({ id: accessKeyId });
      return { ...key, secretAccessKey };
    },

    async find(accessKeyId) {
      const key = await store.read.accessKeys.forSigning(accessKeyId);
      return key && { key, secret: box.open(key.sealedSecret, purposeOf(accessKeyId))?.toString("utf8") };
    },
  };
}
