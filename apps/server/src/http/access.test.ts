import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Route } from "@sightline/api/route";
import { type RouteName, routes } from "@sightline/api/routes";
import { openTestService, type TestService } from "./test-service.js";

const callers = ["none", "viewer", "operator", "admin", "device"] as const;
type Caller = (typeof callers)[number];

/**
 * What each caller meets at each route: 401 and 403 are refusals for want of a credential or a role, "in" is anything after that (also a 404).
 * Written out on purpose: a change of the route table's access must be made here again, and is seen in the difference.
 */
const golden: Readonly<
  Record<RouteName, readonly [none: Door, viewer: Door, operator: Door, admin: Door, device: Door]>
> = {
  getSignedUrl: [401, 403, "in", "in", "in"],
  putImage: ["in", "in", "in", "in", "in"],
  listInspections: [401, "in", "in", "in", 403],
  getInspection: [401, "in", "in", "in", 403],
  getInspectionImage: [401, "in", "in", "in", 403],
  getInspectionThumbnail: [401, "in", "in", "in", 403],
  getInspectionHeatMap: [401, "in", "in", "in", 403],
  getInspectionLabelMap: [401, "in", "in", "in", 403],
  retryInspection: [401, 403, "in", "in", 403],
  retryInspections: [401, 403, "in", "in", 403],
  deleteInspection: [401, 403, 403, "in", 403],
  getStats: [401, "in", "in", "in", 403],
  getAnalytics: [401, "in", "in", "in", 403],
  getAnalyticsState: [401, "in", "in", "in", 403],
  exportCsv: [401, "in", "in", "in", 403],
  exportParquet: [401, "in", "in", "in", 403],
  runSql: [401, 403, 403, "in", 403],
  listProjects: [401, "in", "in", "in", 403],
  createProject: [401, 403, "in", "in", 403],
  getProject: [401, "in", "in", "in", 403],
  changeProject: [401, 403, "in", "in", 403],
  deleteProject: [401, 403, 403, "in", 403],
  getProjectContents: [401, "in", "in", "in", 403],
  setThreshold: [401, 403, "in", "in", 403],
  getThresholdHistory: [401, "in", "in", "in", 403],
  listSamples: [401, "in", "in", "in", 403],
  addSample: [401, 403, "in", "in", 403],
  getSample: [401, "in", "in", "in", 403],
  changeSample: [401, 403, "in", "in", 403],
  getSampleImage: [401, "in", "in", "in", 403],
  deleteSample: [401, 403, "in", "in", 403],
  listRecipients: [401, "in", "in", "in", 403],
  addRecipient: [401, 403, "in", "in", 403],
  askRecipient: [401, 403, "in", "in", 403],
  removeRecipient: [401, 403, "in", "in", 403],
  getMailLink: ["in", "in", "in", "in", "in"],
  followMailLink: ["in", "in", "in", "in", "in"],
  listTargets: [401, "in", "in", "in", 403],
  addTarget: [401, 403, "in", "in", 403],
  changeTarget: [401, 403, "in", "in", 403],
  renewTargetSecret: [401, 403, "in", "in", 403],
  tryTarget: [401, 403, "in", "in", 403],
  removeTarget: [401, 403, "in", "in", 403],
  listRules: [401, "in", "in", "in", 403],
  addRule: [401, 403, "in", "in", 403],
  changeRule: [401, 403, "in", "in", 403],
  removeRule: [401, 403, "in", "in", 403],
  startTraining: [401, 403, "in", "in", 403],
  listBackbones: [401, "in", "in", "in", 403],
  listJobs: [401, "in", "in", "in", 403],
  getJob: [401, "in", "in", "in", 403],
  getJobHistory: [401, "in", "in", "in", 403],
  stopJob: [401, 403, "in", "in", 403],
  resumeJob: [401, 403, "in", "in", 403],
  cancelJob: [401, 403, "in", "in", 403],
  listModels: [401, "in", "in", "in", 403],
  uploadModel: [401, 403, "in", "in", 403],
  getModel: [401, "in", "in", "in", 403],
  getModelFile: [401, "in", "in", "in", 403],
  getModelCard: [401, "in", "in", "in", 403],
  startModel: [401, 403, "in", "in", 403],
  stopModel: [401, 403, "in", "in", 403],
  deleteModel: [401, 403, 403, "in", 403],
  predict: [401, "in", "in", "in", 403],
  getDeployments: [401, "in", "in", "in", 403],
  rollBack: [401, 403, "in", "in", 403],
  predictWithRunning: [401, "in", "in", "in", 403],
  listReviews: [401, "in", "in", "in", 403],
  getReview: [401, "in", "in", "in", 403],
  getReviewImage: [401, "in", "in", "in", 403],
  getReviewHeatMap: [401, "in", "in", "in", 403],
  askForReview: [401, 403, "in", "in", 403],
  sayWord: [401, 403, "in", "in", 403],
  takeBackWord: [401, 403, "in", "in", 403],
  dismissReview: [401, 403, "in", "in", 403],
  startTrial: [401, 403, "in", "in", 403],
  listTrials: [401, "in", "in", "in", 403],
  getTrial: [401, "in", "in", "in", 403],
  addTrialPicture: [401, 403, "in", "in", 403],
  endTrial: [401, 403, "in", "in", 403],
  deleteTrial: [401, 403, "in", "in", 403],
  explainPicture: [401, "in", "in", "in", 403],
  explainInspection: [401, "in", "in", "in", 403],
  explainReview: [401, "in", "in", "in", 403],
  explainSample: [401, "in", "in", "in", 403],
  getExplanation: [401, "in", "in", "in", 403],
  cancelExplanation: [401, "in", "in", "in", 403],
  startComparison: [401, 403, "in", "in", 403],
  listComparisons: [401, "in", "in", "in", 403],
  getComparison: [401, "in", "in", "in", 403],
  cancelComparison: [401, 403, "in", "in", 403],
  startEvaluation: [401, 403, "in", "in", 403],
  listEvaluations: [401, "in", "in", "in", 403],
  getEvaluation: [401, "in", "in", "in", 403],
  getEvaluationPage: [401, "in", "in", "in", 403],
  cancelEvaluation: [401, 403, "in", "in", 403],
  listCameras: [401, "in", "in", "in", 403],
  addCamera: [401, 403, "in", "in", 403],
  removeCamera: [401, 403, "in", "in", 403],
  listTokens: [401, 403, 403, "in", 403],
  createToken: [401, 403, 403, "in", 403],
  revokeToken: [401, 403, 403, "in", 403],
  putSampleMask: [401, 403, "in", "in", 403],
  getSampleMask: [401, "in", "in", "in", 403],
  removeSampleMask: [401, 403, "in", "in", 403],
  listUsers: [401, 403, 403, "in", 403],
  listAccessKeys: [401, 403, 403, "in", 403],
  createAccessKey: [401, 403, 403, "in", 403],
  revokeAccessKey: [401, 403, 403, "in", 403],
  createSignInLink: [401, 403, 403, "in", 403],
  signIn: ["in", "in", "in", "in", "in"],
  signOut: ["in", "in", "in", "in", "in"],
  getMe: [401, "in", "in", "in", "in"],
  getMonitoring: [401, "in", "in", "in", 403],
  getReadings: [401, "in", "in", "in", 403],
  listDrifts: [401, "in", "in", "in", 403],
  listAlarms: [401, "in", "in", "in", 403],
  addAlarm: [401, 403, "in", "in", 403],
  getAlarm: [401, "in", "in", "in", 403],
  changeAlarm: [401, 403, "in", "in", 403],
  muteAlarm: [401, 403, "in", "in", 403],
  removeAlarm: [401, 403, "in", "in", 403],
  getAlarmHistory: [401, "in", "in", "in", 403],
  listActions: [401, "in", "in", "in", 403],
  retryAction: [401, 403, "in", "in", 403],
  retryActions: [401, 403, "in", "in", 403],
  discardAction: [401, 403, "in", "in", 403],
  getSystem: [401, "in", "in", "in", 403],
  removeSampleLine: [401, 403, 403, "in", 403],
  live: [401, "in", "in", "in", 403],
  getOpenApi: ["in", "in", "in", "in", "in"],
  getMetrics: [401, "in", "in", "in", 403],
  getHealth: ["in", "in", "in", "in", "in"],
};
type Door = "in" | 401 | 403;

