/** The server without its doors: records, blobs and the workers on them. The HTTP app, the jobs and in-process tests are built on this. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Inspection } from "@sightline/api/inspections";
import type { Sample } from "@sightline/api/samples";
import { readAuthorities } from "./actions/authorities.js";
import { mailAction } from "./actions/mail.js";
import { mqttSender } from "./actions/mqtt.js";
import { type Outbox, startOutbox } from "./actions/outbox.js";
import { recipientLinks } from "./actions/recipient-links.js";
import { createRecipients, type Recipients } from "./actions/recipients.js";
import { type TargetSenders, targetAction } from "./actions/target-sender.js";
import { createTargets, type Targets } from "./actions/targets.js";
import { webhookSender } from "./actions/webhook.js";
import { type AnalyticsService, openAnalytics } from "./analytics/analytics.js";
import type { BlobStore } from "./blobs/blob-store.js";
import { openFileBlobs } from "./blobs/file-blobs.js";
import { type FileLayer, nodeFiles } from "./blobs/file-layer.js";
import { createThumbnails, type Thumbnails } from "./blobs/thumbnails.js";
import type { Config } from "./config.js";
import { createExplanations, type Explanations, type OpenExplainer } from "./explain/explanations.js";
import { idSource, type NewId, type Now } from "./ids.js";
import { createDeployments, type Deployments } from "./inspect/deployments.js";
import { createInspector, type Inspector } from "./inspect/inspector.js";
import { createPredictors, type OpenPredictor, type Predictors } from "./inspect/predictors.js";
import { retryFailed, retryInspection } from "./inspect/retry.js";
import { type AddressSigner, openAddressSigner } from "./intake/address-signer.js";
import { createBacklog } from "./intake/backlog.js";
import { addLabelledPicture, type NewLabelledPicture } from "./intake/labelled-picture.js";
import { createSignedUploads, type SignedUploads } from "./intake/signed-upload.js";
import { createLimiter, type Limiter } from "./limiter.js";
import { createLiveFeed, type LiveFeed } from "./live-feed.js";
import type { Log } from "./log.js";
import { type AccessKeys, createAccessKeys } from "./lookout/access-keys.js";
import { type AlarmWatch, startAlarmWatch } from "./monitor/alarm-watch.js";
import { type DriftWatch, startDriftWatch } from "./monitor/drift-watch.js";
import type { OpenEmbedder } from "./monitor/feature-drift.js";
import { createRefusals, type Refusals } from "./monitor/refusals.js";
import { type SilenceWatch, startSilenceWatch } from "./monitor/silence-watch.js";
import { createRemoval, type Removal } from "./removal.js";
import { type Retention, startRetention } from "./retention.js";
import { createTrials, type Trials } from "./review/trials.js";
import { createWords, type Words } from "./review/words.js";
import { openSecretBox } from "./secret-box.js";
import { openStore, type Store } from "./store/store.js";
import { version } from "./version.js";

export interface Services {
  readonly config: Config;
  readonly now: Now;
  readonly newId: NewId;
  readonly log: Log;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly thumbnails: Thumbnails;
  readonly live: LiveFeed;
  /** Shared by all doors that decode pictures, so that a burst never holds more than a few in memory. */
  readonly decoding: Limiter;
  readonly signer: AddressSigner;
  readonly accessKeys: AccessKeys;
  readonly uploads: SignedUploads;
  readonly predictors: Predictors;
  readonly explanations: Explanations;
  readonly inspector: Inspector;
  readonly deployments: Deployments;
  readonly outbox: Outbox;
  readonly recipients: Recipients;
  readonly targets: Targets;
  readonly words: Words;
  readonly trials: Trials;
  readonly removal: Removal;
  readonly retention: Retention;
  readonly refusals: Refusals;
  readonly alarmWatch: AlarmWatch;
  readonly driftWatch: DriftWatch;
  readonly silenceWatch: SilenceWatch;
  readonly analytics: AnalyticsService;
  /** How people and devices reach the server; final once it listens. */
  readonly publicUrl: () => string;
  /** @throws ServerError PROJECT_NOT_FOUND, SAMPLE_EXISTS and the refusals of a bad picture. */
  addLabelledPicture(added: NewLabelledPicture): Promise<Sample>;
  /** @throws ServerError INSPECTION_NOT_FOUND, INSPECTION_NOT_FAILED. */
  retryInspection(id: string): Promise<Inspection>;
  /** Gives all failed inspections that fit another chance. @returns how many. */
  retryFailed(filter: { project?: string | undefined; camera?: string | undefined }): Promise<number>;
  /** Takes up what was left by the process before: running models, queued pictures, orphaned files. */
  resume(): Promise<void>;
  /** Finishes what is under way; what is queued stays for the next start. */
  close(): Promise<void>;
}

export interface ServiceParts {
  readonly openPredictor: OpenPredictor;
  readonly openEmbedder: OpenEmbedder;
  readonly openExplainer: OpenExplainer;
  readonly log: Log;
  readonly publicUrl: () => string;
  readonly now?: Now;
  readonly files?: FileLayer;
}

