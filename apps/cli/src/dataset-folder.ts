/** What the verbs that read datasets share: the layouts, and telling which files were left out. */
import { counted } from "./outcome.js";
import type { Context } from "./verb.js";

export { datasetFormats } from "@sightline/dataset/formats";

/** More names than this hide the message; `--json` has them all. */
const maxNamed = 10;

export function noteSkipped(context: Context, skipped: readonly { name: string; reason: string }[]): void {
  if (skipped.length === 0) return;
  const lines = skipped.slice(0, maxNamed).map(({ name, reason }) => `  ${name}: ${reason}`);
  if (skipped.length > maxNamed) lines.push(`  and ${skipped.length - maxNamed} more`);
  context.note([`skipped ${counted(skipped.length, "file")}:`, ...lines].join("\n"));
}
