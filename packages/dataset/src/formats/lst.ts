/**
 * MXNet's list files for several labels a picture: TAB separated, no header, a number, a 0 or 1 for each label, and the
 * picture's path, which may hold spaces and commas.
 *
 * The file names no labels, so `labels.txt` beside it (or in the dataset's folder) does, a name a line in the order of
 * the columns; a first line that starts with `id` does too. Without either they are label1, label2, …
 */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Sample } from "../dataset.js";
import { entries, findEntry, folderNames, listedFile } from "../folder-listing.js";
import { byName, usablePictures } from "../picture-files.js";
import { emptyPart, type Format, type Layout, type Part, type PartContents, type Skipped } from "./format.js";
import { readLabelNames, readList, refuse } from "./lst-file.js";

export const lst: Format = {
  description: "train.lst and test.lst (or valid.lst): TAB separated number, 0 or 1 for each label, picture",
  async recognise(root, { folder }) {
    const lists = await findLists(root, folder);
    return lists === null ? null : layout(root, folder, lists);
  },
};

/** A list and the folder it lies in, both relative to the root with `/`; "" is the root itself. */
interface ListFile {
  readonly folder: string;
  readonly name: string;
}

type Lists = Readonly<Record<Part, ListFile | null>>;

const partNames: Readonly<Record<Part, readonly string[]>> = {
  training: ["train", "training"],
  validation: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

/** The part that a name like `train.lst`, `train-imgs` or `my_valid_2` speaks of; `null`: none, or several. */
function partOf(name: string): Part | null {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const parts = (Object.keys(partNames) as Part[]).filter((part) =>
    partNames[part].some((word) => words.includes(word)),
  );
  return parts.length === 1 ? (parts[0] ?? null) : null;
}

/** Lists in the root or one folder below it, dealt to the parts by their names or their folders'. */
async function findLists(root: string, shown: string): Promise<Lists | null> {
  const found: ListFile[] = [];
  for (const folder of ["", ...(await folderNames(root))]) {
    for (const entry of await entries(path.join(root, folder))) {
      if (entry.isFile() && entry.name.toLowerCase().endsWith(".lst")) found.push({ folder, name: entry.name });
    }
  }
  const lists: Record<Part, ListFile | null> = { training: null, validation: null, test: null };
  for (const list of found) {
    const part = partOf(list.name) ?? partOf(list.folder);
    // One list alone may be called anything: it is all there is.
    if (part === null && found.length === 1) return { training: list, validation: null, test: list };
    const before = part && lists[part];
    if (part === null || before) {
      const other = before ? ` "${pathOf(before)}" is the ${part} part already.` : "";
      throw refuse(
        path.join(shown, pathOf(list)),
        `must say in its name which part it lists (train.lst, valid.lst, test.lst).${other}`,
      );
    }
    lists[part] = list;
  }
  if (found.length === 0) return null;
  if (lists.training === null) {
    throw refuse(path.join(shown, pathOf(found[0] as ListFile)), "needs a train.lst beside it to learn from");
  }
  // Like everywhere: without a test list, the validation list is what models are measured on.
  return {
    training: lists.training,
    validation: lists.test ? lists.validation : null,
    test: lists.test ?? lists.validation,
  };
}

function layout(root: string, folder: string, lists: Lists): Layout {
  return {
    format: "lst",
    root,
    task: "multilabel",
    trainingName: lists.training ? pathOf(lists.training) : "a list of training pictures",
    testName: lists.test ? pathOf(lists.test) : null,
    normalLabel: async () => null,
    async read(part) {
      const list = lists[part];
      if (list === null) return emptyPart;
      const contents = await readPart(root, folder, list, lists);
      if (part !== "training") await refuseShared(root, folder, lists, part);
      return contents;
    },
  };
}

async function readPart(root: string, folder: string, list: ListFile, lists: Lists): Promise<PartContents> {
  const shown = path.join(folder, pathOf(list));
  const { rows, header, columns } = readList(await readFile(path.join(root, pathOf(list)), "utf8"), shown);
  // Names are the training list's, so that a part without any doesn't call them otherwise.
  const labels = await labelsOf(root, folder, lists, list, header, columns);
  const places = await pictureFolders(root, list);
  const skipped: Skipped[] = [];
  const candidates: Sample[] = [];
  const seen = new Map<string, number>();
  for (const { line, listed, holds } of rows) {
    const found = await findPicture(root, places, listed);
    if (typeof found === "string") {
      skipped.push({ name: listed, reason: `${found} (${pathOf(list)}, line ${line})` });
      continue;
    }
    const before = seen.get(found.file);
    if (before !== undefined) throw refuse(shown, `names "${listed}" twice, in the lines ${before} and ${line}`);
    seen.set(found.file, line);
    candidates.push({ ...found, label: "", labels: labels.filter((_, k) => holds[k]) });
  }
  const usable = await usablePictures(candidates);
  return { labels, samples: usable.samples, skipped: [...skipped, ...usable.skipped].sort(byName) };
}

async function labelsOf(
  root: string,
  folder: string,
  lists: Lists,
  list: ListFile,
  header: readonly string[] | null,
  columns: number,
): Promise<readonly string[]> {
  const shown = path.join(folder, pathOf(list));
  for (const place of new Set([list.folder, lists.training?.folder ?? "", ""])) {
    const name = await findEntry(path.join(root, place), "labels.txt", "file");
    if (name === null) continue;
    const file = path.join(folder, place, name);
    const labels = readLabelNames(await readFile(path.join(root, place, name), "utf8"), file);
    if (labels.length === columns) return labels;
    throw refuse(file, `must name the ${columns} labels of "${shown}", a name a line, got ${labels.length}`);
  }
  if (header) return header;
  if (lists.training !== null && lists.training !== list) {
    const training = path.join(folder, pathOf(lists.training));
    const { header: names, columns: known } = readList(
      await readFile(path.join(root, pathOf(lists.training)), "utf8"),
      training,
    );
    if (known !== columns) throw refuse(shown, `must have ${known} labels like "${training}", got ${columns}`);
    if (names) return names;
  }
  return Array.from({ length: columns }, (_, k) => `label${k + 1}`);
}

/**
 * Where a list's pictures may lie, the likeliest first: beside it, in the root, in a folder of the same part
 * (`train-annots/train.lst` and `train-imgs/`), in a folder of no part (`frames/`).
 */
async function pictureFolders(root: string, list: ListFile): Promise<readonly string[]> {
  const part = partOf(list.name) ?? partOf(list.folder);
  const beside = await folderNames(root);
  const samePart = beside.filter((name) => part !== null && partOf(name) === part);
  const noPart = beside.filter((name) => partOf(name) === null);
  return [...new Set([list.folder, "", ...samePart, ...noPart])];
}

/** The picture, or why there is none. */
async function findPicture(
  root: string,
  places: readonly string[],
  listed: string,
): Promise<{ readonly name: string; readonly file: string } | string> {
  for (const place of places) {
    const found = listedFile(root, path.posix.join(place, listed.replaceAll("\\", "/")));
    if (found === null) return "lies outside the dataset's folder";
    if ((await stat(found.file).catch(() => null)) !== null) return found;
  }
  const looked = places.map((place) => (place === "" ? "the dataset's folder" : `${place}/`));
  return `doesn't exist in ${looked.join(", ")}`;
}

/** A picture in two parts would be tested on after it was learned from. */
async function refuseShared(root: string, folder: string, lists: Lists, part: Part): Promise<void> {
  const [here, training] = [lists[part], lists.training];
  if (here === null || training === null || here === training) return;
  const filesOf = async (list: ListFile): Promise<Map<string, number>> => {
    const shown = path.join(folder, pathOf(list));
    const { rows } = readList(await readFile(path.join(root, pathOf(list)), "utf8"), shown);
    const places = await pictureFolders(root, list);
    const files = new Map<string, number>();
    for (const { listed, line } of rows) {
      const found = await findPicture(root, places, listed);
      if (typeof found !== "string") files.set(found.name, line);
    }
    return files;
  };
  const learned = await filesOf(training);
  for (const [name, line] of await filesOf(here)) {
    const before = learned.get(name);
    if (before === undefined) continue;
    throw refuse(
      path.join(folder, pathOf(here)),
      `lists "${name}" in line ${line}, which ${pathOf(training)} has in line ${before}: ` +
        "a model would be tested on what it learned from",
    );
  }
}

function pathOf({ folder, name }: ListFile): string {
  return path.posix.join(folder, name);
}
