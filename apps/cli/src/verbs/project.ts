/** `sightline project create|list|import|delete`. */
import type { Project } from "@sightline/api/schemas";
import type { Command } from "commander";
import { CliError } from "../cli-error.js";
import { words } from "../flag-values.js";
import { findProject } from "../named-things.js";
import { table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";
import { register as registerImport } from "./project-import.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("create")))
    .description("Create a project: it holds cameras, labelled pictures and model versions.")
    .argument("<name>", "letters, digits, _ and -")
    .option("--recipients <addresses>", "who gets mails on defects, with commas between", words)
    .action(act(create));
  withJson(withConnection(command.command("list")))
    .description("List the projects.")
    .action(act(list));
  registerImport(command, act);
  withJson(withConnection(command.command("delete")))
    .description("Delete a project with its pictures, models, cameras and inspections.")
    .argument("<project>", "name or id")
    .option("--yes", "really delete; there is no way back")
    .action(act(remove));
}

async function create(context: Context, name: string, options: ConnectionOptions & { recipients?: string[] }) {
  const client = await connect(options, context);
  const { recipients } = options;
  const project = await client.call("createProject", {
    body: { name, ...(recipients === undefined ? {} : { recipients }) },
    signal: context.signal,
  });
  return { text: `created project ${project.name} (${project.id})`, json: project };
}

async function list(context: Context, options: ConnectionOptions) {
  const client = await connect(options, context);
  const { items } = await client.call("listProjects", { signal: context.signal });
  const row = (one: Project) => [
    one.name,
    one.samples.train + one.samples.test,
    one.cameras,
    one.inspections,
    one.runningModelId === null ? "no" : "yes",
    one.id,
  ];
  const titles = ["name", "pictures", "cameras", "inspections", "inspects", "id"];
  return { text: items.length === 0 ? "no projects yet" : table(titles, items.map(row)), json: { items } };
}

async function remove(context: Context, nameOrId: string, options: ConnectionOptions & { yes?: true }) {
  const client = await connect(options, context);
  const project = await findProject(client, nameOrId);
  if (!options.yes) {
    throw new CliError(
      "NOT_CONFIRMED",
      `This would delete project "${project.name}" with ${project.samples.train + project.samples.test} labelled pictures, ${project.cameras} cameras and ${project.inspections} inspections. Add --yes to do it.`,
    );
  }
  await client.call("deleteProject", { params: { projectId: project.id }, signal: context.signal });
  return { text: `deleted project ${project.name}`, json: { deleted: { id: project.id, name: project.name } } };
}