/** @param config its data folder must exist and be this process's alone. */
export async function openServices(config: Config, parts: ServiceParts): Promise<Services> {
  const { log, publicUrl, now = Date.now } = parts;
  const newId = idSource(now);
  const cores = availableParallelism();
  const store = openStore(config.dataFolder, now, newId);
  try {
    const blobs = await openFileBlobs(join(config.dataFolder, "blobs"), parts.files ?? nodeFiles);
    const box = openSecretBox(config.dataFolder);
    const { urlSeconds } = config.intake;
    const signer = await openAddressSigner({ store, box, now, log, urlSeconds });
    const live = createLiveFeed((error) => log.error({ err: error }, "A listener to live events threw"));
    const decoding = createLimiter(cores);

    const predictors = createPredictors({
      store,
      blobs,
      openPredictor: parts.openPredictor,
      threads: config.threads ?? Math.max(1, cores - 1),
      openTimeoutMs: config.inspect.openSeconds * 1000,
      idleMs: 60_000,
      log,
    });
    const explanations = createExplanations({
      store,
      blobs,
      openExplainer: parts.openExplainer,
      threads: config.threads ?? cores,
      now,
      newId,
      log,
    });
    const links = recipientLinks(box, publicUrl);
    const authorities = readAuthorities(config.outbox.caFile);
    const patienceMs = config.outbox.timeoutSeconds * 1000;
    const senders: TargetSenders = {
      webhook: webhookSender({ timeoutMs: patienceMs, version }),
      mqtt: mqttSender({ timeoutMs: patienceMs, authorities }),
    };
    // Connecting and sending have that much time each.
    const ofTarget = { store, box, publicUrl, timeoutMs: patienceMs * 2 };
    const outbox = startOutbox({
      store,
      kinds: {
        mail: mailAction({ settings: config.smtp, authorities, store, blobs, links, publicUrl }),
        webhook: targetAction(senders.webhook, ofTarget),
        mqtt: targetAction(senders.mqtt, ofTarget),
      },
      config: config.outbox,
      now,
      log,
    });
    const onActions = () => outbox.wake();
    const recipients = createRecipients({ store, links, live, onActions });
    const targets = createTargets({ ...ofTarget, senders, now, newId, onActions });
    const inspector = createInspector({
      store,
      blobs,
      predictors,
      live,
      settings: {
        inFlight: config.inspect.inFlight,
        stepTimeoutMs: config.inspect.stepSeconds * 1000,
        retryPauseMs: config.inspect.retrySeconds * 1000,
      },
      now,
      log,
      onActions,
      onTrial: () => trials.wake(),
    });
    const analytics = await openAnalytics({
      store,
      live,
      config,
      publicUrl,
      freeDiskBytes: () => blobs.freeBytes(),
      now,
      log,
    });
    const deployments = createDeployments({ store, predictors, inspector, live, log });
    const removal = createRemoval({ store, blobs, deployments, analytics, live, log });
    const words = createWords({ store, live });
    const trials = createTrials({
      store,
      blobs,
      predictors,
      inspector,
      live,
      decoding,
      config,
      releaseBlobs: removal.releaseBlobs,
      log,
    });
    const retention = startRetention({ store, removal, config: config.retention, now, log });
    const alarmWatch = startAlarmWatch({
      store,
      live,
      everyMs: config.monitor.everySeconds * 1000,
      now,
      log,
      onActions: () => outbox.wake(),
    });
    const driftWatch = startDriftWatch({
      store,
      blobs,
      decoding,
      openEmbedder: parts.openEmbedder,
      everyMs: config.monitor.driftSeconds * 1000,
      now,
      log,
    });
    const silenceWatch = startSilenceWatch({ store, now, log });
    const refusals = createRefusals({ store, now, log });
    const backlog = createBacklog(store, now);
    const onQueued = (projectId: string) => inspector.wake(projectId);
    const uploads = createSignedUploads({
      config,
      store,
      blobs,
      signer,
      backlog,
      live,
      decoding,
      now,
      newId,
      onQueued,
      onInvalid: (cameraId, error) => refusals.count(cameraId, error),
    });
    const stopping = new AbortController();
    let sweeping: Promise<void> | undefined;

    return {
      config,
      now,
      newId,
      log,
      store,
      blobs,
      thumbnails: createThumbnails({ blobs, decoding, maxBytes: 16_000_000 }),
      live,
      decoding,
      signer,
      accessKeys: createAccessKeys({ store, box }),
      uploads,
      predictors,
      explanations,
      inspector,
      deployments,
      outbox,
      recipients,
      targets,
      words,
      trials,
      removal,
      retention,
      refusals,
      alarmWatch,
      driftWatch,
      silenceWatch,
      analytics,
      publicUrl,
      addLabelledPicture: (added) => addLabelledPicture({ config, store, blobs, decoding }, added),
      retryInspection: (id) => retryInspection({ store, inspector, live }, id),
      retryFailed: (filter) => retryFailed({ store, inspector, live }, filter),
      async resume() {
        await deployments.resume();
        trials.wake();
        // In the background: a large data folder must not delay the first picture.
        sweeping = removal.sweepBlobs(stopping.signal).then(
          (count) => count > 0 && log.info({ files: count }, "Removed files that no record names"),
          (error: unknown) => log.warn({ err: error }, "The files could not be checked for ones that no record names"),
        ) as Promise<void>;
      },
      async close() {
        stopping.abort();
        await sweeping;
        await retention.close();
        await refusals.close();
        await driftWatch.close();
        await silenceWatch.close();
        await alarmWatch.close();
        await inspector.close();
        await trials.close();
        await explanations.close();
        await predictors.close();
        await outbox.close();
        await analytics.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
