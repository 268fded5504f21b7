import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { deflateSync } from "node:zlib";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import sharp from "sharp";
import {
  decodeImage,
  decodeMask,
  encodeJpeg,
  encodeOverlay,
  encodePng,
  ImageError,
  type ImageErrorCode,
  readHeader,
} from "./image-file.js";

/** Left half red, right half blue, with a green band on top: no turn or mirror image of it is the same. */
function flag(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      if (y < height / 4) data[to + 1] = 200;
      else data[to + (x < width / 2 ? 0 : 2)] = 200;
    }
  }
  return { width, height, data };
}

/** Which of red (r), green (g), blue (b) or none (.) a place shows; x and y from 0 to 1. */
function colourAt(image: Image, x: number, y: number): string {
  const at = (Math.floor(y * image.height) * image.width + Math.floor(x * image.width)) * 3;
  const strongest = [0, 1, 2].find((channel) => (image.data[at + channel] ?? 0) > 120);
  return strongest === undefined ? "." : ("rgb"[strongest] as string);
}

const raw = (image: Image) => ({ raw: { width: image.width, height: image.height, channels: 3 as const } });

function hasCode(code: ImageErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof ImageError && error.code === code;
}

/** A PNG chunk with its checksum. */
function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return Buffer.concat([length, body, checksum]);
}

function pngOf(width: number, height: number, pixels: Uint8Array): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", new Uint8Array()),
  ]);
}

test("a PNG comes back exactly as it was written", async () => {
  const image = flag(40, 30);
  const back = await decodeImage(await encodePng(image));
  assert.deepEqual([back.width, back.height], [40, 30]);
  assert.ok(Buffer.from(back.data).equals(Buffer.from(image.data)));
});

test("a JPEG comes back nearly as it was written", async () => {
  const bytes = await encodeJpeg(flag(64, 48), 90);
  assert.deepEqual(readHeader(bytes), { format: "jpeg", width: 64, height: 48, orientation: 1 });
  const back = await decodeImage(bytes);
  assert.equal([colourAt(back, 0.5, 0.1), colourAt(back, 0.2, 0.7), colourAt(back, 0.8, 0.7)].join(""), "grb");
});

test("grey, CMYK, transparent, 16-bit, palette and progressive pictures all become RGB", async () => {
  const image = flag(32, 24);
  const source = () => sharp(image.data, raw(image));
  const variants: Record<string, Buffer> = {
    "grey JPEG": await source().greyscale().jpeg().toBuffer(),
    "grey PNG": await source().greyscale().png().toBuffer(),
    "CMYK JPEG": await source().toColourspace("cmyk").jpeg().toBuffer(),
    "progressive JPEG": await source().jpeg({ progressive: true }).toBuffer(),
    "16-bit PNG": await source().toColourspace("rgb16").png().toBuffer(),
    "16-bit grey PNG": await source().greyscale().toColourspace("grey16").png().toBuffer(),
    "PNG with opacity": await source().ensureAlpha(1).png().toBuffer(),
    "palette PNG": await source().png({ palette: true }).toBuffer(),
    "interlaced PNG": await source().png({ progressive: true }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(variants)) {
    const back = await decodeImage(bytes);
    assert.equal(back.data.length, 32 * 24 * 3, name);
    const [red = 0, , blue = 0] = back.data.subarray((20 * 32 + 4) * 3);
    if (name.includes("grey")) assert.ok(Math.abs(red - blue) <= 1 && red > 20 && red < 200, name);
    else assert.ok(red > 120 && blue < 90, `${name}: red ${red}, blue ${blue}`);
  }
});

test("what is transparent shows white, whatever colour hides in it", async () => {
  const bytes = await encodePng({ width: 2, height: 1, data: Uint8Array.from([9, 9, 9, 0, 10, 20, 30, 255]) });
  assert.deepEqual([...(await decodeImage(bytes)).data], [255, 255, 255, 10, 20, 30]);
});

test("the turn that a camera noted is applied, and the header tells the size after it", async () => {
  const stored = flag(60, 40);
  // For each EXIF orientation: what is seen at the top, left, bottom, right of the picture.
  const seen: Record<number, string> = { 1: "g", 2: "g", 3: "r", 4: "r", 5: "r", 6: "r", 7: "b", 8: "b" };
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = await sharp(stored.data, raw(stored)).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const header = readHeader(bytes);
    assert.equal(header.orientation, orientation);
    const image = await decodeImage(bytes);
    assert.deepEqual([image.width, image.height], [header.width, header.height]);
    assert.deepEqual([image.width, image.height], orientation >= 5 ? [40, 60] : [60, 40]);
    const where = { 1: [0.5, 0.1], 2: [0.5, 0.1], 3: [0.9, 0.5], 4: [0.1, 0.5] }[orientation];
    if (where)
      assert.equal(colourAt(image, where[0] ?? 0, where[1] ?? 0), seen[orientation], `orientation ${orientation}`);
  }
  // 6 is a camera held upright: what was stored at the left is now on top, the green band at the right.
  const upright = await decodeImage(
    await sharp(stored.data, raw(stored)).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  );
  assert.equal([colourAt(upright, 0.9, 0.5), colourAt(upright, 0.4, 0.2), colourAt(upright, 0.4, 0.8)].join(""), "grb");
});

