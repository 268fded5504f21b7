/** Tells another program by HTTP: a POST with JSON, signed as the Standard Webhooks specification (standardwebhooks.com) says. */
import { createHmac, randomBytes } from "node:crypto";
import { DeliveryError } from "./action-kind.js";
import type { OpenTarget, OutgoingMessage, TargetSender } from "./target-sender.js";

const prefix = "whsec_";

/** 24 bytes at least, says the specification. */
export const newWebhookSecret = () => prefix + randomBytes(32).toString("base64");

/** The signature covers id, time and body: a message that is replayed later, or altered, is told by the receiver. */
export function signatureOf(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** The innermost reason: fetch wraps what really happened. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  return reason.message !== "" ? reason.message : "code" in reason ? String(reason.code) : reason.name;
}

/** @param timeoutMs for the whole exchange. @param version told to the receiver. */
export function webhookSender({ timeoutMs, version }: { timeoutMs: number; version: string }): TargetSender {
  const stopping = new AbortController();

  async function exchange(target: OpenTarget, message: OutgoingMessage, signal: AbortSignal): Promise<Response> {
    const url = target.settings.url ?? "";
    // The time of this attempt: a receiver refuses what was signed long ago.
    const timestamp = Math.floor(Date.now() / 1000);
    const signals = [signal, stopping.signal, AbortSignal.timeout(timeoutMs)];
    try {
      const response = await fetch(url, {
        method: "POST",
        // Where it is sent is what a person has entered, nothing else.
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          "user-agent": `Sightline/${version}`,
          "webhook-id": message.id,
          "webhook-timestamp": String(timestamp),
          ...(target.secret === null
            ? {}
            : { "webhook-signature": signatureOf(target.secret, message.id, timestamp, message.body) }),
        },
        body: message.body,
        signal: AbortSignal.any(signals),
      });
      // Nobody reads the answer's body; unread it would hold the connection.
      await response.body?.cancel();
      return response;
    } catch (error) {
      const isLate = error instanceof Error && error.name === "TimeoutError";
      const reason = isLate ? `no answer within ${timeoutMs} ms` : reasonOf(error);
      throw new DeliveryError(`${new URL(url).host} could not be reached: ${reason}`, { cause: error });
    }
  }

  return {
    title: "Webhook",
    async send(target, message, signal) {
      const { ok, status, headers } = await exchange(target, message, signal);
      if (ok) return;
      const said = `${new URL(target.settings.url ?? "").host} answered ${status}`;
      if (status >= 300 && status < 400) {
        throw new DeliveryError(`${said}: redirections are not followed. Enter the final address.`, { isFinal: true });
      }
      // 410 says that the receiver is gone for good.
      throw new DeliveryError(said, {
        isFinal: status === 410,
        retryAfterMs: retryAfterMs(headers.get("retry-after")),
      });
    },
    async close() {
      stopping.abort();
    },
  };
}
