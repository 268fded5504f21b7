import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "./image.js";
import { gridRegions, type RegionMap, regionOutline, regionPlaces } from "./regions.js";
import { superpixels } from "./superpixels.js";

function painted(width: number, height: number, colourAt: (x: number, y: number) => readonly number[]): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  return { width, height, data };
}

/** How many pieces a region has: 1 where it hangs together. */
function pieces({ width, data }: RegionMap, region: number): number {
  const open = new Set([...data.keys()].filter((i) => data[i] === region));
  let count = 0;
  for (const start of open) {
    count++;
    const stack = [start];
    open.delete(start);
    while (stack.length > 0) {
      const at = stack.pop() as number;
      const around = [
        at - width,
        at + width,
        ...(at % width > 0 ? [at - 1] : []),
        ...((at + 1) % width > 0 ? [at + 1] : []),
      ];
      for (const next of around) if (open.delete(next)) stack.push(next);
    }
  }
  return count;
}

test("superpixels end where the colours do", () => {
  // A disc whose edge no grid follows.
  const isDisc = (x: number, y: number) => Math.hypot(x - 61, y - 47) < 23;
  const picture = painted(120, 96, (x, y) => (isDisc(x, y) ? [200, 60, 40] : [70, 110, 150]));
  const regions = superpixels(picture, { count: 48 });
  const inside = new Array<number>(regions.count).fill(0);
  const total = new Array<number>(regions.count).fill(0);
  regions.data.forEach((region, i) => {
    total[region] = (total[region] ?? 0) + 1;
    if (isDisc(i % 120, Math.floor(i / 120))) inside[region] = (inside[region] ?? 0) + 1;
  });
  const wrong = total.reduce((sum, area, k) => sum + Math.min(inside[k] ?? 0, area - (inside[k] ?? 0)), 0);
  assert.ok(wrong / (120 * 96) < 0.01, `${wrong} pixels lie on the wrong side`);
});

test("about as many superpixels come as are wanted, each in one piece and none empty", () => {
  let state = 1;
  const grain = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) & 63;
  };
  const picture = painted(101, 77, (x, y) => [x + grain(), y + grain(), 90 + grain()]);
  const regions = superpixels(picture, { count: 40 });
  assert.ok(regions.count >= 24 && regions.count <= 64, `${regions.count}`);
  for (const [region, { area }] of regionPlaces(regions).entries()) {
    assert.ok(area > 0);
    assert.equal(pieces(regions, region), 1);
  }
  assert.deepEqual(superpixels(picture, { count: 40 }).data, regions.data);
});

test("a picture of one pixel is one superpixel", () => {
  assert.deepEqual(
    superpixels(
      painted(1, 1, () => [1, 2, 3]),
      { count: 50 },
    ),
    {
      width: 1,
      height: 1,
      count: 1,
      data: Uint16Array.of(0),
    },
  );
});

test("a grid's rectangles are of nearly one size and as square as the picture allows", () => {
  const regions = gridRegions(200, 100, 50);
  assert.equal(regions.count, 50);
  for (const { x1, y1, x2, y2, area } of regionPlaces(regions))
    assert.deepEqual([x2 - x1, y2 - y1, area], [20, 20, 400]);
  assert.throws(() => gridRegions(10, 10, 0), RangeError);
});

test("an outline strokes each edge of a region once", () => {
  const data = Uint16Array.of(0, 1, 1, 0, 1, 0);
  assert.equal(regionOutline({ width: 3, height: 2, count: 2, data }, 1), "M1 0h2M2 1h1M1 2h1M1 0v2M2 1v1M3 0v1");
});
