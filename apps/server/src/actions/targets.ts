/** Targets of a project: adding, changing, trying and removing them; their secrets are sealed before they are stored. */
import type { Target, TargetSettings } from "@sightline/api/alerts";
import { targetKinds } from "@sightline/api/target-kinds";
import { errors } from "../errors.js";
import { type NewId, type Now, toTime } from "../ids.js";
import { TimeoutError, within } from "../inspect/within.js";
import type { SecretBox } from "../secret-box.js";
import type { Store } from "../store/store.js";
import { messageOf, openTarget, secretPurpose, type TargetSenders } from "./target-sender.js";
import { newWebhookSecret } from "./webhook.js";

export interface Targets {
  /** @returns the secret only where the server made it. @throws ServerError PROJECT_NOT_FOUND, TARGET_SETTINGS_INVALID, TARGET_SECRET_MISPLACED. */
  add(target: NewTarget): Promise<Target & { secret: string | null }>;
  /** @throws ServerError TARGET_NOT_FOUND, TARGET_SETTINGS_INVALID, TARGET_SECRET_MISPLACED. */
  change(id: string, changes: TargetChange): Promise<Target>;
  /** @returns the new secret. @throws ServerError TARGET_NOT_FOUND, TARGET_SECRET_MISPLACED. */
  renewSecret(id: string): Promise<string>;
  /** Sends a test message now, past the outbox. @throws ServerError TARGET_NOT_FOUND. */
  try(id: string): Promise<{ isDelivered: boolean; problem: string | null; tookMs: number }>;
  /** @throws ServerError TARGET_NOT_FOUND. */
  remove(id: string): Promise<void>;
}

export interface NewTarget {
  readonly projectId: string;
  readonly kind: Target["kind"];
  readonly name: string;
  readonly settings: TargetSettings;
  readonly secret?: string | undefined;
}

export interface TargetChange {
  readonly name?: string | undefined;
  readonly settings?: TargetSettings | undefined;
  readonly secret?: string | null | undefined;
  readonly isEnabled?: boolean | undefined;
}

/** Checked by the kind's own schema, defaults filled in. */
function checkSettings(kind: Target["kind"], settings: TargetSettings): TargetSettings {
  const result = targetKinds[kind].settings.safeParse(settings);
  if (result.success) return result.data;
  const problem = result.error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `"${path.join(".")}": ${message}`))
    .join("; ");
  throw errors.targetSettingsInvalid({ kind, problem });
}

function checkSecretIsGiven(kind: Target["kind"], secret: string | null | undefined): void {
  const { from } = targetKinds[kind].secret;
  if (secret !== undefined && from === "made") throw errors.targetSecretMisplaced({ kind, from });
}

export function createTargets(deps: {
  store: Store;
  box: SecretBox;
  senders: TargetSenders;
  publicUrl: () => string;
  timeoutMs: number;
  now: Now;
  newId: NewId;
  /** Told when waiting messages may go. */
  onActions: () => void;
}): Targets {
  const { store, box, senders, publicUrl, timeoutMs, now, newId, onActions } = deps;
  const seal = (secret: string, id: string) => box.seal(Buffer.from(secret, "utf8"), secretPurpose(id));

  async function found(id: string): Promise<Target> {
    const target = await store.read.targets.get(id);
    if (target === undefined) throw errors.targetNotFound({ id });
    return target;
  }

  return {
    async add({ projectId, kind, name, secret, ...given }) {
      const settings = checkSettings(kind, given.settings);
      checkSecretIsGiven(kind, secret);
      const made = targetKinds[kind].secret.from === "made" ? newWebhookSecret() : null;
      const kept = made ?? secret ?? null;
      const id = await store.write(async (tx) => {
        if ((await tx.projects.alerting(projectId)) === undefined) throw errors.projectNotFound({ id: projectId });
        const id = await tx.targets.insert({ projectId, kind, name, settings, sealedSecret: null });
        // The seal is bound to the id, which is known only now.
        if (kept !== null) await tx.targets.change(id, { sealedSecret: seal(kept, id) });
        return id;
      });
      return { ...(await found(id)), secret: made };
    },
    async change(id, { secret, settings, ...rest }) {
      const { kind } = await found(id);
      checkSecretIsGiven(kind, secret);
      await store.write((tx) =>
        tx.targets.change(id, {
          ...rest,
          settings: settings && checkSettings(kind, settings),
          sealedSecret: typeof secret === "string" ? seal(secret, id) : secret,
        }),
      );
      onActions();
      return found(id);
    },
    async renewSecret(id) {
      const { kind } = await found(id);
      const { from } = targetKinds[kind].secret;
      if (from !== "made") throw errors.targetSecretMisplaced({ kind, from });
      const secret = newWebhookSecret();
      await store.write((tx) => tx.targets.change(id, { sealedSecret: seal(secret, id) }));
      return secret;
    },
    async try(id) {
      const { kind, projectId, name } = await found(id);
      const stored = await store.read.targets.stored(id);
      const project = await store.read.projects.alerting(projectId);
      if (stored === undefined || project === undefined) throw errors.targetNotFound({ id });
      const key = { id: `test-${newId()}`, createdAt: toTime(now()) };
      const places = { project: project.name, camera: "test", line: "test" };
      const fields = { project: { id: projectId, name: project.name }, target: { id, name } };
      const message = messageOf(key, { type: "test", places, path: null, fields }, publicUrl());
      const overtime = new AbortController();
      const beganAt = performance.now();
      const answer = (problem: string | null) => ({
        isDelivered: problem === null,
        problem,
        tookMs: Math.round(performance.now() - beganAt),
      });
      try {
        const sending = Promise.resolve().then(() =>
          senders[kind].send(openTarget(stored, box), message, overtime.signal),
        );
        await within(timeoutMs, sending);
        return answer(null);
      } catch (error) {
        overtime.abort();
        if (error instanceof TimeoutError) return answer(`no answer within ${timeoutMs} ms`);
        return answer(error instanceof Error ? error.message : String(error));
      }
    },
    async remove(id) {
      await found(id);
      await store.write((tx) => tx.targets.remove(id));
    },
  };
}
