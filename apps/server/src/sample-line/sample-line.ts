/**
 * The sample line: a rendered camera, a model trained at first start and a picture a second, so that an empty installation shows what it does.
 * It is an ordinary client: everything goes through the same HTTP doors and the same training as a user's. Each step looks first whether it is
 * done already, so that a stop at any point is continued at the next start.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "@sightline/api/jobs";
import type { SampleLine } from "@sightline/api/service";
import { ApiCallError, type Client, createClient } from "@sightline/client/client";
import { uploadImage } from "@sightline/client/upload";
import { errors } from "../errors.js";
import type { Credentials } from "../http/auth/credentials.js";
import type { LiveFeed } from "../live-feed.js";
import type { Store } from "../store/store.js";
import { type CastingSource, openCastingSource } from "./casting-source.js";

export interface SampleLineControl {
  state(): SampleLine;
  /** Sets the line up or continues it, in the background, where there is one to have. */
  start(serverUrl: string): Promise<void>;
  /** @throws ServerError SAMPLE_LINE_ABSENT */
  remove(): Promise<void>;
  close(): Promise<void>;
}

export interface SampleLineDeps {
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly credentials: Credentials;
  /** Deletes a project with everything in it. */
  readonly deleteProject: (projectId: string) => Promise<void>;
  /** `--empty`: don't set one up; one that exists goes on. */
  readonly isUnwanted: boolean;
  readonly now: () => number;
  readonly log: { info(details: object, message: string): void; warn(details: object, message: string): void };
  /** Rendered pictures; another source in tests. */
  readonly openSource?: typeof openCastingSource;
  readonly everyMs?: number;
  /** How many pictures the model is trained and tested on; fewer in tests. */
  readonly pictures?: SamplePictures;
}

/** Pictures of each part and label. */
export type SamplePictures = Readonly<Record<"train" | "test", Readonly<Record<"good" | "defect", number>>>>;

const NAMES = {
  project: "sample-casting",
  camera: "sample-camera",
  cameraName: "Casting camera (rendered)",
  line: "sample-line",
};
/**
 * Few enough to be trained on within half a minute on two cores; more to test on, since testing is quick and only many
 * scores let the threshold slider show real trade-offs.
 */
const PICTURES: SamplePictures = { train: { good: 60, defect: 30 }, test: { good: 80, defect: 40 } };
/** To learn from, defects are picked out by hand; on the line they are rarer. */
const LEARNING_DEFECT_RATE = 1 / 3;
const SAMPLE_SEED = 1;
const EVERY_MS = 1000;
/** A defect is rare on a good line; whoever renders so many pictures without finding enough has a broken source. */
const MAX_RENDERED_PER_PICTURE = 50;

const ABSENT: SampleLine = { state: "absent", projectId: null, jobId: null, message: "There is no sample line." };

