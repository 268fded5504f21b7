/** A camera over a line of machined castings that doesn't exist: pictures that a seed repeats, with the exact truth. */
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { type Defect, defectKinds, paintDefect } from "./casting-defects.js";
import { paintScene, pictureSide, randomScene } from "./casting-scene.js";
import { blur, expose, type Tint } from "./optics.js";

export { type Defect, type DefectKind, defectKinds } from "./casting-defects.js";

/** One part as the camera saw it, and what is really wrong with it. */
export interface CastingPicture {
  /** 300 x 300. */
  readonly image: Image;
  readonly defect: Defect | null;
}

export interface CastingCameraOptions {
  /** The same seed gives the same pictures in the same order. */
  readonly seed: number;
  /** Share of defective parts, 0–1. */
  readonly defectRate?: number;
  /** 0: large, plain defects; 1: hardly any larger than 4 pixels, and faint. */
  readonly difficulty?: number;
}

export interface CastingCamera {
  next(): CastingPicture;
}

/**
 * A camera above the line; each `next()` is the next part.
 *
 * @example
 * const camera = castingCamera({ seed: 7 });
 * const { image, defect } = camera.next();
 */
export function castingCamera({ seed, defectRate = 0.15, difficulty = 0.5 }: CastingCameraOptions): CastingCamera {
  const random = seededRandom(seed).branch("camera");
  return {
    next: () => {
      const isDefective = random.next() < defectRate;
      return takePicture(random, isDefective ? randomWish(random, difficulty) : null);
    },
  };
}

export interface CastingDatasetOptions {
  readonly seed: number;
  readonly normals: number;
  readonly anomalies: number;
  readonly difficulty?: number;
}

export interface LabelledCasting extends CastingPicture {
  /** Unique within the dataset; file name without its ending. */
  readonly name: string;
  readonly label: "normal" | "anomaly";
}

/** Pictures to learn from: as many of each label as asked for, kinds of defects in turn, every size from small to large. */
export function* castingDataset({
  seed,
  normals,
  anomalies,
  difficulty = 0.5,
}: CastingDatasetOptions): Generator<LabelledCasting, void, undefined> {
  const random = seededRandom(seed).branch("dataset");
  for (let i = 0; i < normals; i++) {
    yield { name: `normal-${number(i)}`, label: "normal", ...takePicture(random, null) };
  }
  for (let i = 0; i < anomalies; i++) {
    const kind = defectKinds[i % defectKinds.length] ?? "porosity";
    // The golden ratio's multiples spread evenly however many are taken.
    const grade = ((i + 1) * 0.6180339887498949) % 1;
    const wish = { ...randomWish(random, difficulty, grade), kind };
    const picture = takePicture(random, { ...wish, sizePixels: wishedSize(kind, grade, difficulty) });
    yield { name: `anomaly-${number(i)}`, label: "anomaly", ...picture };
  }
}

type Wish = Parameters<typeof paintDefect>[2];

/** Smallest and largest longest side at difficulty 0.5, pixels. */
const sizes = { porosity: [4, 18], scratch: [9, 64], chip: [8, 36] } as const;

function wishedSize(kind: Wish["kind"], grade: number, difficulty: number): number {
  const [smallest, largest] = sizes[kind];
  // Sizes spread evenly on a logarithmic scale; difficulty bends the scale towards its lower end.
  return smallest * (largest / smallest) ** (grade ** (0.35 + 1.3 * difficulty));
}

function randomWish(random: SeededRandom, difficulty: number, grade = random.next()): Wish {
  const kind = defectKinds[random.index(defectKinds.length)] ?? "porosity";
  return {
    kind,
    sizePixels: wishedSize(kind, grade, difficulty),
    contrast: random.between(1 - 0.6 * difficulty, 1.05 - 0.1 * difficulty),
  };
}

/** One camera model: a touch warm. */
const tint: Tint = [1.008, 1, 0.985];

function takePicture(random: SeededRandom, wish: Wish | null): CastingPicture {
  // Each part has its own numbers, so that a longer scratch here doesn't change the part after it.
  const own = seededRandom(random.index(2 ** 32));
  const scene = randomScene(own);
  const tones = paintScene(scene);
  const defect = wish ? paintDefect(tones, scene, wish, own.branch("defect")) : null;
  const seen = blur(tones, pictureSide, scene.blur);
  return { image: expose(seen, pictureSide, scene.noise, tint, own.branch("grain")), defect };
}

function number(i: number): string {
  return String(i + 1).padStart(4, "0");
}
