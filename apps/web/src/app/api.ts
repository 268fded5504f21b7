/** The one way pages read and change what the server holds: queries keyed by route name, changes that say what they make stale. */

import { notifications } from "@mantine/notifications";
import type { Reply, RouteName } from "@sightline/api/routes";
import { type ApiCallError, type Call, createClient, type Result } from "@sightline/client/client";
import {
  keepPreviousData,
  type QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";

/** The server delivers these pages itself, so addresses are relative and the session cookie goes along. */
export const client = createClient({ url: "" });

type ReadRoute = { [N in RouteName]: Reply<N> extends undefined ? never : N }[RouteName];
export type Read<N extends RouteName> = Omit<Call<N>, "signal" | "timeoutMs">;

export interface ReadOptions {
  /** Ask again after so many milliseconds; live events make this rarely needed. */
  refetchEveryMs?: number;
  enabled?: boolean;
  /** Show the last answer while another filter loads. */
  keepPrevious?: boolean;
}

/** Key of one read: the route's name first, so that a whole route can be made stale at once. */
export function keyOf<N extends RouteName>(name: N, read?: Read<N>): readonly [N, unknown] {
  return [name, read ?? {}];
}

export function useApi<N extends ReadRoute>(
  name: N,
  read?: Read<N>,
  options: ReadOptions = {},
): UseQueryResult<Result<N>, ApiCallError> {
  return useQuery<Result<N>, ApiCallError>({
    queryKey: keyOf(name, read),
    queryFn: ({ signal }) => callAny(name, { ...read, signal }) as Promise<Result<N>>,
    refetchInterval: options.refetchEveryMs ?? false,
    enabled: options.enabled ?? true,
    ...(options.keepPrevious ? { placeholderData: keepPreviousData as never } : {}),
  });
}

/** A call whose route is only known as a type parameter: `client.call` itself needs the concrete name. */
export function callAny(name: RouteName, call: object): Promise<unknown> {
  return (client.call as (name: RouteName, call: object) => Promise<unknown>)(name, call);
}

/** Routes whose answers a change makes stale. */
const staleAfter: Partial<Record<RouteName, readonly RouteName[]>> = {
  createProject: ["listProjects", "getSystem"],
  changeProject: ["listProjects", "getProject", "listRecipients", "listActions"],
  addRecipient: ["listRecipients", "getProject", "listProjects", "listActions"],
  askRecipient: ["listRecipients", "getProject", "listProjects", "listActions"],
  removeRecipient: ["listRecipients", "getProject", "listProjects", "listActions", "listAlarms", "getAlarm"],
  addTarget: ["listTargets"],
  changeTarget: ["listTargets", "listActions"],
  removeTarget: ["listTargets", "listRules", "listActions", "listAlarms", "getAlarm"],
  addRule: ["listRules"],
  changeRule: ["listRules"],
  removeRule: ["listRules"],
  deleteProject: [
    "listAlarms",
    "listProjects",
    "listInspections",
    "getStats",
    "listModels",
    "listCameras",
    "listJobs",
    "getSystem",
  ],
  setThreshold: ["listProjects", "getProject", "getThresholdHistory"],
  addSample: ["listSamples", "getProject", "listProjects"],
  changeSample: ["listSamples", "getSample", "getProject", "listProjects"],
  putSampleMask: ["listSamples", "getSample", "getSampleMask"],
  removeSampleMask: ["listSamples", "getSample", "getSampleMask"],
  deleteSample: ["listSamples", "getProject", "listProjects"],
  startTraining: ["listJobs"],
  cancelJob: ["listJobs", "getJob"],
  stopJob: ["listJobs", "getJob", "getJobHistory"],
  resumeJob: ["listJobs", "getJob"],
  uploadModel: ["listModels"],
  startModel: [
    "listModels",
    "getModel",
    "listProjects",
    "getProject",
    "getThresholdHistory",
    "getDeployments",
    "getStats",
  ],
  rollBack: [
    "listModels",
    "getModel",
    "listProjects",
    "getProject",
    "getThresholdHistory",
    "getDeployments",
    "getStats",
  ],
  stopModel: ["listModels", "getModel", "listProjects", "getProject", "getDeployments", "getStats"],
  askForReview: ["listReviews"],
  startTrial: ["listTrials"],
  endTrial: ["listTrials", "getTrial"],
  deleteTrial: ["listTrials", "listReviews"],
  startComparison: ["listComparisons"],
  cancelComparison: ["listComparisons"],
  deleteModel: ["listModels"],
  addCamera: ["listCameras", "getProject", "listProjects"],
  removeCamera: ["listCameras", "getProject", "listProjects", "listTokens"],
  addAlarm: ["listAlarms"],
  changeAlarm: ["listAlarms", "getAlarm", "getAlarmHistory"],
  muteAlarm: ["listAlarms", "getAlarm"],
  removeAlarm: ["listAlarms"],
  createToken: ["listTokens"],
  revokeToken: ["listTokens"],
  createSignInLink: ["listUsers"],
  createAccessKey: ["listAccessKeys"],
  revokeAccessKey: ["listAccessKeys"],
  retryInspection: ["getInspection", "listInspections", "getStats"],
  deleteInspection: ["listInspections", "getStats"],
  retryInspections: ["getInspection", "listInspections", "getStats"],
  retryAction: ["listActions", "listTargets", "getInspection"],
  retryActions: ["listActions", "listTargets", "getInspection"],
  discardAction: ["listActions", "listTargets", "getInspection"],
  removeSampleLine: [
    "getSystem",
    "listProjects",
    "listInspections",
    "getStats",
    "listModels",
    "listCameras",
    "listJobs",
    "listActions",
  ],
};

export function makeStale(queries: QueryClient, names: readonly RouteName[]): void {
  for (const name of names) {
    void queries.invalidateQueries({ queryKey: [name] });
    if (name === "listInspections") void queries.invalidateQueries({ queryKey: inspectionPagesKey });
  }
}

/** The pages of the inspection list that were loaded one after another. */
export const inspectionPagesKey = ["inspectionPages"] as const;

export interface ChangeOptions<N extends RouteName> {
  onDone?: (result: Result<N>, call: Call<N>) => void;
  /** Said in a notification when the change went through. */
  done?: string | ((result: Result<N>) => string);
  /** The caller shows the error itself. */
  showsError?: boolean;
}

/** A change: after it, what it made stale loads again; a refusal is shown with the server's own words. */
export function useChange<N extends RouteName>(name: N, options: ChangeOptions<N> = {}) {
  const queries = useQueryClient();
  return useMutation<Result<N>, ApiCallError, Call<N>>({
    mutationFn: (call) => callAny(name, call) as Promise<Result<N>>,
    onSuccess: (result, call) => {
      makeStale(queries, staleAfter[name] ?? []);
      if (options.done !== undefined) {
        notifications.show({
          color: "good",
          message: typeof options.done === "string" ? options.done : options.done(result),
        });
      }
      options.onDone?.(result, call);
    },
    onError: (error) => {
      if (options.showsError) return;
      notifications.show({ color: "defect", title: "That did not work", message: error.message, autoClose: 12_000 });
    },
  });
}