export function createSampleLine(deps: SampleLineDeps): SampleLineControl {
  const { store, feed } = deps;
  const openSource = deps.openSource ?? openCastingSource;
  let state = ABSENT;
  let running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  function show(next: SampleLine): void {
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    feed.publish({ type: "sampleLine", sampleLine: next });
  }
  const showSetUp = (projectId: string, message: string, jobId: string | null = null) =>
    show({ state: "settingUp", projectId, jobId, message });

  async function projectToUse(): Promise<string | null> {
    const present = await store.read.projects.getSample();
    if (present !== undefined) return present.id;
    const isRemoved = (await store.read.settings.get("sampleLine")) === "removed";
    if (deps.isUnwanted || isRemoved || (await store.read.projects.count()) > 0) return null;
    const projectId = await store.write((tx) => tx.projects.insert({ name: NAMES.project, isSample: true }));
    feed.publish({ type: "project", projectId, change: "created" });
    return projectId;
  }

  async function run(projectId: string, serverUrl: string, signal: AbortSignal): Promise<void> {
    const operatorToken = deps.credentials.issueInternalToken({ name: "Sample line", role: "operator", cameraIds: [] });
    const cameraToken = deps.credentials.issueInternalToken({
      name: "Sample line's camera",
      role: "device",
      cameraIds: [NAMES.camera],
    });
    try {
      const operator = createClient({ url: serverUrl, token: operatorToken.secret });
      await addCamera(operator, projectId);
      // Once a model has run, which one runs, if any, is the user's business.
      const wasSetUp = (await store.read.projects.thresholdHistory(projectId)).length > 0;
      if (!wasSetUp) await setUp(operator, projectId, signal);
      await inspect(createClient({ url: serverUrl, token: cameraToken.secret }), projectId, signal);
    } finally {
      operatorToken.withdraw();
      cameraToken.withdraw();
    }
  }

  async function addCamera(operator: Client, projectId: string): Promise<void> {
    if ((await store.read.cameras.get(NAMES.camera)) !== undefined) return;
    const body = { id: NAMES.camera, projectId, assemblyLineId: NAMES.line, name: NAMES.cameraName };
    await operator.call("addCamera", { body });
  }

  async function setUp(operator: Client, projectId: string, signal: AbortSignal): Promise<void> {
    const [newest] = await store.read.models.list(projectId);
    const modelId = newest?.id ?? (await trainModel(operator, projectId, signal));
    await operator.call("startModel", { params: { modelId } });
  }

  async function trainModel(operator: Client, projectId: string, signal: AbortSignal): Promise<string> {
    showSetUp(projectId, "Renders castings to learn from");
    await addSamples(operator, projectId, signal);
    const unended = await store.read.jobs.unendedOf(projectId);
    const job = unended ?? (await operator.call("startTraining", { params: { projectId }, body: {} }));
    const ended = await endOfJob(job, signal);
    if (ended.status !== "succeeded" || ended.modelId === null) {
      throw new Error(ended.error?.message ?? `The training was ${ended.status}.`);
    }
    return ended.modelId;
  }

  /** The same pictures each time: those that a stopped set-up added already are refused as duplicates. */
  async function addSamples(operator: Client, projectId: string, signal: AbortSignal): Promise<void> {
    const pictures = deps.pictures ?? PICTURES;
    const missing = { train: { ...pictures.train }, test: { ...pictures.test } };
    const count = () => missing.train.good + missing.train.defect + missing.test.good + missing.test.defect;
    const wanted = count();
    const source = openSource({ seed: SAMPLE_SEED, defectRate: LEARNING_DEFECT_RATE });
    try {
      for (let rendered = 0; count() > 0; rendered++) {
        signal.throwIfAborted();
        if (rendered > wanted * MAX_RENDERED_PER_PICTURE) throw new Error("The picture source gives too few defects.");
        const { jpeg, defect } = await source.next();
        const label = defect === null ? "good" : "defect";
        const part = (["train", "test"] as const).find((each) => missing[each][label] > 0);
        if (part === undefined) continue;
        missing[part][label]--;
        const query = { label, part, name: `${defect ?? "good"}-${String(rendered).padStart(3, "0")}.jpg` };
        await operator
          .call("addSample", { params: { projectId }, query, bytes: jpeg, contentType: "image/jpeg", signal })
          .catch(ignoreIfPresent);
        showSetUp(projectId, `Rendered ${wanted - count()} of ${wanted} castings to learn from`);
      }
    } finally {
      await source.close();
    }
  }

  function endOfJob(job: Job, signal: AbortSignal): Promise<Job> {
    const { projectId } = job;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        unsubscribe();
        signal.removeEventListener("abort", stop);
        settle();
      };
      const look = (now: Job): void => {
        showSetUp(projectId, `Trains a model: ${now.step}`, job.id);
        if (now.endedAt !== null) finish(() => resolve(now));
      };
      const stop = (): void => finish(() => reject(signal.reason));
      const unsubscribe = feed.subscribe((event) => {
        if (event.type === "job" && event.job.id === job.id) look(event.job);
      });
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      // It may have ended between the answer and the subscription.
      store.read.jobs.get(job.id).then(
        (now) => now && look(now),
        (error) => finish(() => reject(error)),
      );
    });
  }

  /** A picture each second through the camera's door, until the line is removed or the service stops. */
  async function inspect(camera: Client, projectId: string, signal: AbortSignal): Promise<void> {
    // Other castings than those it learned from, and others after each restart.
    const source = openSource({ seed: deps.now() % 2 ** 31 });
    const showRunning = (message: string): void => show({ state: "running", projectId, jobId: null, message });
    try {
      for (;;) {
        const startedAtMs = deps.now();
        const deployment = await store.read.projects.deployment(projectId);
        if (deployment === undefined) return;
        if (deployment.modelId === null) showRunning("Paused: no model is running. Start one to go on.");
        else showRunning(await sendOne(camera, source, signal));
        const elapsedMs = deps.now() - startedAtMs;
        await sleep(Math.max(0, (deps.everyMs ?? EVERY_MS) - elapsedMs), undefined, { signal });
      }
    } finally {
      await source.close();
    }
  }

  /** @returns what to tell about the line. */
  async function sendOne(camera: Client, source: CastingSource, signal: AbortSignal): Promise<string> {
    const { jpeg } = await source.next();
    const capturedAt = new Date(deps.now());
    const imageId = `casting-${capturedAt.toISOString().replaceAll(/[-.]/g, "")}`;
    try {
      await uploadImage(
        camera,
        { cameraId: NAMES.camera, lineId: NAMES.line, imageId, bytes: jpeg, capturedAt },
        { signal, attempts: 2 },
      );
      return "A rendered casting is inspected each second.";
    } catch (error) {
      if (!(error instanceof ApiCallError)) throw error;
      deps.log.warn({ err: error }, "the sample line could not send a picture");
      return `Waits: ${error.message}`;
    }
  }

  async function stop(): Promise<void> {
    running?.stop.abort(new Error("The sample line stops."));
    await running?.ended;
    running = undefined;
  }

  // Whoever deletes the project by hand removes the line just as well.
  const unsubscribe = feed.subscribe((event) => {
    if (event.type !== "project" || event.change !== "deleted" || event.projectId !== state.projectId) return;
    void forget();
  });

  async function forget(): Promise<void> {
    running?.stop.abort(new Error("The sample line was removed."));
    show(ABSENT);
    await store.write((tx) => tx.settings.set("sampleLine", "removed"));
  }

  return {
    state: () => state,

    async start(serverUrl) {
      const projectId = await projectToUse();
      if (projectId === null) return;
      showSetUp(projectId, "Starts");
      const stopper = new AbortController();
      const ended = run(projectId, serverUrl, stopper.signal).catch((error: unknown) => {
        if (stopper.signal.aborted) return;
        deps.log.warn({ err: error }, "the sample line stopped");
        const reason = error instanceof Error ? error.message : String(error);
        show({ state: "failed", projectId, jobId: null, message: `The sample line stopped: ${reason}` });
      });
      running = { stop: stopper, ended };
    },

    async remove() {
      const project = await store.read.projects.getSample();
      if (project === undefined) throw errors.sampleLineAbsent({});
      await stop();
      await deps.deleteProject(project.id);
      await forget();
    },

    async close() {
      unsubscribe();
      await stop();
    },
  };
}

function ignoreIfPresent(error: unknown): void {
  if (!(error instanceof ApiCallError && error.code === "SAMPLE_EXISTS")) throw error;
}
