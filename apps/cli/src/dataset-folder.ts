/** What the verbs that read datasets share: the layouts, and telling which files were left out. */
import { counted } from "./outcome.js";
import type { Context } from "./verb.js";

export { datasetFormats } from "@sightline/dataset/formats";

/** More names than this hide the message; `--json` has them all. */
const maxNamed = 10;

interface Note {
  readonly name: string;
  readonly reason: string;
}

/** What takes part, but not as it was annotated. */
interface Notes {
  /** Boxes that were cut or left out. */
  readonly boxNotes?: readonly Note[];
  /** Masks and labels that were left out or taken differently. */
  readonly maskNotes?: readonly Note[];
}

export function noteSkipped(
  context: Context,
  skipped: readonly Note[],
  { boxNotes = [], maskNotes = [] }: Notes,
): void {
  list(context, `skipped ${counted(skipped.length, "file")}:`, skipped);
  list(
    context,
    `${counted(boxNotes.length, "box", "boxes")} cut at the edge or left out (the pictures are used):`,
    boxNotes,
  );
  list(
    context,
    `${counted(maskNotes.length, "mask or label", "masks or labels")} left out or taken differently (the pictures are used):`,
    maskNotes,
  );
}

function list(context: Context, title: string, notes: readonly Note[]): void {
  if (notes.length === 0) return;
  const lines = notes.slice(0, maxNamed).map(({ name, reason }) => `  ${name}: ${reason}`);
  if (notes.length > maxNamed) lines.push(`  and ${notes.length - maxNamed} more`);
  context.note([title, ...lines].join("\n"));
}
