/** The simplest dataset: a folder per label, with its pictures in it; no split of its own. */
import path from "node:path";
import { entries, folderNames, looksLikePicture } from "../folder-listing.js";
import { labelNames, readLabelFolders } from "../label-folders.js";
import { findNormalLabel } from "../labelled-pictures.js";
import { emptyPart, type Format, type Layout } from "./format.js";

export const classFolders: Format = {
  description: "a folder per label with its pictures (good/, scratch/)",
  async recognise(root, { isNamed }) {
    if (isNamed) return layout(root);
    const names = await folderNames(root);
    let isDeeper = false;
    for (const name of names) {
      const inside = await entries(path.join(root, name));
      if (inside.some((entry) => entry.isFile() && looksLikePicture(entry.name))) return layout(root);
      isDeeper ||= inside.some((entry) => entry.isDirectory());
    }
    // Folders without a picture and without folders are labels still empty, or filled with something else.
    return names.length > 0 && !isDeeper ? layout(root) : null;
  },
};

function layout(root: string): Layout {
  return {
    format: "classFolders",
    root,
    task: "byLabels",
    trainingName: "its label folders",
    // Given to an evaluation on purpose: all its pictures are the test.
    testName: "",
    normalLabel: async () => findNormalLabel(await labelNames(root, [""])),
    read: async (part) => (part === "validation" ? emptyPart : readLabelFolders(root, "")),
  };
}
