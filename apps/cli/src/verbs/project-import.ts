/** `sightline project import`: a dataset folder, in any format, becomes the labelled pictures of a project. */
import { basename, resolve } from "node:path";
import type { Project } from "@sightline/api/projects";
import type { Part } from "@sightline/api/samples";
import { ProjectName } from "@sightline/api/words";
import type { Client } from "@sightline/client/client";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { type Command, Option } from "commander";
import { CliError, problemOf } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { planImport } from "../import-plan.js";
import { counted, type Outcome } from "../outcome.js";
import { type Imported, ImportStopped, importPictures } from "../project-import.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("import")))
    .description(
      "Put the pictures of a dataset into a project, with their labels or boxes. A dataset with a test part keeps it: the server never trains on those. Pictures that are there already stay, so it can be stopped and run again.",
    )
    .argument("<folder>", "dataset in one of the formats")
    .option("--project <project>", "name or id; made if it is missing (default: the folder's name)")
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--replace", "pictures that are there with other labels or boxes get the dataset's")
    .action(act(importFolder));
}

export interface ImportOptions extends ConnectionOptions {
  readonly project?: string;
  readonly format?: DatasetFormat;
  readonly replace?: true;
}

export async function importFolder(context: Context, folder: string, options: ImportOptions): Promise<Outcome> {
  const { signal, progress } = context;
  const client = await connect(options, context);
  const wanted = options.project ?? projectNameOf(folder);
  progress.report(0, "reading the dataset");
  const { task, labels, pictures, skipped, boxNotes, maskNotes } = await planImport(folder, options.format);
  noteSkipped(context, skipped, { boxNotes, maskNotes });
  const { project, isNew } = await projectFor(client, wanted, signal);
  const total = pictures.length;
  const imported = await importPictures({
    client,
    projectId: project.id,
    pictures,
    replace: options.replace === true,
    signal,
    onPicture: (done) => progress.report(done / total, `picture ${done} of ${total}`),
  }).catch((error: unknown) => {
    throw error instanceof ImportStopped ? stopped(error, project.name, total, signal) : error;
  });
  noteProblems(context, imported);
  const address = `${client.url}/projects/${project.id}`;
  const { added, failures } = imported;
  return {
    text: report({ project, isNew, task, labels, imported, address }),
    json: {
      project: { id: project.id, name: project.name, isNew, address },
      task,
      labels,
      ...imported,
      added: added.map(({ name, part }) => ({ name, part })),
      skipped,
      boxNotes,
      ...(maskNotes.length > 0 && { maskNotes }),
    },
    error:
      failures.length === 0
        ? undefined
        : {
            code: "UPLOADS_FAILED",
            message: `${failures.length} of ${counted(total, "picture")} could not be imported.`,
          },
  };
}

/** `Photos of 2026/` gives `Photos-of-2026`. */
function projectNameOf(folder: string): string {
  const name = basename(resolve(folder))
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "");
  if (name !== "") return name;
  throw new CliError("USAGE", `"${folder}" gives no name for a project: say one with --project.`);
}

async function projectFor(client: Client, wanted: string, signal: AbortSignal) {
  const { items } = await client.call("listProjects", { signal });
  const known = items.find(({ id, name }) => name === wanted || id === wanted);
  if (known !== undefined) return { project: known, isNew: false };
  if (!ProjectName.safeParse(wanted).success)
    throw new CliError("USAGE", `A project's name has 1 to 255 of A–Z a–z 0–9 _ -, got "${wanted}".`);
  return { project: await client.call("createProject", { body: { name: wanted }, signal }), isNew: true };
}

/** The reason keeps its code; what is added is that nothing was lost. */
function stopped({ cause, settled }: ImportStopped, project: string, total: number, signal: AbortSignal): Error {
  const next = `${settled} of ${counted(total, "picture")} are done in project "${project}". Run the same command again to go on.`;
  if (signal.aborted) return new CliError("CANCELLED", `Stopped: ${next}`);
  const { code, message, isExpected } = problemOf(cause);
  if (!isExpected) return cause instanceof Error ? cause : new Error(message);
  return Object.assign(new Error(settled === 0 ? message : `${message} ${next}`, { cause }), { code });
}

const maxNamed = 10;

function noteProblems(context: Context, { failures, differing, otherPart, duplicates }: Imported): void {
  const note = (title: string, lines: readonly string[]): void => {
    if (lines.length === 0) return;
    const more = lines.length > maxNamed ? [`  and ${lines.length - maxNamed} more`] : [];
    context.note([`${title}:`, ...lines.slice(0, maxNamed).map((line) => `  ${line}`), ...more].join("\n"));
  };
  note(
    "not imported",
    failures.map(({ name, message }) => `${name}: ${message}`),
  );
  note("in the project with other labels or boxes (take the dataset's with --replace)", differing);
  note("in the project's other part, where they stay", otherPart);
  note(
    "the same picture twice, taken once",
    duplicates.map(({ name, same }) => `${name} is ${same}`),
  );
}

const partWords: Readonly<Record<Part, string>> = {
  train: "to train with",
  test: "for the test",
  auto: "(the first training sets a fifth aside for the test)",
};

function report(told: {
  project: Project;
  isNew: boolean;
  task: string;
  labels: readonly string[];
  imported: Imported;
  address: string;
}): string {
  const { project, isNew, task, labels, imported, address } = told;
  const { added, present, changed, differing, duplicates, failures } = imported;
  const parts = (["train", "test", "auto"] as const).flatMap((part) => {
    const count = added.filter((one) => one.part === part).length;
    return count === 0 ? [] : `${count} ${partWords[part]}`;
  });
  const counts = [
    [present.length, "there already"],
    [changed.length, "changed to the dataset's labels or boxes"],
    [differing.length, "there with other labels or boxes"],
    [duplicates.length, "the same as another one"],
    [failures.length, "not imported"],
  ] as const;
  return [
    `project ${project.name}${isNew ? " (new)" : ""}: ${task}, ${labels.length === 0 ? "no labels" : labels.join(", ")}`,
    `added ${counted(added.length, "picture")}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`,
    ...counts.flatMap(([count, words]) => (count === 0 ? [] : `${count} ${words}`)),
    `look at them and train: ${address}`,
  ].join("\n");
}
