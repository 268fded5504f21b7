import assert from "node:assert/strict";
import { test } from "node:test";
import { colourise, heatPalette, paintLevels, type ScoreMap } from "@sightline/vision/heat-map";
import sharp from "sharp";
import { readHeader } from "./image-file.js";
import { encodePalettePng } from "./palette-png.js";

test("another decoder reads back every pixel of a painted score map", async () => {
  const map: ScoreMap = {
    width: 7,
    height: 5,
    data: Float32Array.from({ length: 35 }, (_, i) => ((i * 11) % 35) / 34),
  };
  const bytes = await encodePalettePng(paintLevels(map, 61, 43), heatPalette);
  assert.deepEqual(readHeader(bytes), { format: "png", width: 61, height: 43, orientation: 1 });
  const back = await sharp(bytes).ensureAlpha().raw().toBuffer();
  assert.ok(back.equals(Buffer.from(colourise(map, 61, 43))));
});

test("the widest palette and the smallest picture work", async () => {
  const palette = Uint8Array.from({ length: 256 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i >> 2) ^ (i % 4)));
  const all = { width: 16, height: 16, data: Uint8Array.from({ length: 256 }, (_, i) => i) };
  const back = await sharp(await encodePalettePng(all, palette))
    .ensureAlpha()
    .raw()
    .toBuffer();
  assert.ok(back.equals(Buffer.from(palette)));
  const one = await encodePalettePng({ width: 1, height: 1, data: new Uint8Array(1) }, Uint8Array.of(1, 2, 3, 255));
  assert.deepEqual([...(await sharp(one).ensureAlpha().raw().toBuffer())], [1, 2, 3, 255]);
});

test("pixels that don't fill the picture are refused", async () => {
  const pixels = { width: 2, height: 2, data: new Uint8Array(3) };
  await assert.rejects(
    encodePalettePng(pixels, new Uint8Array(4)),
    /must have 4 pixels and 1 to 256 colours, got 3 and 1/,
  );
});
