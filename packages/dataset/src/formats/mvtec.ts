/** The layout of the MVTec anomaly datasets: good pictures to learn from, maybe defects, and defects with masks to be tested on. */
import { lstat } from "node:fs/promises";
import path from "node:path";
import type { Sample } from "../dataset.js";
import { labelNames } from "../label-folders.js";
import type { Format } from "./format.js";
import { findSplitFolders, splitLayout } from "./split-folders.js";

export const mvtec: Format = {
  description: "train/good/, test/<defect>/ and ground_truth/<defect>/<name>_mask.png",
  async recognise(root, { isNamed }) {
    const found = await findSplitFolders(root);
    // The split without masks is read the same way, so a person may name it so.
    if (found === null || (!isNamed && (found.masks === null || found.test === null))) return null;
    const split = splitLayout(root, found);
    return {
      ...split,
      format: "mvtec",
      async normalLabel() {
        const labels = await labelNames(root, found.training);
        return (await split.normalLabel()) ?? (labels.length === 1 ? (labels[0] ?? null) : null);
      },
      async read(part) {
        const contents = await split.read(part);
        if (found.masks === null || found.test === null || part === "validation") return contents;
        const samples: Sample[] = [];
        for (const sample of contents.samples) {
          // A test picture of the same name is the one that the mask was drawn for.
          const isOfTest =
            part === "training" &&
            (await isFile(path.join(root, found.test, sample.label, path.basename(sample.file))));
          samples.push(isOfTest ? sample : await withMask(path.join(root, found.masks), sample));
        }
        return { ...contents, samples };
      },
    };
  },
};

/** Adds the mask `<masks>/<label>/<name>_mask.png` or `<name>.png`, where there is one. */
async function withMask(masks: string, sample: Sample): Promise<Sample> {
  const { name } = path.parse(sample.file);
  for (const fileName of [`${name}_mask.png`, `${name}.png`]) {
    const maskFile = path.join(masks, sample.label, fileName);
    if (await isFile(maskFile)) return { ...sample, maskFile };
  }
  return sample;
}

async function isFile(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => null))?.isFile() ?? false;
}
