/** The detector on few pictures: 50 of stack lights, from which five labels are learnt, four of them from 7 to 16 boxes. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { data, evaluated, trained } from "./detector.mjs";

export const asks = "mAP50 on ../shared/data/indicator-lights, mean of three seeds";

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const name = "indicator-lights";
  if (!existsSync(join(data, name))) {
    say(`skipped: there is no ${join(data, name)}`);
    return [];
  }
  const seeds = args.includes("--quick") ? [1] : [1, 2, 3];
  const found = [];
  let seconds = 0;
  for (const seed of seeds) {
    const model = await trained(name, seed, say);
    seconds += model.seconds / seeds.length;
    found.push((await evaluated(model.bytes, name, say)).mAP50);
  }
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  return [
    {
      what: `indicator-lights, 50 → 13: mAP50 of all classes, mean of ${found.length} seeds`,
      asked: "≥ 0.60",
      measured: `${mean.toFixed(3)} (${found.map((value) => value.toFixed(3)).join(", ")})`,
      isMet: mean >= 0.6,
    },
    {
      what: "indicator-lights: training, mean",
      asked: "–",
      measured: `${(seconds / 60).toFixed(1)} min`,
      isMet: null,
    },
  ];
}
