/** Reads and writes the lines of a SageMaker Ground Truth manifest: pictures, their verdict and their masks. Opens no file. */

/** A defect type of a mask and the colour it is painted in. */
export interface MaskColour {
  readonly label: string;
  /** `#rrggbb`, lower case. */
  readonly colour: string;
}

export interface ManifestMask {
  /** Where the mask lies, as written. */
  readonly ref: string;
  /** The defect types; the background is none of them. */
  readonly colours: readonly MaskColour[];
  /** The key of the mask in its line, with `-ref`. */
  readonly attribute: string;
  readonly jobName: string | null;
  readonly createdAtMs: number | null;
}

export interface ManifestEntry {
  /** Where the picture lies, as written: `s3://bucket/key` or a path. */
  readonly sourceRef: string;
  /** `null`: nobody has said yet. */
  readonly isAnomalous: boolean | null;
  /** As the file wrote it: `normal`, `anomaly`, or another word. `null`: unlabelled. */
  readonly className: string | null;
  /** The key of the label in its line; `null`: unlabelled. */
  readonly attribute: string | null;
  /** 0–1, where the file says it. */
  readonly confidence: number | null;
  readonly isHumanAnnotated: boolean | null;
  readonly jobName: string | null;
  readonly createdAtMs: number | null;
  /** `null`: no mask, or none that can be used. */
  readonly mask: ManifestMask | null;
  /** Counted from 1. */
  readonly line: number;
}

/** What a reader should know: a line, and what was left out or taken differently. */
export interface ManifestNote {
  readonly line: number;
  /** The picture's path, where the line has one. */
  readonly sourceRef: string | null;
  readonly reason: string;
}

export interface ReadManifest {
  /** In the file's order; of lines with the same picture the last. */
  readonly entries: readonly ManifestEntry[];
  /** Lines that take no part. */
  readonly skipped: readonly ManifestNote[];
  /** Parts of lines that were left out or taken differently; their pictures take part. */
  readonly notes: readonly ManifestNote[];
}

/** What a line to be written says; everything else has its fixed form. */
export interface NewManifestEntry {
  readonly sourceRef: string;
  /** `null` writes a picture without a label. */
  readonly isAnomalous: boolean | null;
  readonly createdAtMs: number;
  readonly confidence?: number;
  readonly isHumanAnnotated?: boolean;
  readonly jobName?: string;
  readonly mask?: { readonly ref: string; readonly colours: readonly MaskColour[] };
}

const labelAttribute = "anomaly-label";
const maskAttribute = "anomaly-mask-ref";

/**
 * Reads a manifest as it is found in practice: byte order mark, blank lines, any attribute names, relative paths, no
 * background in the colour map, dates as a browser prints them. A line that can't be used is reported, never guessed at.
 *
 * @example
 * const { entries, skipped, notes } = readGroundTruthManifest(await readFile("template.manifest", "utf8"));
 */
export function readGroundTruthManifest(text: string): ReadManifest {
  const byPicture = new Map<string, ManifestEntry>();
  const skipped: ManifestNote[] = [];
  const notes: ManifestNote[] = [];
  for (const [at, row] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (row.trim() === "") continue;
    const line = at + 1;
    const entry = readGroundTruthLine(row, line, (sourceRef, reason) => notes.push({ line, sourceRef, reason }));
    if ("reason" in entry) {
      skipped.push(entry);
      continue;
    }
    const before = byPicture.get(entry.sourceRef);
    if (before) {
      skipped.push({
        line: before.line,
        sourceRef: before.sourceRef,
        reason: `is named again in line ${line}, which counts`,
      });
      byPicture.delete(entry.sourceRef);
    }
    byPicture.set(entry.sourceRef, entry);
  }
  return { entries: [...byPicture.values()], skipped: skipped.sort((a, b) => a.line - b.line), notes };
}

