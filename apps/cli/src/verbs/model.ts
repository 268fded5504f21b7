/** `sightline model add|list|start|stop|measure|rollback|history`. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { findModel, findProject } from "../named-things.js";
import { rounded, sized, table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";
import { register as registerCard } from "./model-card.js";
import { register as registerService } from "./model-service.js";

const modelArgument = ["<model>", "PROJECT/VERSION, such as castings/3, or an id"] as const;

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("add")))
    .description("Add a model file made by `sightline train` to a project.")
    .argument("<project>", "name or id")
    .argument("<file>", "the model file")
    .action(act(add));
  withJson(withConnection(command.command("list")))
    .description("List the model versions.")
    .option("--project <project>", "only this one's, by name or id")
    .action(act(list));
  withJson(withConnection(command.command("start")))
    .alias("promote")
    .description("Let a version inspect; the one before it stops when the pictures in it are done.")
    .argument(...modelArgument)
    .action(act(start));
  withJson(withConnection(command.command("stop")))
    .description("Stop inspecting with a version; pictures are kept and wait.")
    .argument(...modelArgument)
    .action(act(stop));
  registerService(command, act);
  registerCard(command, act);
}

/** Model files may have 200 MB and the way to the plant may be slow. */
const uploadTimeoutMs = 15 * 60_000;

async function add(context: Context, projectName: string, file: string, options: ConnectionOptions) {
  const bytes = await readFile(file);
  const client = await connect(options, context);
  const project = await findProject(client, projectName);
  const model = await client.call("uploadModel", {
    params: { projectId: project.id },
    bytes,
    contentType: "application/octet-stream",
    signal: context.signal,
    timeoutMs: uploadTimeoutMs,
  });
  return {
    text: `added ${project.name}/${model.version} (${model.method}, ${sized(model.sizeBytes)})\nstart it with: sightline model start ${project.name}/${model.version}`,
    json: model,
  };
}

async function list(context: Context, options: ConnectionOptions & { project?: string }) {
  const client = await connect(options, context);
  const { items: projects } = await client.call("listProjects", { signal: context.signal });
  const project = options.project === undefined ? undefined : await findProject(client, options.project);
  const { items } = await client.call("listModels", { query: { project: project?.id }, signal: context.signal });
  const nameOf = (id: string) => projects.find((one) => one.id === id)?.name ?? id;
  const titles = ["model", "method", "state", "accuracy", "auroc", "size", "created", "id"];
  const rows = items.map((one) => [
    `${nameOf(one.projectId)}/${one.version}`,
    one.method,
    one.isRunning ? "running" : "stopped",
    rounded(one.metrics?.accuracy),
    rounded(one.metrics?.auroc),
    sized(one.sizeBytes),
    one.createdAt,
    one.id,
  ]);
  return { text: items.length === 0 ? "no models yet" : table(titles, rows), json: { items } };
}

async function start(context: Context, text: string, options: ConnectionOptions) {
  const client = await connect(options, context);
  const { id } = await findModel(client, text);
  const model = await client.call("startModel", { params: { modelId: id }, signal: context.signal });
  return { text: `started ${text}`, json: model };
}

async function stop(context: Context, text: string, options: ConnectionOptions) {
  const client = await connect(options, context);
  const { id } = await findModel(client, text);
  const model = await client.call("stopModel", { params: { modelId: id }, signal: context.signal });
  return { text: `stopped ${text}`, json: model };
}