const UNUSED_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

describe("who may call which route", () => {
  let service: TestService;
  const headers = new Map<Caller, Record<string, string>>();

  before(async () => {
    service = await openTestService();
    headers.set("none", {});
    for (const role of ["viewer", "operator", "admin"] as const) headers.set(role, await service.tokenOf(role));
    headers.set("device", await service.tokenOf("device", ["cam-1"]));
  });
  after(() => service.close());

  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name];
    for (const [index, caller] of callers.entries()) {
      const expected = golden[name][index] as Door;
      test(`${route.method} ${route.path} as ${caller}: ${expected}`, async () => {
        const params = Object.fromEntries([...route.path.matchAll(/:([A-Za-z]+)/g)].map(([, key]) => [key, UNUSED_ID]));
        const reply = await service.call(name, {
          params: params as Record<string, string>,
          headers: headers.get(caller) ?? {},
          // Not from this machine: from here the metrics need no token.
          remoteAddress: "192.0.2.7",
          ...(route.body === undefined ? {} : { body: {} }),
          ...(route.consumes.length === 0 ? {} : { bytes: Buffer.from("x") }),
        });
        assert.equal(doorOf(reply.status, reply.json?.code), expected, JSON.stringify(reply.json));
      });

      test(`the table says the same of ${name} and ${caller}`, () => {
        assert.equal(expected, doorInTable(route, caller));
      });
    }
  }
});

/** Told by the code: a wrong sign-in link is 401 too, and says nothing about roles. */
function doorOf(status: number, code: unknown): Door {
  if (status === 401 && code === "NOT_SIGNED_IN") return 401;
  if (status === 403 && code === "ROLE_DENIED") return 403;
  assert.ok(status !== 500, "the route must not fail");
  return "in";
}

function doorInTable({ access }: Route, caller: Caller): Door {
  if (access === "anyone" || access === "signed") return "in";
  if (caller === "none") return 401;
  return access.includes(caller) ? "in" : 403;
}