/** One line; what can't be used comes back with its reason. `note` hears of what was left out or taken differently. */
export function readGroundTruthLine(
  row: string,
  line: number,
  note: (sourceRef: string, reason: string) => void = () => {},
): ManifestEntry | ManifestNote {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch (cause) {
    return { line, sourceRef: null, reason: `is not JSON (${(cause as Error).message})` };
  }
  const fields = asRecord(value);
  if (fields === null) return { line, sourceRef: null, reason: "must be a JSON object" };
  const sourceRef = fields["source-ref"];
  if (typeof sourceRef !== "string" || sourceRef.trim() === "") {
    const instead = fields.source === undefined ? "" : '; "source" holds text, not a picture';
    return { line, sourceRef: null, reason: `names no picture: "source-ref" must be a path${instead}` };
  }
  const say = (reason: string): void => note(sourceRef, reason);
  const verdict = readVerdict(fields, say);
  if (typeof verdict === "string") return { line, sourceRef, reason: verdict };
  const drawn = readMask(fields, say);
  const isOfGood = drawn !== null && verdict.isAnomalous === false;
  if (isOfGood) say(`"${drawn.attribute}" names a mask, but the picture is normal; the mask is left out`);
  return { sourceRef, line, ...verdict, mask: isOfGood ? null : drawn };
}

/**
 * One line in the strict form, without a line break; readers of every kind take it.
 *
 * @throws RangeError for a mask of a picture that isn't anomalous, or a colour that is none
 */
export function writeGroundTruthLine(entry: NewManifestEntry): string {
  const { sourceRef, isAnomalous, createdAtMs, confidence, isHumanAnnotated = true, jobName, mask } = entry;
  const common = {
    "job-name": jobName ?? "labeling-job/sightline",
    "human-annotated": isHumanAnnotated ? "yes" : "no",
    "creation-date": new Date(createdAtMs).toISOString(),
  };
  const line: Record<string, unknown> = { "source-ref": sourceRef };
  if (isAnomalous !== null) {
    line[labelAttribute] = isAnomalous ? 1 : 0;
    line[`${labelAttribute}-metadata`] = {
      confidence: confidence ?? 1,
      "class-name": isAnomalous ? "anomaly" : "normal",
      ...common,
      type: classificationType,
    };
  }
  if (mask) {
    if (isAnomalous !== true) throw new RangeError(`Only an anomalous picture has a mask; "${sourceRef}" is none.`);
    const wrong = mask.colours.find(({ colour }) => parseColour(colour) === null);
    if (wrong) throw new RangeError(`The colour of "${wrong.label}" must be #rrggbb, got "${wrong.colour}".`);
    const rows = [{ label: background, colour: "#ffffff" }, ...mask.colours];
    line[maskAttribute] = mask.ref;
    line[`${maskAttribute}-metadata`] = {
      "internal-color-map": Object.fromEntries(
        rows.map(({ label, colour }, i) => [
          `${i}`,
          { "class-name": label, "hex-color": colour, confidence: i === 0 ? 0 : 1 },
        ]),
      ),
      ...common,
      type: segmentationType,
    };
  }
  return JSON.stringify(line);
}

/** Lines in the strict form. */
export function writeGroundTruthManifest(entries: readonly NewManifestEntry[]): string {
  return entries.map((entry) => `${writeGroundTruthLine(entry)}\n`).join("");
}

const classificationType = "groundtruth/image-classification";
const segmentationType = "groundtruth/semantic-segmentation";
const background = "BACKGROUND";

type Fields = Readonly<Record<string, unknown>>;
type Verdict = Omit<ManifestEntry, "sourceRef" | "line" | "mask">;

/** The newest label of the line, or why it has none that can be used. */
function readVerdict(fields: Fields, say: (reason: string) => void): Verdict | string {
  const found = Object.keys(fields).flatMap((attribute) => {
    const metadata = asRecord(fields[`${attribute}-metadata`]);
    if (metadata === null || attribute.endsWith("-ref")) return [];
    const type = metadata.type;
    const isLabel = typeof type === "string" ? type.trim() === classificationType : "class-name" in metadata;
    return isLabel ? [{ attribute, metadata }] : [];
  });
  const named = found.filter(({ metadata }) => verdictOf(metadata["class-name"]) !== null);
  const chosen = (named.length > 0 ? named : found).at(-1);
  if (chosen === undefined) {
    return {
      ...{ isAnomalous: null, className: null, attribute: null, confidence: null },
      ...{ isHumanAnnotated: null, jobName: null, createdAtMs: null },
    };
  }
  const { attribute, metadata } = chosen;
  if (found.length > 1) say(`has ${found.length} labels; "${attribute}", the last, counts`);
  const number = fields[attribute];
  const byNumber = number === 0 ? false : number === 1 ? true : null;
  const className = typeof metadata["class-name"] === "string" ? metadata["class-name"].trim() : "";
  const byName = verdictOf(className);
  if (className !== "" && byName === null)
    return `is labelled "${className}", where "normal" or "anomaly" is expected ("${attribute}-metadata", "class-name")`;
  const isAnomalous = byName ?? byNumber;
  if (isAnomalous === null) return `"${attribute}" must be 0 (normal) or 1 (anomaly), got ${shown(number)}`;
  if (byNumber !== null && byNumber !== isAnomalous)
    say(`"${attribute}" is ${shown(number)}, but its class name is "${className}", which counts`);
  const confidence = metadata.confidence;
  return {
    isAnomalous,
    className: className === "" ? (isAnomalous ? "anomaly" : "normal") : className,
    attribute,
    confidence: typeof confidence === "number" && confidence >= 0 && confidence <= 1 ? confidence : null,
    isHumanAnnotated: yesOrNo(metadata["human-annotated"]),
    jobName: typeof metadata["job-name"] === "string" ? metadata["job-name"] : null,
    createdAtMs: parseDate(metadata["creation-date"]),
  };
}

