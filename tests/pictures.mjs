/** Pictures for tests: small real ones, and broken ones built byte by byte. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { root } from "./server-process.mjs";

const sharp = createRequire(join(root, "packages/dataset/package.json"))("sharp");

/** A JPEG with some content; another seed gives other bytes. */
export function jpeg({ width = 64, height = 64, seed = 1 } = {}) {
  return sharp(noise(width, height, seed), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

export function png({ width = 64, height = 64, seed = 1 } = {}) {
  return sharp(noise(width, height, seed), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A smooth grey disc with grain; a bad one has a dark spot on it, which a model can learn. */
export function part({ isBad, seed, size = 96 }) {
  const random = generator(seed);
  const pixels = Buffer.alloc(size * size * 3);
  const [spotX, spotY] = [size * (0.35 + 0.3 * random()), size * (0.35 + 0.3 * random())];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const isDisc = Math.hypot(x - size / 2, y - size / 2) < size * 0.42;
      const isSpot = isBad && Math.hypot(x - spotX, y - spotY) < size * 0.1;
      const level = (isSpot ? 40 : isDisc ? 170 : 90) + 12 * (random() - 0.5);
      pixels.fill(level, (y * size + x) * 3, (y * size + x) * 3 + 3);
    }
  }
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** A valid PNG header that promises more pixels than any machine has room for, and next to no data. */
export function hugePngHeader(width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

export const svg = Buffer.from(
  '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>',
);

function noise(width, height, seed) {
  const random = generator(seed);
  return Buffer.from(Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
}

/** Mulberry32: the same numbers for the same seed everywhere. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}
