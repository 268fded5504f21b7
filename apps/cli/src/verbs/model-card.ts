/** `sightline model card`: what a model file is, how good it is and what it can't do, for people who have to decide about it. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { htmlPage, markdownPage } from "@sightline/models/html-page";
import { cardOfFile } from "@sightline/models/model-card";
import type { Command } from "commander";
import { about } from "../cli-error.js";
import type { Outcome } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";
import { reserveFile } from "../whole-file.js";

export function register(command: Command, act: Act): void {
  withJson(command.command("card"))
    .description(
      "Write a model file's card: data, figures with intervals, limits, licence of the weights, how it was made.",
    )
    .argument("<file>", "the model file")
    .option("--out <file>", "a page where it ends in .html, else Markdown (default: Markdown, printed)")
    .option("--force", "overwrite an existing file")
    .action(act(card));
}

async function card(
  _context: Context,
  file: string,
  { out, force }: { readonly out?: string; readonly force?: true },
): Promise<Outcome> {
  const bytes = await about(file, readFile(file));
  const page = await about(
    file,
    Promise.resolve().then(() => cardOfFile(bytes, basename(file))),
  );
  if (out === undefined) return { text: markdownPage(page).trimEnd(), json: page };
  const target = await reserveFile(out, { overwrite: force === true });
  try {
    await target.commit(Buffer.from(out.endsWith(".html") ? htmlPage(page) : markdownPage(page)));
  } finally {
    await target.release();
  }
  return { text: `wrote ${target.path}`, json: { ...page, file: target.path } };
}
