/** A split by folders: train/ and test/ (or valid/), each with a folder per label. */
import path from "node:path";
import { DatasetError } from "../dataset-error.js";
import { folderNames } from "../folder-listing.js";
import { labelNames, readAllLabelFolders, readLabelFolders } from "../label-folders.js";
import { findNormalLabel } from "../labelled-pictures.js";
import { emptyPart, type Format, type Layout } from "./format.js";

/** Folders inside the root that hold a folder per label. */
export interface SplitFolders {
  readonly training: readonly string[];
  readonly test: string | null;
  /** Folder of the masks, where there is one. */
  readonly masks: string | null;
}

const trainingNames = ["train", "training"];
const testNames = ["test", "testing"];
const validationNames = ["valid", "val", "validation"];

export const splitFolders: Format = {
  description: "train/ and test/ (or valid/), each with a folder per label",
  async recognise(root, { folder }) {
    const found = await findSplitFolders(root);
    if (found) return splitLayout(root, found);
    const names = await folderNames(root);
    const part = named(names, testNames) ?? named(names, validationNames);
    const hasTraining = named(names, trainingNames) !== undefined;
    if (!hasTraining && part !== undefined && (await folderNames(path.join(root, part))).length > 0) {
      throw new DatasetError(
        "DATASET_FORMAT_UNKNOWN",
        `"${folder}" has ${part}/ but no train/. Name the folder of labels itself: "${path.join(folder, part)}".`,
      );
    }
    return null;
  },
};

/** The folders of a split, or `null` when the root holds none. */
export async function findSplitFolders(root: string): Promise<SplitFolders | null> {
  const names = await folderNames(root);
  const train = named(names, trainingNames);
  // A label may be called "train" (bus, car, train): a part holds folders, a label holds pictures.
  if (train === undefined || (await folderNames(path.join(root, train))).length === 0) return null;
  const test = named(names, testNames);
  const validation = named(names, validationNames);
  return {
    // Beside a test part, validation pictures are there to be learned from.
    training: test !== undefined && validation !== undefined ? [train, validation] : [train],
    test: test ?? validation ?? null,
    masks: named(names, ["ground_truth"]) ?? null,
  };
}

export function splitLayout(root: string, { training, test }: SplitFolders): Layout {
  return {
    format: "splitFolders",
    root,
    task: "byLabels",
    trainingName: `${training.join("/, ")}/`,
    testName: test,
    normalLabel: async () => findNormalLabel(await labelNames(root, training)),
    read: async (part) => {
      if (part === "training") return readAllLabelFolders(root, training);
      return part === "test" && test !== null ? readLabelFolders(root, test) : emptyPart;
    },
  };
}

function named(names: readonly string[], wanted: readonly string[]): string | undefined {
  return names.find((name) => wanted.includes(name.toLowerCase()));
}
