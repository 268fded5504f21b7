/**
 * YOLO: pictures in `images/{train,val,test}`, a text file of normalised boxes for each in `labels/{…}`, names of the
 * classes in `data.yaml` or `classes.txt`. Also `{train,valid,test}/images` and `/labels`, as some tools export it.
 *
 * Paths written in data.yaml are those of another machine more often than not, so what lies in the folder counts.
 * An empty label file is a picture without objects; a missing one leaves the picture out, and is reported: nobody said
 * that there is nothing in it.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { readPictureHeader, usableBox } from "../annotated-boxes.js";
import type { LabelledBox, Sample } from "../dataset.js";
import { DatasetError } from "../dataset-error.js";
import { entries, findEntry, folderNames, looksLikePicture } from "../folder-listing.js";
import { byName, usablePictures } from "../picture-files.js";
import { emptyPart, type Format, type Layout, type Part, type PartContents, type Skipped } from "./format.js";
import { readClassNames } from "./yolo-names.js";

export const yolo: Format = {
  description:
    "images/train and images/val, labels/train and labels/val with a text file of boxes a picture, data.yaml",
  async recognise(root, { folder, isNamed }) {
    const parts = (await splitInside(root)) ?? (await splitOutside(root));
    if (parts === null) return null;
    const names = await readClassNames(root, folder);
    if (names === null) {
      // Without names, a pair of folders called images and labels may be anything.
      if (!isNamed) return null;
      throw new DatasetError(
        "DATASET_LABELS_INVALID",
        `"${folder}" must name its classes: add data.yaml with names: [first, second], or classes.txt with a name a line.`,
      );
    }
    return layout(root, folder, names, parts);
  },
};

/** Folders of pictures and labels inside the root. */
interface PartFolder {
  readonly pictures: string;
  readonly labels: string;
}
type Parts = Readonly<Record<Part, PartFolder | null>>;

const partNames: Readonly<Record<Part, readonly string[]>> = {
  training: ["train", "training"],
  validation: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

/** `images/train` beside `labels/train`; also `images/` and `labels/` alone, without a split. */
async function splitInside(root: string): Promise<Parts | null> {
  const images = await findEntry(root, "images", "folder");
  const labels = await findEntry(root, "labels", "folder");
  if (!images || !labels) return null;
  const inside = await folderNames(path.join(root, images));
  const partFolder = (part: Part): PartFolder | null => {
    const name = inside.find((entry) => partNames[part].includes(entry.toLowerCase()));
    return name === undefined ? null : { pictures: `${images}/${name}`, labels: `${labels}/${name}` };
  };
  const training = partFolder("training");
  if (training) return dealt(training, partFolder("validation"), partFolder("test"));
  const whole = { pictures: images, labels };
  return { training: whole, validation: null, test: whole };
}

/** `train/images` beside `train/labels`. */
async function splitOutside(root: string): Promise<Parts | null> {
  const found: Partial<Record<Part, PartFolder>> = {};
  for (const name of await folderNames(root)) {
    const part = (Object.keys(partNames) as Part[]).find((key) => partNames[key].includes(name.toLowerCase()));
    if (part === undefined) continue;
    const images = await findEntry(path.join(root, name), "images", "folder");
    const labels = await findEntry(path.join(root, name), "labels", "folder");
    if (images && labels) found[part] = { pictures: `${name}/${images}`, labels: `${name}/${labels}` };
  }
  return found.training ? dealt(found.training, found.validation ?? null, found.test ?? null) : null;
}

/** Without a test part, the validation part is what models are measured on. */
function dealt(training: PartFolder, validation: PartFolder | null, test: PartFolder | null): Parts {
  return { training, validation: test ? validation : null, test: test ?? validation };
}

function layout(root: string, folder: string, names: readonly string[], parts: Parts): Layout {
  return {
    format: "yolo",
    root,
    task: "detection",
    trainingName: `${parts.training?.pictures ?? "images"}/`,
    testName: parts.test?.pictures ?? null,
    normalLabel: async () => null,
    async read(part) {
      const source = parts[part];
      return source === null ? emptyPart : readPart({ root, folder, names }, source);
    },
  };
}

interface YoloFolder {
  readonly root: string;
  /** As the user wrote it, for messages. */
  readonly folder: string;
  readonly names: readonly string[];
}

async function readPart(dataset: YoloFolder, { pictures, labels }: PartFolder): Promise<PartContents> {
  const [skipped, boxNotes]: [Skipped[], Skipped[]] = [[], []];
  const candidates: Sample[] = [];
  for (const entry of await entries(path.join(dataset.root, pictures))) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const name = `${pictures}/${entry.name}`;
    if (looksLikePicture(entry.name)) candidates.push({ name, file: path.join(dataset.root, name), label: "" });
  }
  const usable = await usablePictures(candidates);
  const samples: Sample[] = [];
  for (const sample of usable.samples) {
    const name = `${labels}/${path.parse(sample.name).name}.txt`;
    const text = await readFile(path.join(dataset.root, name), "utf8").catch((error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "ENOENT"
          ? `has no ${name}; write an empty one if there is nothing in it`
          : `its ${name}: ${error.code}`;
      skipped.push({ name: sample.name, reason });
      return null;
    });
    if (text === null) continue;
    const { boxes, problems } = readBoxes(text, name, dataset, await readPictureHeader(sample.file));
    boxNotes.push(...problems);
    samples.push({ ...sample, boxes });
  }
  return { labels: dataset.names, samples, skipped: [...skipped, ...usable.skipped].sort(byName), boxNotes };
}