test("a large JPEG is decoded smaller, but never below the size asked for", async () => {
  const bytes = await encodeJpeg(flag(1003, 801), 80);
  for (const [minWidth, minHeight, width, height] of [
    [224, 224, 502, 401],
    [100, 100, 126, 101],
    [600, 10, 1003, 801],
    [2000, 2000, 1003, 801],
  ] as const) {
    const image = await decodeImage(bytes, { minWidth, minHeight });
    assert.deepEqual([image.width, image.height], [width, height]);
    assert.equal([colourAt(image, 0.5, 0.1), colourAt(image, 0.2, 0.7), colourAt(image, 0.8, 0.7)].join(""), "grb");
  }
});

test("half of a JPEG with even sides is the exact mean of its pixels, turned or not", async () => {
  const stored = flag(480, 322);
  for (const orientation of [1, 6]) {
    const bytes = await sharp(stored.data, raw(stored)).withMetadata({ orientation }).jpeg().toBuffer();
    const whole = await decodeImage(bytes);
    const [width, height] = [whole.width / 2, whole.height / 2];
    assert.deepEqual([width, height], orientation === 1 ? [240, 161] : [161, 240]);
    const half = await decodeImage(bytes, { minWidth: 140, minHeight: 140 });
    assert.deepEqual(half, resize(whole, width, height));
  }
});

test("a large JPEG that is turned is decoded smaller too", async () => {
  const stored = flag(800, 600);
  const bytes = await sharp(stored.data, raw(stored)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const image = await decodeImage(bytes, { minWidth: 100, minHeight: 200 });
  assert.deepEqual([image.width, image.height], [150, 200]);
  assert.equal([colourAt(image, 0.9, 0.5), colourAt(image, 0.4, 0.2), colourAt(image, 0.4, 0.8)].join(""), "grb");
});

test("files that are neither JPEG nor PNG are refused by what they are", async () => {
  const image = flag(8, 8);
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>',
  );
  const refused: Record<string, Uint8Array> = {
    "an SVG": svg,
    "a GIF": await sharp(image.data, raw(image)).gif().toBuffer(),
    "a WebP": await sharp(image.data, raw(image)).webp().toBuffer(),
    "a TIFF": await sharp(image.data, raw(image)).tiff().toBuffer(),
    "a HEIF": await sharp(image.data, raw(image)).avif().toBuffer(),
    "a BMP": Buffer.from("BM and some more bytes"),
    "a PDF": Buffer.from("%PDF-1.7 and some more"),
    "5 bytes of something else": Buffer.from("hello"),
  };
  for (const [what, bytes] of Object.entries(refused)) {
    await assert.rejects(decodeImage(bytes), (error) => hasCode("NOT_AN_IMAGE")(error) && String(error).includes(what));
    assert.throws(() => readHeader(bytes), hasCode("NOT_AN_IMAGE"));
  }
});

test("sharp itself opens nothing but JPEG and PNG bytes, even when asked directly", async () => {
  const image = flag(8, 8);
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>');
  const others = [
    svg,
    await sharp(image.data, raw(image)).gif().toBuffer(),
    await sharp(image.data, raw(image)).webp().toBuffer(),
    await sharp(image.data, raw(image)).tiff().toBuffer(),
    await sharp(image.data, raw(image)).avif().toBuffer(),
  ];
  for (const bytes of others) await assert.rejects(sharp(bytes).raw().toBuffer(), /unsupported image format/);
  await assert.rejects(sharp("/etc/hostname").raw().toBuffer());
  assert.equal(
    (
      await sharp(await encodePng(image))
        .raw()
        .toBuffer()
    ).length,
    8 * 8 * 3,
  );
});

