/** The embedder on the real backbone: the same picture gives the same numbers, another one others, and what is no picture is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJpeg } from "@sightline/dataset/image-file";
import { readBackbone } from "./backbone.js";
import { pooledFeatureCount } from "./classifier/pooled-features.js";
import { openEmbedder } from "./embedder.js";

async function picture(level: (x: number) => number): Promise<Uint8Array> {
  const [width, height] = [96, 64];
  const data = new Uint8Array(width * height * 3).map((_, at) => level(Math.floor(at / 3) % width));
  return encodeJpeg({ width, height, data }, 95);
}

test("a picture has one embedding, whatever came before it, and another picture has another", async (t) => {
  const embedder = await openEmbedder();
  t.after(() => embedder.close());
  const plain = await picture(() => 128);
  const striped = await picture((x) => (x % 16 < 8 ? 40 : 220));
  const [first, other, again] = await Promise.all([plain, striped, plain].map((bytes) => embedder.embed(bytes)));
  assert.ok(first !== undefined && other !== undefined);
  assert.equal(first.length, pooledFeatureCount(readBackbone()));
  assert.deepEqual(again, first);
  assert.ok(first.some((value, at) => Math.abs(value - (other[at] ?? 0)) > 0.1));
  assert.match(embedder.id, /^[0-9a-f]{64}$/);
});

test("bytes that are no picture fail by themselves; a closed embedder says so", async () => {
  const embedder = await openEmbedder();
  const [refused, taken] = await Promise.allSettled([
    embedder.embed(new Uint8Array([1, 2, 3])),
    embedder.embed(await picture(() => 10)),
  ]);
  assert.equal(refused?.status, "rejected");
  assert.match(String(refused.reason), /has no embedding/);
  assert.equal(taken?.status, "fulfilled");
  const underWay = embedder.embed(await picture(() => 20));
  const closing = embedder.close();
  await assert.rejects(underWay, { code: "PREDICTOR_CLOSED" });
  await closing;
  await assert.rejects(embedder.embed(new Uint8Array()), { code: "PREDICTOR_CLOSED" });
});

test("a backbone that is not there is told before any thread is started", async () => {
  await assert.rejects(openEmbedder({ file: "/nowhere/backbone.onnx" }), { code: "BACKBONE_MISSING" });
});
