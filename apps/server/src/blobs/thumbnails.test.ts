import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJpeg, readHeader } from "@sightline/dataset/image-file";
import { createLimiter } from "../limiter.js";
import { createThumbnails } from "./thumbnails.js";

/** The same picture under several names, and how often each was read. */
async function pictures(names: readonly string[]) {
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const data = new Uint8Array(3 * 640 * 400).map((_, i) => (i * 7) % 251);
    files.set(name, await encodeJpeg({ width: 640, height: 400, data }));
  }
  const reads = new Map<string, number>();
  const read = async (name: string): Promise<Buffer> => {
    reads.set(name, (reads.get(name) ?? 0) + 1);
    const bytes = files.get(name);
    if (bytes === undefined) throw new Error(`no ${name}`);
    return Buffer.from(bytes);
  };
  return { read, reads };
}

test("a thumbnail is 160 pixels wide and made once for all who look at it together and after", async () => {
  const blobs = await pictures(["a"]);
  const thumbnails = createThumbnails({ blobs, decoding: createLimiter(2), maxBytes: 1_000_000 });
  const [first, second] = await Promise.all([thumbnails.of("a"), thumbnails.of("a")]);
  const { format, width, height } = readHeader(first);
  assert.deepEqual({ format, width, height }, { format: "jpeg", width: 160, height: 100 });
  assert.equal(second, first);
  assert.equal(await thumbnails.of("a"), first);
  assert.equal(blobs.reads.get("a"), 1);
});

test("beyond the bytes kept, the thumbnail not asked for longest is made anew", async () => {
  const blobs = await pictures(["a", "b", "c"]);
  const decoding = createLimiter(2);
  const { length: a } = await createThumbnails({ blobs, decoding, maxBytes: 1_000_000 }).of("a");
  const thumbnails = createThumbnails({ blobs, decoding, maxBytes: a * 2.5 });
  for (const name of ["a", "b", "a", "c", "a", "b"]) await thumbnails.of(name);
  // "a" was read once more above.
  assert.deepEqual(Object.fromEntries(blobs.reads), { a: 2, b: 2, c: 1 });
});

test("a picture that can't be read is told each time, and stands in nobody's way", async () => {
  const blobs = await pictures(["a"]);
  const thumbnails = createThumbnails({ blobs, decoding: createLimiter(1), maxBytes: 1_000_000 });
  await assert.rejects(thumbnails.of("gone"), /no gone/);
  await assert.rejects(thumbnails.of("gone"), /no gone/);
  assert.equal(blobs.reads.get("gone"), 2);
  assert.ok((await thumbnails.of("a")).length > 0);
});
