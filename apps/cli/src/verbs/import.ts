/** `sightline import lookout`: a project for teams that kept only the manifest and the pictures of Amazon Lookout for Vision. */
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.js";
import type { Outcome } from "../outcome.js";
import { type ConnectionOptions, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";
import { importFolder } from "./project-import.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("lookout")))
    .description(
      "Put the pictures of a Lookout for Vision dataset into a project, with their labels and masks. The pictures lie beside the manifest, in the folders they had in their bucket; a test.manifest or a folder of test pictures beside it becomes the test part. It can be stopped and run again.",
    )
    .requiredOption("--manifest <file>", "the dataset's manifest: a JSON line a picture")
    .option("--project <project>", "name or id; made if it is missing (default: the folder's name)")
    .option("--replace", "pictures that are there with other labels get the manifest's")
    .action(act(importLookout));
}

interface Options extends ConnectionOptions {
  readonly manifest: string;
  readonly project?: string;
  readonly replace?: true;
}

async function importLookout(context: Context, { manifest, ...options }: Options): Promise<Outcome> {
  const file = resolve(manifest);
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new CliError("FILE_NOT_FOUND", `There is no manifest "${manifest}". Say the file with --manifest.`);
  }
  return importFolder(context, dirname(file), { ...options, format: "groundTruth" });
}
