/** StartModel, StopModel and DetectAnomalies: a version is loaded, answers pictures, and is let go. */
import { z } from "zod";
import type { Prediction } from "../inspect/predictors.js";
import { checkPicture } from "../intake/check-picture.js";
import type { LookoutDeps } from "./deps.js";
import { projectNamed, versionNamed } from "./found.js";
import { ofModel, statusOf, type Version, versionOf } from "./models.js";
import { changing, reading } from "./operation.js";
import { conflict, invalid } from "./wire-errors.js";

const Units = z.number().int().min(1);
/** On every model's own scale. */
const OWN_THRESHOLD = 0.5;
const DETECT_TIMEOUT_MS = 30_000;

async function found(deps: LookoutDeps, input: { ProjectName: string; ModelVersion: string }) {
  const { store } = deps.services;
  const project = await projectNamed(store, input.ProjectName);
  const version = await versionNamed(store, project, input.ModelVersion);
  return { project, ...(await versionOf(deps, project, version)) };
}

/** Kinds of anomalies, the background first, and the mask that shows them; nothing for models that learnt from no masks. */
function whereIn({ anomalies, labelMapPng }: Prediction) {
  if (anomalies == null) return {};
  return {
    Anomalies: anomalies.map(({ label, colour, areaFraction }) => ({
      Name: label,
      PixelAnomaly: { TotalPercentageArea: areaFraction, Color: colour.toUpperCase() },
    })),
    ...(labelMapPng === undefined ? {} : { AnomalyMask: Buffer.from(labelMapPng).toString("base64") }),
  };
}

/** @throws LookoutError ConflictException */
function inState(one: Version & { project: { name: string } }, allowed: readonly string[], what: string) {
  const { status } = statusOf(one);
  if (one.model !== undefined && allowed.includes(status)) return one.model;
  const id = `${one.project.name}/${one.version}`;
  throw conflict({ type: "MODEL", id }, `Version ${one.version} of ${one.project.name} is ${status}; ${what}.`);
}

export const hostingOperations = [
  changing({
    name: "StartModel",
    method: "POST",
    path: "/projects/{ProjectName}/models/{ModelVersion}/start",
    status: 202,
    input: z.object({ ...ofModel, MinInferenceUnits: Units, MaxInferenceUnits: Units.optional() }),
    async handle(deps, { input, caller, keep }) {
      const one = await found(deps, input);
      const { MinInferenceUnits: minUnits, MaxInferenceUnits: maxUnits = null } = input;
      if (maxUnits !== null && maxUnits < minUnits)
        throw invalid(`MaxInferenceUnits (${maxUnits}) must be at least MinInferenceUnits (${minUnits}).`);
      const model = inState(one, ["TRAINED", "HOSTING_FAILED"], "only one that is TRAINED can be started");
      const order = { projectId: one.project.id, version: one.version, modelId: model.id, by: caller.userName };
      return deps.hosting.start({ ...order, minUnits, maxUnits }, (tx) => keep(tx, { Status: "STARTING_HOSTING" }));
    },
  }),

  changing({
    name: "StopModel",
    method: "POST",
    path: "/projects/{ProjectName}/models/{ModelVersion}/stop",
    status: 202,
    input: z.object(ofModel),
    async handle(deps, { input, caller, keep }) {
      const one = await found(deps, input);
      const model = inState(one, ["HOSTED"], "only one that is HOSTED can be stopped");
      const order = { projectId: one.project.id, version: one.version, modelId: model.id, by: caller.userName };
      return deps.hosting.stop(order, (tx) => keep(tx, { Status: "STOPPING_HOSTING" }));
    },
  }),

  reading({
    name: "DetectAnomalies",
    method: "POST",
    path: "/projects/{ProjectName}/models/{ModelVersion}/detect",
    takesPicture: true,
    input: z.object(ofModel),
    async handle(deps, { input, bytes, contentType }) {
      const { config, decoding, store, predictors } = deps.services;
      const one = await found(deps, input);
      const model = inState(one, ["HOSTED"], "start it before it can detect anomalies");
      if (model.task !== "anomaly")
        throw conflict(
          { type: "MODEL", id: `${one.project.name}/${one.version}` },
          `Version ${one.version} does not tell normal from anomaly: it is a ${model.task} model.`,
        );
      const units = one.asked?.maxUnits ?? one.asked?.minUnits ?? 1;
      return deps.inFlight.run(model.id, units * config.inspect.inFlight, async () => {
        const { width, height } = await checkPicture(bytes, contentType, config.intake, decoding);
        const { minSide, maxSide } = config.lookout;
        if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide)
          throw invalid(`A picture has ${minSide} to ${maxSide} pixels a side, got ${width} x ${height}.`);
        // The one on the line answers as it does there: with the threshold in force.
        const deployment = model.isRunning ? await store.read.projects.deployment(one.project.id) : undefined;
        const threshold = deployment?.threshold ?? OWN_THRESHOLD;
        const options = { threshold, labelMapPng: true, timeoutMs: DETECT_TIMEOUT_MS };
        const said = await predictors.predict(model.id, bytes, options);
        return {
          DetectAnomalyResult: {
            Source: { Type: "direct" },
            IsAnomalous: said.isAnomalous,
            Confidence: said.confidence,
            ...whereIn(said),
          },
        };
      });
    },
  }),
];
