/** The same changing call with the same client token is done once and answered alike, for 8 hours (API reference, ClientToken). */
import type { Now } from "../ids.js";
import type { TokenKey } from "../store/client-tokens.js";
import type { Store, StoreWrites } from "../store/store.js";
import { sha256Hex } from "./sigv4.js";
import { invalid } from "./wire-errors.js";

/** An answer that was recorded together with what the call has changed. */
export interface Kept {
  readonly reply: unknown;
}

export type Keep = (transaction: StoreWrites, reply: unknown) => Promise<Kept>;

/** For calls without a client token: nobody asks for their answers again. */
export const keepNothing: Keep = async (_transaction, reply) => ({ reply });

export interface TokenCall {
  readonly key: TokenKey;
  readonly input: unknown;
  /** Of the operation's answer. */
  readonly status: number;
}

export interface ClientTokens {
  /** @throws LookoutError ValidationException when the token came with other parameters before. */
  once(call: TokenCall, work: (keep: Keep) => Promise<Kept>): Promise<Kept>;
}

const ACTIVE_MS = 8 * 3_600_000;

export function createClientTokens({ store, now }: { store: Store; now: Now }): ClientTokens {
  /** Calls under way; an equal one waits and finds the answer. */
  const turns = new Map<string, Promise<unknown>>();
  let tidiedAtMs = 0;

  async function answer({ key, input, status }: TokenCall, work: (keep: Keep) => Promise<Kept>): Promise<Kept> {
    const fingerprint = sha256Hex(JSON.stringify(input));
    const kept = await store.read.clientTokens.get(key);
    if (kept !== undefined && now() - kept.createdAtMs < ACTIVE_MS) {
      if (kept.fingerprint === fingerprint) return { reply: JSON.parse(kept.reply) as unknown };
      throw invalid(
        `The client token "${key.token}" was used for ${key.operation} with other parameters in the last 8 hours. Use another token for another call.`,
      );
    }
    return work(async (tx, reply) => {
      if (now() - tidiedAtMs > ACTIVE_MS / 16) {
        await tx.clientTokens.removeBefore(now() - ACTIVE_MS);
        tidiedAtMs = now();
      }
      await tx.clientTokens.put(key, { fingerprint, status, reply: JSON.stringify(reply) });
      return { reply };
    });
  }

  return {
    async once(call, work) {
      const { key } = call;
      const name = `${key.accessKeyId} ${key.operation} ${key.token}`;
      const next = () => answer(call, work);
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