/** `null` for a word that is neither. */
function verdictOf(className: unknown): boolean | null {
  if (typeof className !== "string") return null;
  const word = className.trim().toLowerCase();
  if (word === "normal") return false;
  return word === "anomaly" || word === "anomalous" ? true : null;
}

function readMask(fields: Fields, say: (reason: string) => void): ManifestMask | null {
  const attributes = Object.keys(fields).filter(
    (name) => name !== "source-ref" && name.endsWith("-ref") && asRecord(fields[`${name}-metadata`]) !== null,
  );
  for (const attribute of attributes.reverse()) {
    const metadata = asRecord(fields[`${attribute}-metadata`]) as Fields;
    const map = asRecord(metadata["internal-color-map"]);
    const ref = fields[attribute];
    if (metadata.type !== undefined && metadata.type !== segmentationType) continue;
    if (typeof ref !== "string" || ref.trim() === "") {
      say(`"${attribute}" must be a path, got ${shown(ref)}; the mask is left out`);
      continue;
    }
    if (map === null) {
      say(`"${attribute}-metadata" has no "internal-color-map"; the mask is left out`);
      continue;
    }
    const colours = readColours(map, attribute, say);
    if (colours.length === 0) {
      say(`the colour map of "${attribute}" names no defect; the mask is left out`);
      continue;
    }
    const jobName = typeof metadata["job-name"] === "string" ? metadata["job-name"] : null;
    return { ref, colours, attribute, jobName, createdAtMs: parseDate(metadata["creation-date"]) };
  }
  return null;
}

function readColours(map: Fields, attribute: string, say: (reason: string) => void): MaskColour[] {
  const colours: MaskColour[] = [];
  for (const [key, value] of Object.entries(map)) {
    const row = asRecord(value);
    const label = typeof row?.["class-name"] === "string" ? row["class-name"].trim() : "";
    const colour = parseColour(row?.["hex-color"]);
    if (label.toUpperCase() === background) continue;
    if (label === "" || colour === null) {
      say(
        `entry "${key}" of the colour map of "${attribute}" has no ${label === "" ? "class name" : "colour #rrggbb"}; left out`,
      );
    } else if (colours.some((other) => other.label === label || other.colour === colour)) {
      say(`entry "${key}" of the colour map of "${attribute}" repeats "${label}" or ${colour}; left out`);
    } else colours.push({ label, colour });
  }
  return colours;
}

/** `#rrggbb` in lower case from `#RRGGBB`, `RRGGBB` or `#RRGGBBAA`; `null` for anything else. */
export function parseColour(value: unknown): string | null {
  const match = typeof value === "string" ? /^#?([0-9a-f]{6})(?:[0-9a-f]{2})?$/i.exec(value.trim()) : null;
  return match ? `#${(match[1] as string).toLowerCase()}` : null;
}

/** Milliseconds; a date without a zone is UTC, as Ground Truth means it. */
function parseDate(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const isPlain = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(value.trim());
  const timeMs = Date.parse(isPlain ? `${value.trim().replace(" ", "T")}Z` : value);
  return Number.isFinite(timeMs) ? timeMs : null;
}

function yesOrNo(value: unknown): boolean | null {
  if (typeof value !== "string") return typeof value === "boolean" ? value : null;
  return /^(yes|no)$/i.test(value.trim()) ? value.trim().toLowerCase() === "yes" : null;
}

function asRecord(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 60);
}
