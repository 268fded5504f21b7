/** For tests: a listening service with the official client on it, a bucket full of pictures, and a training that ends at once. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LookoutVisionClient, type LookoutVisionClientConfig } from "@aws-sdk/client-lookoutvision";
import type { UserRole } from "@sightline/api/people";
import { encodeJpeg, encodePng } from "@sightline/dataset/image-file";
import { type Manifest, writeModel } from "@sightline/models/model-file";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor } from "@sightline/nn/tensor";
import { openTestService, type TestService, type TestServiceOptions } from "../http/test-service.js";
import type { OpenPredictor } from "../inspect/predictors.js";
import type { AccessKeys } from "./access-keys.js";

export interface TestLookout {
  readonly service: TestService;
  readonly url: string;
  readonly client: LookoutVisionClient;
  /** Where a file `hold` keeps the training from ending, and `fail` makes it fail. */
  readonly trainFolder: string;
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Another client of the same server. */
  clientWith(config: LookoutVisionClientConfig): LookoutVisionClient;
  /** A key of a new person with this role. */
  keyOf(role: UserRole): ReturnType<AccessKeys["create"]>;
  /** Puts a file into a bucket's folder. */
  put(bucket: string, key: string, bytes: Uint8Array | string): Promise<void>;
  folderOf(bucket: string): string;
  close(): Promise<void>;
}

/** Waits a moment, then hands out the model file that lies beside it. */
const program = `
import { copyFileSync, existsSync } from "node:fs";
process.once("message", (order) => {
  process.send({ kind: "progress", progress: 0.5, step: "Learns " + order.training.samples.length });
  const wait = setInterval(() => {
    if (existsSync(import.meta.dirname + "/hold")) return;
    clearInterval(wait);
    if (existsSync(import.meta.dirname + "/fail")) {
      process.send({ kind: "failed", code: "TOO_FEW", message: "Too few pictures.", isBug: false }, () => process.exit(1));
      return;
    }
    copyFileSync(import.meta.dirname + "/model.onnx", order.outputFile);
    process.send({ kind: "done", skipped: [] }, () => process.exit(0));
  }, 5);
});
`;

/** A network that means nothing; the played predictor answers in its place. */
export function playedModelFile(): Uint8Array {
  const builder = new GraphBuilder();
  builder.input("image", "float32", ["N", 3, 8, 8]);
  const pooled = builder.add("Flatten", [builder.add("GlobalAveragePool", ["image"])], { axis: 1 });
  const mean = builder.add("MatMul", [pooled, floatTensor([3, 1], [0.01, 0.01, 0.01])]);
  builder.output(mean, "raw_score");
  builder.output(builder.add("Sigmoid", [mean]), "score");
  return writeModel(builder.build("played"), {
    formatVersion: 1,
    method: "patchcore",
    task: "anomaly",
    labels: ["normal", "anomaly"],
    normalLabel: "normal",
    input: { width: 8, height: 8 },
    threshold: 0,
    temperature: 1,
    metrics: {
      source: "test",
      images: 4,
      accuracy: 0.75,
      precision: 0.9,
      recall: 0.8,
      f1: 0.847,
      auroc: 0.95,
      ece: null,
      confusion: {
        labels: ["normal", "anomaly"],
        counts: [
          [2, 0],
          [1, 1],
        ],
      },
      mAP50: null,
      mAP50_95: null,
      perLabel: [],
    },
    scores: [
      { score: 0.9, isAnomaly: true },
      { score: 0.6, isAnomaly: false },
      { score: 0.4, isAnomaly: true },
    ],
    roc: [],
    candidates: [],
    dataset: { name: "cookies", hash: "0".repeat(64), images: 6, byLabel: {} },
    seed: 1,
    createdAt: "2026-01-02T03:04:05.678Z",
    sightlineVersion: "0.1.0",
  } satisfies Manifest).bytes;
}

