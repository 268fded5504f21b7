/** `sightline camera add|list`. */
import type { Command } from "commander";
import { findProject } from "../named-things.js";
import { table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("add")))
    .description("Add a camera to a project.")
    .argument("<camera_id>", "what the plant calls it")
    .requiredOption("--project <project>", "name or id")
    .requiredOption("--line <assembly_line_id>", "the line that it looks at")
    .option("--name <name>", "a name for people")
    .action(act(add));
  withJson(withConnection(command.command("list")))
    .description("List the cameras.")
    .option("--project <project>", "only this one's, by name or id")
    .action(act(list));
}

interface AddOptions extends ConnectionOptions {
  readonly project: string;
  readonly line: string;
  readonly name?: string;
}

async function add(context: Context, cameraId: string, options: AddOptions) {
  const client = await connect(options, context);
  const project = await findProject(client, options.project);
  const { name } = options;
  const camera = await client.call("addCamera", {
    body: {
      id: cameraId,
      projectId: project.id,
      assemblyLineId: options.line,
      ...(name === undefined ? {} : { name }),
    },
    signal: context.signal,
  });
  return { text: `added camera ${camera.id} to project ${project.name}`, json: camera };
}

async function list(context: Context, options: ConnectionOptions & { project?: string }) {
  const client = await connect(options, context);
  const { items: projects } = await client.call("listProjects", { signal: context.signal });
  const project = options.project === undefined ? undefined : await findProject(client, options.project);
  const { items } = await client.call("listCameras", { query: { project: project?.id }, signal: context.signal });
  const nameOf = (id: string) => projects.find((one) => one.id === id)?.name ?? id;
  const titles = ["camera", "name", "project", "line", "inspections", "last picture"];
  const rows = items.map((one) => [
    one.id,
    one.name,
    nameOf(one.projectId),
    one.assemblyLineId,
    one.inspections,
    one.lastImageAt ?? "–",
  ]);
  return { text: items.length === 0 ? "no cameras yet" : table(titles, rows), json: { items } };
}
