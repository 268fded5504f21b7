/** The dataset formats, one row each; a new format is a file in this folder and a row here. */
import type { DatasetFormat } from "../dataset.js";
import { classFolders } from "./class-folders.js";
import type { Format } from "./format.js";
import { groundTruth } from "./ground-truth.js";
import { indexJson } from "./index-json.js";
import { lst } from "./lst.js";
import { mvtec } from "./mvtec.js";
import { splitFolders } from "./split-folders.js";
import { voc } from "./voc.js";
import { yolo } from "./yolo.js";

/** In the order in which a folder is looked at: the most particular first. */
export const formats = {
  index: indexJson,
  groundTruth,
  lst,
  voc,
  yolo,
  mvtec,
  splitFolders,
  classFolders,
} satisfies Record<DatasetFormat, Format>;

export const datasetFormats = Object.keys(formats) as readonly DatasetFormat[];
