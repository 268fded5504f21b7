/** Build step: converts the pretrained backbone that comes with @mediapipe/objectron and writes it to the cache. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { backboneSha256, builtBackboneFile, sha256 } from "./backbone.js";
import { convertBackbone } from "./backbone-conversion.js";
import { describeBackbone } from "./backbone-description.js";
import { checkFingerprint } from "./backbone-fingerprint.js";
import { ModelError } from "./model-error.js";

/** Where the TensorFlow Lite file lies inside the package's asset file (MediaPipe, Apache-2.0). */
const source = {
  package: "@mediapipe/objectron",
  file: "objectron_solution_packed_assets.data",
  start: 184,
  end: 9_987_912,
  sha256: "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
} as const;

/** Does nothing when the file is there and whole. */
async function main(): Promise<void> {
  const target = builtBackboneFile();
  if (existsSync(target) && sha256(readFileSync(target)) === backboneSha256) return;
  const graph = convertBackbone(readSource());
  await checkFingerprint(describeBackbone(graph, backboneSha256));
  const metadata = new Map([
    ["source", `${source.package}, MediaPipe, Apache-2.0`],
    ["source_sha256", source.sha256],
  ]);
  const bytes = writeOnnx({ ...graph, metadata });
  if (sha256(bytes) !== backboneSha256) {
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `The converted backbone has SHA-256 ${sha256(bytes)}, expected ${backboneSha256}. ` +
        "Its outputs are right: after a change of the conversion, enter the new digest in backbone.ts.",
    );
  }
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, bytes, { flush: true });
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
  process.stderr.write(`Converted the pretrained backbone to ${target}\n`);
}

function readSource(): Uint8Array {
  const folder = dirname(createRequire(import.meta.url).resolve(`${source.package}/package.json`));
  const bytes = readFileSync(join(folder, source.file)).subarray(source.start, source.end);
  if (sha256(bytes) !== source.sha256) {
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `${join(folder, source.file)} isn't the file expected: SHA-256 of its network is ${sha256(bytes)}. Run "npm ci".`,
    );
  }
  return bytes;
}

await main();
