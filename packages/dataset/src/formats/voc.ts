/**
 * Pascal VOC: `JPEGImages/`, an XML file of boxes for each picture in `Annotations/`, and lists of names in
 * `ImageSets/Main/`, which are the split. Without lists, all pictures are there to learn from.
 *
 * Coordinates are taken as they stand, as the corners of the box: tools count from 0 or from 1, which no file tells.
 * Objects marked difficult are objects like all others.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { readPictureHeader, usableBox } from "../annotated-boxes.js";
import type { LabelledBox, Sample } from "../dataset.js";
import { DatasetError } from "../dataset-error.js";
import { entries, findEntry, looksLikePicture } from "../folder-listing.js";
import { byName, usablePictures } from "../picture-files.js";
import { child, parseXml, type XmlElement, XmlError } from "../xml.js";
import { emptyPart, type Format, type Layout, type Part, type PartContents, type Skipped } from "./format.js";

export const voc: Format = {
  description:
    "JPEGImages/, Annotations/ with an XML file of boxes a picture, ImageSets/Main/ with train.txt and test.txt",
  async recognise(root) {
    const [pictures, annotations, sets] = await Promise.all(
      ["jpegimages", "annotations", "imagesets"].map((name) => findEntry(root, name, "folder")),
    );
    if (!pictures || !annotations) return null;
    const main = sets ? await findEntry(path.join(root, sets), "main", "folder") : null;
    return layout({
      root,
      pictures,
      annotations,
      lists: main && sets ? await readLists(root, `${sets}/${main}`) : null,
    });
  },
};

interface VocFolder {
  readonly root: string;
  /** Names of the folders as they are written on disk. */
  readonly pictures: string;
  readonly annotations: string;
  /** Names of pictures without ending, by part; `null`: the dataset has no lists. */
  readonly lists: Readonly<Record<Part, readonly string[] | null>> | null;
}

function layout(folder: VocFolder): Layout {
  const { root, lists } = folder;
  return {
    format: "voc",
    root,
    task: "detection",
    trainingName: lists === null ? "JPEGImages/" : "ImageSets/Main/train.txt",
    testName: lists === null ? "" : lists.test === null ? null : "ImageSets/Main",
    normalLabel: async () => null,
    async read(part) {
      if (part === "validation" && !lists?.validation) return emptyPart;
      return readPart(folder, part);
    },
  };
}

/** The lists in effect: without a test list, the validation list is what models are measured on. */
async function readLists(root: string, folder: string): Promise<VocFolder["lists"]> {
  const list = async (name: string): Promise<readonly string[] | null> => {
    const found = await findEntry(path.join(root, folder), `${name}.txt`, "file");
    if (found === null) return null;
    const text = await readFile(path.join(root, folder, found), "utf8");
    const names = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/)[0] ?? "");
    return [...new Set(names.filter((line) => line !== ""))];
  };
  const [train, val, trainval, test] = await Promise.all(["train", "val", "trainval", "test"].map(list));
  const training = train ?? trainval ?? null;
  if (training === null) return null;
  // Of trainval nobody can say which pictures to put aside.
  const validation = train ? (val ?? null) : null;
  const parts = { training, validation: test ? validation : null, test: test ?? validation };
  const learnt = new Set([...training, ...(parts.validation ?? [])]);
  const both = parts.test?.find((name) => learnt.has(name));
  if (both !== undefined) {
    throw new DatasetError(
      "DATASET_LABELS_INVALID",
      `"${path.join(root, folder)}" lists "${both}" for training and for the test, so that a model would be tested on ` +
        "what it learned from. Take it out of one list.",
    );
  }
  return parts;
}