function readBoxes(
  text: string,
  name: string,
  { folder, names }: YoloFolder,
  size: { readonly width: number; readonly height: number },
): { boxes: LabelledBox[]; problems: Skipped[] } {
  const boxes: LabelledBox[] = [];
  const problems: Skipped[] = [];
  for (const [i, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const where = `"${path.join(folder, name)}", line ${i + 1}`;
    const { classIndex, x1, y1, x2, y2 } = readLine(line, where);
    const label = names[classIndex];
    if (label === undefined) {
      throw invalid(
        where,
        `has the class ${classIndex}, but there are ${names.length} names (0 to ${names.length - 1})`,
      );
    }
    const scaled = { label, x1: x1 * size.width, y1: y1 * size.height, x2: x2 * size.width, y2: y2 * size.height };
    const { box, problem } = usableBox(scaled, size);
    if (box) boxes.push(box);
    if (problem) problems.push({ name, reason: `line ${i + 1}: ${problem}` });
  }
  return { boxes, problems };
}

interface Line {
  readonly classIndex: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Beyond this, numbers are pixels: nobody draws a box twice as far out as the picture is wide. */
const largestShare = 2;

/** `class cx cy width height`, or `class x y x y x y …`, an outline, of which the box around it counts. */
function readLine(line: string, where: string): Line {
  const [classIndex, ...values] = line.trim().split(/\s+/).map(Number) as [number, ...number[]];
  const isOutline = values.length >= 6 && values.length % 2 === 0;
  if (
    !Number.isInteger(classIndex) ||
    classIndex < 0 ||
    !values.every(Number.isFinite) ||
    !(values.length === 4 || isOutline)
  ) {
    throw invalid(where, `must be "class cx cy width height" in numbers, got "${line.trim().slice(0, 80)}"`);
  }
  if (values.some((value) => Math.abs(value) > largestShare)) {
    throw invalid(where, `must have shares of the picture's sides (0 to 1), got "${line.trim().slice(0, 80)}"`);
  }
  if (isOutline) {
    const xs = values.filter((_, i) => i % 2 === 0);
    const ys = values.filter((_, i) => i % 2 === 1);
    return { classIndex, x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
  }
  const [cx, cy, width, height] = values as [number, number, number, number];
  return { classIndex, x1: cx - width / 2, y1: cy - height / 2, x2: cx + width / 2, y2: cy + height / 2 };
}

function invalid(where: string, what: string): DatasetError {
  return new DatasetError("DATASET_LABELS_INVALID", `${where} ${what}. Correct it and try again.`);
}
