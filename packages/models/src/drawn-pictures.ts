/** Drawn pictures in a temporary folder, for tests that train: small, seeded, with an exact truth. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { encodePng } from "@sightline/dataset/image-file";
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  fill(left: number, top: number, right: number, bottom: number, colour: readonly [number, number, number]): void;
}

/** A picture filled by a function of its place. */
export function drawing(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => readonly [number, number, number],
): Drawing {
  const data = new Uint8Array(width * height * 3);
  const put = (x: number, y: number, colour: readonly [number, number, number]): void => {
    for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = Math.min(255, Math.max(0, colour[c] ?? 0));
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) put(x, y, colourAt(x, y));
  return {
    width,
    height,
    data,
    fill(left, top, right, bottom, colour) {
      for (let y = Math.max(0, top | 0); y < Math.min(height, bottom); y++)
        for (let x = Math.max(0, left | 0); x < Math.min(width, right); x++) put(x, y, colour);
    },
  };
}

/** A milled surface: fine grey lines and a little noise. */
export function milledPart(random: SeededRandom, size = 128): Drawing {
  const phase = random.next() * 6;
  return drawing(size, size, (x, y) => {
    const grey = 140 + 30 * Math.sin(x * 0.7 + phase) + 8 * Math.sin(y * 0.2) + 6 * random.normal();
    return [grey, grey, grey];
  });
}

/** A disc or a square of any size and place: no single pixel, colour or mean tells them apart. */
export function discOrSquare(kind: string, seed: number): Drawing {
  const random = seededRandom(seed).branch(kind);
  const [x, y, radius] = [random.between(18, 30), random.between(18, 30), random.between(9, 14)];
  const [light, dark] = [random.between(150, 230), random.between(20, 90)];
  const side = (radius * Math.sqrt(Math.PI)) / 2;
  return drawing(48, 48, (px, py) => {
    const isInside =
      kind === "disc"
        ? (px - x) ** 2 + (py - y) ** 2 < radius * radius
        : Math.max(Math.abs(px - x), Math.abs(py - y)) < side;
    const grey = (isInside ? light : dark) + 6 * random.normal();
    return [grey, grey, grey];
  });
}

/** As many discs as squares, in turn. */
export function discsAndSquares(count: number, firstSeed = 0) {
  const drawings = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? "disc" : "square")).map((label, i) => ({
    label,
    picture: discOrSquare(label, firstSeed + i),
  }));
  return drawnPictures("classification", null, drawings);
}

/** A folder of PNG files, one per drawing, that vanishes with `close`. */
export async function drawnPictures(
  task: LabelledPictures["task"],
  normalLabel: string | null,
  drawings: readonly { readonly label: string; readonly picture: Drawing | Uint8Array }[],
): Promise<{ pictures: LabelledPictures; folder: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-models-"));
  await mkdir(join(folder, "pictures"));
  const samples: Sample[] = [];
  for (const [i, { label, picture }] of drawings.entries()) {
    const file = join(folder, "pictures", `${i}.png`);
    await writeFile(file, picture instanceof Uint8Array ? picture : await encodePng(picture));
    samples.push({ name: `${label}/${i}.png`, file, label });
  }
  const labels = [...new Set(samples.map(({ label }) => label))].sort((a, b) =>
    a === normalLabel ? -1 : b === normalLabel ? 1 : a < b ? -1 : 1,
  );
  const pictures = { task, labels, normalLabel, samples, skipped: [] };
  return { pictures, folder, close: () => rm(folder, { recursive: true, force: true }) };
}

/** Milled parts, the bad ones with a dark hole somewhere. */
export async function partsWithHoles(normals: number, anomalies: number, seed = 1) {
  const random = seededRandom(seed);
  const drawings = [
    ...Array.from({ length: normals }, () => ({ label: "good", picture: milledPart(random) })),
    ...Array.from({ length: anomalies }, () => {
      const picture = milledPart(random);
      const [x, y] = [random.between(20, 90), random.between(20, 90)];
      picture.fill(x, y, x + 16, y + 16, [15, 10, 10]);
      return { label: "hole", picture };
    }),
  ];
  return drawnPictures("anomaly", "good", drawings);
}
