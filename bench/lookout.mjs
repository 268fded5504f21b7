/** `npm run bench -- lookout`: the Lookout for Vision API and models that learn from masks, on the example set that Amazon published. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { allOperations, cookies, lookoutJourney, putCookies } from "../tests/lookout-journey.mjs";
import { caller } from "../tests/server-process.mjs";
import { load, quantile, startServer } from "./bench-server.mjs";

export const asks =
  "all operations of the Lookout for Vision API by the official client on ../shared/data/lookout-cookies; how well and how fast defects are found; --only=api or masks: that part";

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(cookies)) {
    say(`skipped: there is no ${cookies}`);
    return [];
  }
  const only = args.find((arg) => arg.startsWith("--only="))?.slice("--only=".length);
  return [...(only === "masks" ? [] : await throughTheApi(say)), ...(only === "api" ? [] : await onMasks(say))];
}

async function throughTheApi(say) {
  const data = mkdtempSync(join(tmpdir(), "sightline-lookout-"));
  const server = await startServer(data);
  const answered = new Set();
  const operations = (measured, isMet) => ({
    what: "operations that the official client went through, from a manifest to verdicts and back to nothing",
    asked: `${allOperations.length}`,
    measured,
    isMet,
  });
  try {
    const api = caller(server, server.token);
    const way = { url: server.url, api, data, putPictures: putCookies, answered, say };
    const { verdicts } = await lookoutJourney(way);
    const right = verdicts.filter(({ isAnomalous, said }) => said.IsAnomalous === isAnomalous).length;
    const accuracy = right / verdicts.length;
    return [
      operations(`${answered.size}`, answered.size === allOperations.length),
      {
        what: "lookout-cookies: accuracy on the test pictures, by DetectAnomalies",
        asked: "≥ 0.90",
        measured: `${accuracy.toFixed(3)} (${right} of ${verdicts.length})`,
        isMet: accuracy >= 0.9,
      },
    ];
  } catch (error) {
    say(`broke off: ${error.stack}`);
    return [operations(`${answered.size}, then: ${error.message}`, false)];
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function onMasks(say) {
  const { readTrainingPart } = await load("packages/dataset/dist/training-part.js");
  const { train } = await load("packages/models/dist/train.js");
  const { openPredictor } = await load("packages/models/dist/predictor.js");
  say("a model of all training pictures");
  const begunAt = performance.now();
  const threads = availableParallelism();
  const pictures = await readTrainingPart(cookies);
  const { bytes, manifest } = await train({ pictures, method: "auto", seed: 1, threads });
  const seconds = (performance.now() - begunAt) / 1000;
  const [cracked] = manifest.metrics.defects;
  const rows = [
    {
      what: `lookout-cookies, \`auto\` (chose ${manifest.method}): mean IoU of "cracked" by folds of ${cracked.images} masks`,
      asked: "≥ 0.55",
      measured: cracked.meanIou.toFixed(3),
      isMet: cracked.meanIou >= 0.55,
    },
    {
      what: "lookout-cookies, `auto` with masks: training",
      asked: "–",
      measured: `${seconds.toFixed(0)} s`,
      isMet: null,
    },
  ];
  const folder = join(cookies, "test-images");
  const tested = readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))));
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const perPicture = async (options) => {
      const times = [];
      for (let round = 0; round < 6; round++) {
        for (const picture of tested) {
          const startedAt = performance.now();
          await predictor.predict(picture, options);
          // The first round warms up.
          if (round > 0) times.push(performance.now() - startedAt);
        }
      }
      return quantile(times, 0.5);
    };
    const verdictMs = await perPicture({});
    const maskMs = await perPicture({ labelMapPng: true });
    rows.push(
      {
        what: "from a picture of 576x768 to its verdict on one thread, median",
        asked: "≤ 25 ms",
        measured: `${verdictMs.toFixed(1)} ms`,
        isMet: verdictMs <= 25,
      },
      { what: "the same with the mask as a PNG", asked: "–", measured: `${maskMs.toFixed(1)} ms`, isMet: null },
    );
  } finally {
    await predictor.close();
  }
  return rows;
}