export async function openTestLookout(
  options: TestServiceOptions & { openPredictor?: OpenPredictor; realTraining?: boolean } = {},
): Promise<TestLookout> {
  const { realTraining = false, config, ...rest } = options;
  const place = await mkdtemp(join(tmpdir(), "sightline-lookout-"));
  await writeFile(join(place, "train.mjs"), program);
  await writeFile(join(place, "model.onnx"), playedModelFile());
  const service = await openTestService({
    ...rest,
    ...(realTraining ? {} : { trainProgram: join(place, "train.mjs") }),
    config: {
      ...config,
      lookout: { minSide: 8, minNormal: 2, minAnomaly: 2, minNormalWithTest: 1, minTest: 1, ...config?.lookout },
    },
  });
  const url = await service.http.app.listen({ host: "127.0.0.1", port: 0 });
  await service.http.resume(url);
  const keyOf = async (role: UserRole) => {
    const { accessKeys, store } = service.services;
    const user = await store.write((tx) => tx.access.putUser(`the ${role}`, role));
    return accessKeys.create(user.name);
  };
  const key = await keyOf("operator");
  const clients: LookoutVisionClient[] = [];
  const clientWith = (more: LookoutVisionClientConfig) => {
    const client = new LookoutVisionClient({
      endpoint: url,
      region: "eu-west-1",
      credentials: key,
      maxAttempts: 1,
      ...more,
    });
    clients.push(client);
    return client;
  };
  const folderOf = (bucket: string) => join(service.services.config.dataFolder, "buckets", bucket);
  return {
    service,
    url,
    key,
    trainFolder: place,
    client: clientWith({}),
    clientWith,
    keyOf,
    folderOf,
    async put(bucket, name, bytes) {
      const file = join(folderOf(bucket), name);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, bytes);
    },
    async close() {
      for (const client of clients) client.destroy();
      await service.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

export function manifestLine(ref: string, isAnomalous: boolean | null, mask?: string): string {
  const common = { "creation-date": "2022-08-22T20:52:51.851Z", "human-annotated": "yes", "job-name": "job" };
  return JSON.stringify({
    "source-ref": ref,
    ...(isAnomalous === null
      ? {}
      : {
          "anomaly-label": isAnomalous ? 1 : 0,
          "anomaly-label-metadata": {
            "class-name": isAnomalous ? "anomaly" : "normal",
            type: "groundtruth/image-classification",
            ...common,
          },
        }),
    ...(mask === undefined
      ? {}
      : {
          "anomaly-mask-ref": mask,
          "anomaly-mask-ref-metadata": {
            "internal-color-map": { 0: { "class-name": "cracked", "hex-color": "#23A436" } },
            type: "groundtruth/semantic-segmentation",
            ...common,
          },
        }),
  });
}

const side = 16;

/** A picture of one grey; another grey is another picture. */
export const grey = (value: number): Promise<Uint8Array> =>
  encodeJpeg({ width: side, height: side, data: new Uint8Array(side * side * 3).fill(value) });

export const maskPng = (): Promise<Uint8Array> =>
  encodePng({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, (_, at) =>
      at < 96 ? ([0x23, 0xa4, 0x36][at % 3] as number) : 255,
    ),
  });

/** Bucket `cookies`: three normal pictures, three anomalies (one with a mask), one without a label, and `train.manifest`. */
export async function putCookies({ put }: Pick<TestLookout, "put">): Promise<void> {
  const lines: string[] = [];
  for (const [at, isAnomalous] of [false, false, false, true, true, true, null].entries()) {
    const name = `pictures/${isAnomalous === null ? "unknown" : isAnomalous ? "bad" : "good"}-${at}.jpg`;
    await put("cookies", name, await grey(20 * at + 5));
    lines.push(
      manifestLine(`s3://cookies/${name}`, isAnomalous, at === 3 ? "s3://cookies/masks/bad-3.png" : undefined),
    );
  }
  await put("cookies", "masks/bad-3.png", await maskPng());
  await put("cookies", "train.manifest", `${lines.join("\n")}\n`);
}

/** Asks until it is so. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (attempt > 3000) throw new Error(`It did not come about; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