async function readPart(folder: VocFolder, part: Part): Promise<PartContents> {
  const inFolder = await entries(path.join(folder.root, folder.pictures));
  const files = new Map(
    inFolder.filter(({ name }) => looksLikePicture(name)).map(({ name }) => [path.parse(name).name, name]),
  );
  const listed = folder.lists === null ? [...files.keys()] : (folder.lists[part] ?? []);
  const [skipped, boxNotes]: [Skipped[], Skipped[]] = [[], []];
  const candidates: Sample[] = [];
  for (const name of listed) {
    const file = files.get(name);
    if (file === undefined) skipped.push({ name: `${folder.pictures}/${name}`, reason: "is listed but doesn't exist" });
    else {
      candidates.push({
        name: `${folder.pictures}/${file}`,
        file: path.join(folder.root, folder.pictures, file),
        label: "",
      });
    }
  }
  if (part === "training" && folder.lists !== null) {
    const known = new Set(Object.values(folder.lists).flatMap((names) => names ?? []));
    for (const [name, file] of files) {
      if (!known.has(name)) skipped.push({ name: `${folder.pictures}/${file}`, reason: "is in none of the lists" });
    }
  }
  const usable = await usablePictures(candidates);
  const samples: Sample[] = [];
  for (const sample of usable.samples) {
    const { boxes, problems } = await readAnnotation(folder, sample);
    (boxes === null ? skipped : boxNotes).push(...problems);
    if (boxes !== null) samples.push({ ...sample, boxes });
  }
  const labels = new Set(samples.flatMap(({ boxes }) => (boxes ?? []).map(({ label }) => label)));
  return { labels: [...labels].sort(), samples, skipped: [...skipped, ...usable.skipped].sort(byName), boxNotes };
}

/** The boxes of one picture, or `null` where the picture can't be used. */
async function readAnnotation(
  { root, annotations }: VocFolder,
  sample: Sample,
): Promise<{ boxes: LabelledBox[] | null; problems: Skipped[] }> {
  const name = `${annotations}/${path.parse(sample.name).name}.xml`;
  const unusable = (reason: string) => ({ boxes: null, problems: [{ name: sample.name, reason }] });
  let annotation: XmlElement;
  try {
    annotation = parseXml(await readFile(path.join(root, name), "utf8"));
  } catch (error) {
    if (error instanceof XmlError) return unusable(`its ${name} can't be read: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return unusable(`has no ${name}`);
    return unusable(`its ${name} can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  const { width, height } = await readPictureHeader(sample.file);
  const said = saidSize(annotation);
  if (said && (said.width !== width || said.height !== height)) {
    return unusable(`its ${name} is about ${said.width} x ${said.height} pixels, the picture has ${width} x ${height}`);
  }
  const boxes: LabelledBox[] = [];
  const problems: Skipped[] = [];
  for (const [i, object] of annotation.children.filter((element) => element.name === "object").entries()) {
    const read = readObject(object);
    if (read === null) {
      problems.push({ name, reason: `object ${i + 1} has no name or no bndbox with four numbers; left out` });
      continue;
    }
    const { box, problem } = usableBox(read, { width, height });
    if (box) boxes.push(box);
    if (problem) problems.push({ name, reason: `object ${i + 1}: ${problem}` });
  }
  return { boxes, problems };
}

/** What the file says the picture's size is; `null` where it doesn't say, or says 0 as some tools do. */
function saidSize(annotation: XmlElement): { width: number; height: number } | null {
  const size = child(annotation, "size");
  const width = Number(size && child(size, "width")?.text);
  const height = Number(size && child(size, "height")?.text);
  return width > 0 && height > 0 ? { width, height } : null;
}

function readObject(object: XmlElement): LabelledBox | null {
  const label = child(object, "name")?.text ?? "";
  const box = child(object, "bndbox");
  const [x1, y1, x2, y2] = ["xmin", "ymin", "xmax", "ymax"].map((side) => {
    const text = box && child(box, side)?.text;
    return text ? Number(text) : Number.NaN;
  }) as [number, number, number, number];
  return label !== "" && [x1, y1, x2, y2].every(Number.isFinite) ? { label, x1, y1, x2, y2 } : null;
}
