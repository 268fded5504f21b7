/** The same changing call with the same client token is done once and answered alike, for 8 hours (API reference, ClientToken). */
import type { Now } from "../ids.js";
import type { TokenKey } from "../store/client-tokens.js";
import type { Store } from "../store/store.js";
import { sha256Hex } from "./sigv4.js";
import { invalid } from "./wire-errors.js";

export interface TokenAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ClientTokens {
  /** @throws LookoutError ValidationException when the token came with other parameters before. */
  once(key: TokenKey, input: unknown, work: () => Promise<TokenAnswer>): Promise<TokenAnswer>;
}

const ACTIVE_MS = 8 * 3_600_000;

export function createClientTokens({ store, now }: { store: Store; now: Now }): ClientTokens {
  /** Calls under way; an equal one waits and finds the answer. */
  const turns = new Map<string, Promise<unknown>>();
  let tidiedAtMs = 0;

  async function answer(key: TokenKey, fingerprint: string, work: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
    const kept = await store.read.clientTokens.get(key);
    if (kept !== undefined && now() - kept.createdAtMs < ACTIVE_MS) {
      if (kept.fingerprint === fingerprint) return { status: kept.status, body: JSON.parse(kept.reply) as unknown };
      throw invalid(
        `The client token "${key.token}" was used for ${key.operation} with other parameters in the last 8 hours. Use another token for another call.`,
      );
    }
    const done = await work();
    await store.write(async (tx) => {
      if (now() - tidiedAtMs > ACTIVE_MS / 16) {
        await tx.clientTokens.removeBefore(now() - ACTIVE_MS);
        tidiedAtMs = now();
      }
      await tx.clientTokens.put(key, { fingerprint, status: done.status, reply: JSON.stringify(done.body) });
    });
    return done;
  }

  return {
    async once(key, input, work) {
      const name = `${key.accessKeyId} ${key.operation} ${key.token}`;
      const fingerprint = sha256Hex(JSON.stringify(input));
      const next = () => answer(key, fingerprint, work);
      const turn = (turns.get(name) ?? Promise.resolve()).then(next, next);
      turns.set(name, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(name) === turn) turns.delete(name);
      }
    },
  };
}
