/** `sightline explain`: which parts of a picture made a model answer as it did. */
import { readFile } from "node:fs/promises";
import { decodeImage, encodePng, withLayer } from "@sightline/dataset/image-file";
import { explainBounds } from "@sightline/models/explain-options";
import { type Explanation, explainMethods, openExplainer } from "@sightline/models/explainer";
import { drawBoxes } from "@sightline/vision/drawing";
import type { Image } from "@sightline/vision/image";
import { cutTile, pasteTile } from "@sightline/vision/tiles";
import { type Command, Option } from "commander";
import { about } from "../cli-error.js";
import { realNumber, wholeNumber } from "../flag-values.js";
import { type Outcome, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";
import { reserveFile } from "../whole-file.js";

const { regions, evaluations } = explainBounds;

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Tell which parts of a picture made a model answer as it did, in numbers and as a picture.")
    .argument("<model>", "model file made by `sightline train`")
    .argument("<picture>", "JPEG or PNG file")
    .addOption(
      new Option(
        "--method <name>",
        "shap: each region's Shapley value, which add up to the answer; occlusion: what the answer loses where a window covers the picture; activation: where the last feature map speaks for the label, the quickest",
      )
        .choices(explainMethods)
        .default("shap"),
    )
    .option("--label <label>", "the label to explain; default: the answer, of an anomaly model `anomaly`")
    .option("--detection <number>", "of a detector: which object, best first, from 0; default: 0", wholeNumber(0, 9999))
    .option("--out <file>", "write the picture with the map over it as PNG, and all values beside it as JSON")
    .option("--force", "overwrite these two files")
    .option(
      "--regions <number>",
      `about so many parts of the picture; default: ${regions.usual}`,
      wholeNumber(regions.least, regions.most),
    )
    .addOption(
      new Option("--shape <shape>", "superpixels follow the picture's edges")
        .choices(["superpixels", "grid"])
        .default("superpixels"),
    )
    .addOption(
      new Option("--unit <unit>", "what values are told in; evidence adds up in log-odds")
        .choices(["log-odds", "probability"])
        .default("log-odds"),
    )
    .addOption(
      new Option(
        "--baseline <name>",
        "what stands where a part is taken away; auto: the mildest change of all that takes the answer away",
      )
        .choices(["auto", "blur", "mean"])
        .default("auto"),
    )
    .option(
      "--evaluations <number>",
      `how often shap may ask the network; default: ${evaluations.usual}`,
      wholeNumber(evaluations.least, evaluations.most),
    )
    .option(
      "--threshold <score>",
      "an anomaly model's threshold, or the score from which an object counts",
      realNumber(0.001, 0.999),
    )
    .option("--seed <number>", "another one draws other regions; default: 0", wholeNumber(0, 2 ** 31 - 1))
    .option("--threads <number>", "default: one less than the cores", wholeNumber(1, 256))
    .action(act(explain));
}

interface Options {
  readonly method: (typeof explainMethods)[number];
  readonly label?: string;
  readonly detection?: number;
  readonly out?: string;
  readonly force?: true;
  readonly regions?: number;
  readonly shape: "superpixels" | "grid";
  readonly unit: "log-odds" | "probability";
  readonly baseline: "auto" | "blur" | "mean";
  readonly evaluations?: number;
  readonly threshold?: number;
  readonly seed?: number;
  readonly threads?: number;
}

async function explain(context: Context, model: string, file: string, options: Options): Promise<Outcome> {
  const bytes = await readFile(file);
  const { out, force = false, threads, threshold, ...asked } = options;
  const files = out === undefined ? null : await reserved(out, force);
  const explainer = await about(model, openExplainer(model, threads === undefined ? {} : { threads }));
  try {
    const isDetector = explainer.manifest.task === "detection";
    const limit = threshold === undefined ? {} : isDetector ? { scoreThreshold: threshold } : { threshold };
    const explanation = await about(
      file,
      explainer.explain(
        bytes,
        { ...asked, ...limit },
        { signal: context.signal, onProgress: (share) => context.progress.report(share, "Asking the network") },
      ),
    );
    const json = facts(model, file, explanation);
    if (files === null) return { json, text: told(file, explanation) };
    await files.overlay.commit(await encodePng(await drawn(bytes, explanation)));
    await files.values.commit(Buffer.from(`${JSON.stringify(json, null, 2)}\n`));
    const [overlay, values] = [files.overlay.path, files.values.path];
    return {
      json: { ...json, overlay, values },
      text: `${told(file, explanation)}\nwrote ${overlay} and ${values}`,
    };
  } finally {
    await Promise.all([files?.overlay.release(), files?.values.release()]);
    await explainer.close();
  }
}

/** Both files, before the work: `part.png` and `part.json`. */
async function reserved(out: string, overwrite: boolean) {
  const stem = out.replace(/\.png$/i, "");
  return {
    overlay: await reserveFile(`${stem}.png`, { overwrite }),
    values: await reserveFile(`${stem}.json`, { overwrite }),
  };
}

/** What a program reads: everything but the pictures. */
function facts(model: string, file: string, explanation: Explanation) {
  const { overlayPng: _, values: __, regionOf: ___, ...rest } = explanation;
  return { model, file, ...rest };
}

/** The picture with the map over it, the object's box, and what is explained. */
async function drawn(bytes: Uint8Array, explanation: Explanation): Promise<Image> {
  const picture = await decodeImage(bytes);
  const { area, overlayPng, detection, label, prediction } = explanation;
  const [x, y] = [Math.round(area.x1), Math.round(area.y1)];
  const tile = { x, y, width: Math.round(area.x2) - x, height: Math.round(area.y2) - y };
  const shown = pasteTile(picture, tile, await withLayer(cutTile(picture, tile), overlayPng, 1));
  const text = `${label} ${prediction.toFixed(2)}`;
  const place = detection ?? { x1: 0, y1: 0, x2: 0, y2: 0 };
  return drawBoxes(shown, [{ ...place, text, classIndex: 0 }]);
}

/** So many regions are told in text; the file has all. */
const toldRegions = 8;

function told(file: string, explanation: Explanation): string {
  const { label, prediction, base, regions, evaluations, elapsedMs, unit, evidence, baseEvidence } = explanation;
  const hasErrors = regions.some(({ error }) => error !== null);
  const rows = regions
    .slice(0, toldRegions)
    .map(({ region, value, error, share, box }) => [
      region,
      signed(value),
      ...(hasErrors ? [(error ?? 0).toFixed(3)] : []),
      `${(100 * share).toFixed(1)} %`,
      `${Math.round(box.x1)},${Math.round(box.y1)} – ${Math.round(box.x2)},${Math.round(box.y2)}`,
    ]);
  const sum = regions.reduce((total, { value }) => total + value, 0);
  const head = `${file}: ${label} ${prediction.toFixed(3)}${base === null ? "" : `, with nothing shown ${base.toFixed(3)}`}`;
  const from = evidence !== null && baseEvidence !== null ? ` from ${signed(baseEvidence)} to ${signed(evidence)}` : "";
  const closing = [
    from === "" ? `${regions.length} regions` : `${regions.length} regions add up to ${signed(sum)}${from}`,
    `${evaluations} evaluations in ${(elapsedMs / 1000).toFixed(1)} s`,
  ].join("; ");
  const titles = ["region", unit, ...(hasErrors ? ["±"] : []), "share", "where"];
  return `${head}\n\n${table(titles, rows)}\n\n${closing}`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
