/** `sightline model measure|rollback|history`: two versions on the same test pictures, the way back, what served when. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Comparison, ComparisonSide } from "@sightline/api/comparisons";
import type { Command } from "commander";
import { CliError } from "../cli-error.js";
import { findModel, findProject } from "../named-things.js";
import { counted, type Outcome, rounded, table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("measure")))
    .description("Measure two versions on the pictures that the server keeps for the test, and say which is better.")
    .argument("<base>", "usually the running version: PROJECT/VERSION, or an id")
    .argument("<candidate>", "the version that may take its place")
    .action(act(measure));
  withJson(withConnection(command.command("rollback")))
    .description("Let the version before inspect again, with the threshold it had.")
    .argument("<project>", "name or id")
    .action(act(rollback));
  withJson(withConnection(command.command("history")))
    .description("Tell which version inspected when.")
    .argument("<project>", "name or id")
    .action(act(history));
}

const askEveryMs = 500;

async function measure(
  context: Context,
  base: string,
  candidate: string,
  options: ConnectionOptions,
): Promise<Outcome> {
  const { signal } = context;
  const client = await connect(options, context);
  const [first, second] = [await findModel(client, base), await findModel(client, candidate)];
  let comparison = await client.call("startComparison", {
    params: { projectId: first.projectId },
    body: { base: first.id, candidate: second.id },
    signal,
  });
  const params = { comparisonId: comparison.id };
  try {
    while (comparison.endedAt === null) {
      await sleep(askEveryMs, undefined, { signal });
      comparison = await client.call("getComparison", { params, signal });
    }
  } catch (error) {
    // Whoever stops waiting does not want the server to go on.
    if (signal?.aborted) await client.call("cancelComparison", { params }).catch(() => {});
    throw error;
  }
  if (comparison.error !== null) throw Object.assign(new Error(comparison.error.message), comparison.error);
  if (comparison.result === null) throw new CliError("CANCELLED", "The comparison was cancelled on the server.");
  return { text: told(comparison, [base, candidate]), json: comparison };
}

const figures: readonly [title: string, pick: (side: ComparisonSide) => number | null][] = [
  ["accuracy", ({ metrics }) => metrics.accuracy],
  ["precision", ({ metrics }) => metrics.precision],
  ["recall", ({ metrics }) => metrics.recall],
  ["f1", ({ metrics }) => metrics.f1],
  ["auroc", ({ metrics }) => metrics.auroc],
  ["mAP50", ({ metrics }) => metrics.mAP50],
  ["mAP50_95", ({ metrics }) => metrics.mAP50_95],
  ["threshold", ({ threshold }) => threshold],
  ["msPerImage", ({ msPerImage }) => msPerImage.p50],
];

function told({ result }: Comparison, [base, candidate]: readonly [string, string]): string {
  if (result === null) return "";
  const rows = figures
    .map(([title, pick]) => [title, pick(result.base), pick(result.candidate)] as const)
    .filter(([, a, b]) => a !== null || b !== null)
    .map(([title, a, b]) => [title, rounded(a), rounded(b)]);
  const { onlyBaseRight, onlyCandidateRight, chance, images } = result;
  const split =
    `Of ${counted(images, "test picture")}, ${candidate} alone gets ${onlyCandidateRight} right and ${base} alone ${onlyBaseRight}; ` +
    `equally good versions would differ as much in ${(chance * 100).toFixed(1)} of 100 such tests.`;
  return `${table(["", base, candidate], rows)}\n\n${split}`;
}

async function rollback(context: Context, name: string, options: ConnectionOptions): Promise<Outcome> {
  const client = await connect(options, context);
  const project = await findProject(client, name);
  const params = { projectId: project.id };
  const model = await client.call("rollBack", { params, signal: context.signal });
  const { threshold } = await client.call("getProject", { params, signal: context.signal });
  return {
    text: `${project.name}/${model.version} inspects again, with threshold ${rounded(threshold)}`,
    json: { ...model, threshold },
  };
}

async function history(context: Context, name: string, options: ConnectionOptions): Promise<Outcome> {
  const client = await connect(options, context);
  const project = await findProject(client, name);
  const reply = await client.call("getDeployments", { params: { projectId: project.id }, signal: context.signal });
  const rows = reply.items.map((one) => [
    `${project.name}/${one.modelVersion}`,
    one.kind,
    one.startedAt,
    one.startedBy,
    one.endedAt ?? "running",
    one.end ?? "",
  ]);
  const text =
    rows.length === 0 ? "no version has inspected yet" : table(["model", "by", "from", "who", "to", "end"], rows);
  const back = reply.rollBackTo;
  return {
    text: back === null ? text : `${text}\n\na rollback leads to ${project.name}/${back.modelVersion}`,
    json: reply,
  };
}
