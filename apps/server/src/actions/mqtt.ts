/** Tells other programs by MQTT: publishes JSON on a topic of a broker, over one connection a target that stays open for a while. */
import { connectAsync, type MqttClient } from "mqtt";
import { DeliveryError } from "./action-kind.js";
import type { Authorities } from "./authorities.js";
import type { OpenTarget, OutgoingMessage, TargetSender } from "./target-sender.js";

/** After the last message a connection is kept this long. */
const idleMs = 60_000;

interface Connection {
  readonly changedAtMs: number;
  readonly client: Promise<MqttClient>;
  idle: NodeJS.Timeout | undefined;
}

/** Fills `{project}`, `{camera}` and `{line}` in; what they stand for holds no separator and no wildcard. */
export function topicOf(template: string, places: OutgoingMessage["places"]): string {
  return template.replaceAll(/\{(project|camera|line)\}/g, (_, name: keyof typeof places) =>
    places[name].replaceAll(/[/#+\p{Cc}]/gu, "_"),
  );
}

/** @param timeoutMs for connecting, and for the broker's word that it has the message. */
export function mqttSender({ timeoutMs, authorities }: { timeoutMs: number; authorities: Authorities }): TargetSender {
  const connections = new Map<string, Connection>();

  async function connect({ settings, secret }: OpenTarget): Promise<MqttClient> {
    const options = {
      connectTimeout: timeoutMs,
      // The outbox tries again, with its own pauses, and people see why it had to.
      reconnectPeriod: 0,
      clean: true,
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(settings.username ? { username: settings.username } : {}),
      ...(secret === null ? {} : { password: secret }),
    };
    const client = await connectAsync(settings.url ?? "", options, false);
    // Without a listener a broken connection would end the process; the next message opens another one.
    client.on("error", () => {});
    return client;
  }

  function drop(id: string, connection: Connection): void {
    clearTimeout(connection.idle);
    if (connections.get(id) === connection) connections.delete(id);
    void connection.client.then((client) => client.end(true)).catch(() => {});
  }

  function connectionTo(target: OpenTarget): Connection {
    const known = connections.get(target.id);
    if (known?.changedAtMs === target.changedAtMs) return known;
    if (known !== undefined) drop(target.id, known);
    const made: Connection = { changedAtMs: target.changedAtMs, client: connect(target), idle: undefined };
    connections.set(target.id, made);
    made.client.then(
      (client) => client.once("close", () => drop(target.id, made)),
      () => drop(target.id, made),
    );
    return made;
  }

  return {
    title: "MQTT",
    async send(target, message, signal) {
      const connection = connectionTo(target);
      clearTimeout(connection.idle);
      const { topic = "", qos = "1", retain = "no", url = "" } = target.settings;
      try {
        const client = await connection.client;
        const published = client.publishAsync(topicOf(topic, message.places), message.body, {
          qos: Number(qos) as 0 | 1 | 2,
          retain: retain === "yes",
        });
        await aborted(published, signal, timeoutMs);
      } catch (error) {
        // Whatever was wrong, the next attempt begins with a new connection.
        drop(target.id, connection);
        const reason = error instanceof Error && error.message !== "" ? error.message : String(error);
        throw new DeliveryError(`${url} did not take the message: ${reason}`, { cause: error });
      }
      connection.idle = setTimeout(() => drop(target.id, connection), idleMs);
      connection.idle.unref();
    },
    async close() {
      for (const [id, connection] of connections) drop(id, connection);
    },
  };
}

/** Ends the wait for a broker that says nothing; what it says later is not heard. */
function aborted<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no word from the broker within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener("abort", () => reject(new Error("given up")), { once: true });
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