test("a picture that is cut off is an error wherever it ends", async () => {
  const jpeg = await encodeJpeg(flag(120, 90), 90);
  const progressive = await sharp(flag(120, 90).data, raw(flag(120, 90)))
    .jpeg({ progressive: true })
    .toBuffer();
  const png = await encodePng(flag(120, 90));
  for (const whole of [jpeg, progressive, png]) {
    for (const share of [0.01, 0.2, 0.5, 0.8, 0.9]) {
      const part = whole.subarray(0, Math.max(9, Math.floor(whole.length * share)));
      await assert.rejects(decodeImage(part), hasCode("IMAGE_TRUNCATED"), `${share} of ${whole.length} bytes`);
    }
  }
  const large = await encodeJpeg(flag(1200, 900), 90);
  await assert.rejects(
    decodeImage(large.subarray(0, large.length / 2), { minWidth: 100, minHeight: 100 }),
    hasCode("IMAGE_TRUNCATED"),
  );
});

test("a picture with too many pixels is refused by its header alone", async () => {
  const bomb = pngOf(30_000, 30_000, new Uint8Array(10));
  await assert.rejects(
    decodeImage(bomb),
    (error) => hasCode("IMAGE_TOO_LARGE")(error) && /30000 x 30000 = 900 million/.test(String(error)),
  );
  await assert.rejects(decodeImage(await encodeJpeg(flag(100, 100)), { maxPixels: 9_999 }), hasCode("IMAGE_TOO_LARGE"));
  assert.equal((await decodeImage(await encodeJpeg(flag(100, 100)), { maxPixels: 10_000 })).width, 100);
});

test("no bytes, no size and no frame header are each refused", async () => {
  await assert.rejects(decodeImage(new Uint8Array()), hasCode("IMAGE_EMPTY"));
  assert.throws(() => readHeader(pngOf(0, 4, new Uint8Array())), hasCode("NOT_AN_IMAGE"));
  assert.throws(() => readHeader(Uint8Array.from([0xff, 0xd8, 0xff, 0xd9])), hasCode("NOT_AN_IMAGE"));
  assert.throws(() => readHeader(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])), hasCode("IMAGE_TRUNCATED"));
});

test("random damage never crashes the header reader or the decoder", async () => {
  const jpeg = await encodeJpeg(flag(48, 48), 80);
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 60; round++) {
    const broken = Uint8Array.from(jpeg);
    for (let i = 0; i < 8; i++) broken[2 + random(broken.length - 2)] = random(256);
    try {
      const image = await decodeImage(broken, { maxPixels: 1_000_000 });
      assert.equal(image.data.length, image.width * image.height * 3);
    } catch (error) {
      assert.ok(error instanceof ImageError, String(error));
    }
  }
});

test("a mask is 1 where it is bright, also when it was written with the values 0 and 1", async () => {
  const values = [0, 255, 0, 255];
  for (const top of [255, 1]) {
    const bytes = await encodePng({ width: 4, height: 1, data: Uint8Array.from(values, (value) => (value ? top : 0)) });
    assert.deepEqual([...(await decodeMask(bytes)).data], [0, 1, 0, 1]);
  }
  const dark = await decodeMask(await encodePng({ width: 2, height: 2, data: new Uint8Array(4) }));
  assert.ok(dark.data.every((value) => value === 0));
});

test("an overlay is stretched over the picture and shows through where it is transparent", async () => {
  // Two pixels: the left one lets all through, the right one is solid white.
  const overlay = await encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255) });
  const grey = { width: 64, height: 32, data: new Uint8Array(64 * 32 * 3).fill(90) };
  const { width, height, data } = await decodeImage(await encodeOverlay(grey, overlay));
  assert.deepEqual([width, height], [64, 32]);
  const at = (x: number) => data[(16 * 64 + x) * 3] as number;
  assert.ok(Math.abs(at(2) - 90) <= 3, `left ${at(2)}`);
  assert.ok(at(61) >= 250, `right ${at(61)}`);
});

test("a thread that starts to use pictures does not disturb one that is decoding", async () => {
  const bytes = await encodeJpeg({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) });
  const program = `import(${JSON.stringify(new URL("./image-file.js", import.meta.url).href)})`;
  let isStarting = true;
  const decoding = (async () => {
    while (isStarting) await decodeImage(bytes);
  })();
  for (let i = 0; i < 12; i++) {
    const worker = new Worker(program, { eval: true });
    await new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  }
  isStarting = false;
  await decoding;
});
