/** `sightline project create|list|import|delete`. */
import type { Project, ProjectContents } from "@sightline/api/projects";
import type { Command } from "commander";
import { CliError } from "../cli-error.js";
import { words } from "../flag-values.js";
import { findProject } from "../named-things.js";
import { sized, table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";
import { register as registerImport } from "./project-import.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("create")))
    .description("Create a project: it holds cameras, labelled pictures and model versions.")
    .argument("<name>", "letters, digits, _ and -")
    .option("--recipients <addresses>", "who is asked by mail whether to get alerts, with commas between", words)
    .action(act(create));
  withJson(withConnection(command.command("list")))
    .description("List the projects.")
    .action(act(list));
  registerImport(command, act);
  withJson(withConnection(command.command("delete")))
    .description("Delete a project with everything in it: pictures, models, cameras, inspections, rules, targets.")
    .argument("<project>", "name or id")
    .option("--dry-run", "list what would be deleted, and delete nothing")
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

async function remove(context: Context, nameOrId: string, options: ConnectionOptions & RemoveOptions) {
  const client = await connect(options, context);
  const { id, name } = await findProject(client, nameOrId);
  const params = { projectId: id };
  const contents = await client.call("getProjectContents", { params, signal: context.signal });
  if (options.dryRun) {
    const text = `deleting project ${name} would delete:\n${table(["what", "count", "size"], rowsOf(contents))}`;
    return { text, json: { project: { id, name }, wouldDelete: contents } };
  }
  if (!options.yes) {
    throw new CliError(
      "NOT_CONFIRMED",
      `This would delete project "${name}" with ${contents.samples} labelled pictures, ${contents.models} model versions, ${contents.cameras.length} cameras and ${contents.inspections} inspections. Add --dry-run to see it all, --yes to do it.`,
    );
  }
  await client.call("deleteProject", { params, signal: context.signal });
  return { text: `deleted project ${name}`, json: { deleted: { id, name, ...contents } } };
}

interface RemoveOptions {
  readonly dryRun?: true;
  readonly yes?: true;
}

/** One line a kind of thing; what is in use, or not yet done, is said beside it. */
function rowsOf(contents: ProjectContents): (string | number)[][] {
  const { unfinishedInspections, runningModelVersion, runningJobs, cameras, tokens } = contents;
  const also = (words: string, isSo: boolean) => (isSo ? ` (${words})` : "");
  return [
    [
      `inspections${also(`${unfinishedInspections} not yet inspected`, unfinishedInspections > 0)}`,
      contents.inspections,
      sized(contents.inspectionBytes),
    ],
    ["labelled pictures", contents.samples, sized(contents.sampleBytes)],
    [
      `model versions${also(`version ${runningModelVersion} is running`, runningModelVersion !== null)}`,
      contents.models,
      sized(contents.modelBytes),
    ],
    [`trainings${also(`${runningJobs} under way, which end`, runningJobs > 0)}`, contents.jobs, ""],
    [`cameras${also(cameras.join(", "), cameras.length > 0)}`, cameras.length, ""],
    [`device tokens of these cameras only${also(tokens.join(", "), tokens.length > 0)}`, tokens.length, ""],
    ["recipients", contents.recipients, ""],
    ["rules", contents.rules, ""],
    ["targets", contents.targets, ""],
    ["messages not yet delivered", contents.undeliveredActions, ""],
  ];
}
