/**
 * docs/reference/gradients.md: the worst relative errors of every gradient. `node packages/nn/dist/gradient-table.js
 * --write` measures and writes it; without `--write` it prints.
 */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { gradientCases } from "./gradient-cases.js";
import type { GradientErrors } from "./gradient-check.js";
import { bounds, checkGradients } from "./gradient-check.js";
import { chooseTarget } from "./lowering/choose-target.js";

export const gradientPage = new URL("../../../docs/reference/gradients.md", import.meta.url);

async function page(): Promise<string> {
  const target = await chooseTarget({ threads: 1 });
  const rows: string[] = [];
  for (const gradientCase of gradientCases) {
    const errors = await checkGradients(gradientCase, target.kind === "turbo" ? target : null);
    rows.push(`| ${gradientCase.title} | ${columns.map((column) => figure(errors[column])).join(" | ")} |`);
  }
  const turbo = target.kind === "turbo" ? `turbo with blocks of ${target.block}` : "no turbo on this machine";
  return `<!-- Written by packages/nn/src/gradient-table.ts. Do not edit. -->
# Gradients

How right each gradient is, on small shapes with odd sizes, strides, groups, asymmetric pads and broadcasting. Every row is a
graph that is differentiated by all its inputs and parameters; a figure is the largest difference of an element over the
largest element of the same gradient (or over a hundredth of the row's largest, where that is more), the worst of the row's
gradients. In order: the gradient rules in float64 against
central differences in float64; ONNX Runtime in float32 by standard operators against the float64 rules; the same for the
blocked layout ("turbo"); turbo against standard operators.

Bounds that a test holds each row to: ${columns.map((column) => bounds[column]).join(", ")}. Measured on
${cpus()[0]?.model ?? "an unknown processor"}, ${turbo}. Again: \`node packages/nn/dist/gradient-table.js --write\`.

| what | rules to differences | portable to rules | turbo to rules | turbo to portable |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

const columns: readonly (keyof GradientErrors)[] = [
  "referenceToDifferences",
  "portableToReference",
  "turboToReference",
  "turboToPortable",
];

function figure(error: number | null): string {
  if (error === null) return "–";
  return error === 0 ? "0" : error.toExponential(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await page();
  if (process.argv.includes("--write")) writeFileSync(gradientPage, text);
  else process.stdout.write(text);
}
