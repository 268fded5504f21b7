/** Draws one defect on a good picture: what a probe shows. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import { probeKinds, type Spot } from "./probe-kinds.js";

/** Half axes as shares of the picture's shorter side: most are small. */
const [smallest, largest] = [0.01, 0.09];
/** Longest to shortest half axis at most. */
const mostSlender = 4;
/** Mean change inside the defect, in steps of 0–255, from which it counts as visible. */
const leastChange = 8;
/** … and so many times what a pixel there differs from its neighbour anyway. */
const leastChangeInGrain = 1.2;
/** What can't be seen is drawn anew so often, then the plainest is taken. */
const attempts = 12;
/** Cells along each side by which a place on the part is told from the background. */
const cells = 16;

/**
 * A copy of the picture with one defect, on the part rather than beside it, as far as a plain background can be told.
 *
 * @param sources good pictures of the same size, to take texture from
 */
export function withProbeDefect(picture: Image, sources: readonly Image[], random: SeededRandom): Image {
  const interest = interestOf(picture);
  let best: Drawn | null = null;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const spot = randomSpot(picture, interest, random);
    const kind = probeKinds[random.index(probeKinds.length)] as (typeof probeKinds)[number];
    const drawn = draw(picture, spot, kind(picture, spot, sources, random));
    if (best === null || drawn.visibility > best.visibility) best = drawn;
    if (best.visibility >= 1) break;
  }
  return (best as Drawn).image;
}

interface Drawn {
  readonly image: Image;
  /** From 1 on a person would see it. */
  readonly visibility: number;
}

function draw(picture: Image, spot: Spot, colourAt: ReturnType<(typeof probeKinds)[number]>): Drawn {
  const { width, height } = picture;
  const data = picture.data.slice();
  const colour = new Float32Array(3);
  const reach = spot.long * 1.5;
  let [change, grain, weight] = [0, 0, 0];
  const [left, right] = [Math.max(0, Math.floor(spot.x - reach)), Math.min(width - 1, Math.ceil(spot.x + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(spot.y - reach)), Math.min(height - 1, Math.ceil(spot.y + reach))];
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const strength = strengthAt(spot, x, y);
      if (strength === 0) continue;
      colourAt(x, y, colour);
      const at = (y * width + x) * 3;
      const beside = x > 0 ? at - 3 : at + 3;
      for (let c = 0; c < 3; c++) {
        const before = picture.data[at + c] as number;
        const after = before + strength * ((colour[c] as number) - before);
        data[at + c] = Math.min(255, Math.max(0, Math.round(after)));
        change += Math.abs((data[at + c] as number) - before);
        grain += strength * Math.abs(before - (picture.data[beside + c] ?? before));
      }
      weight += 3 * strength;
    }
  if (weight === 0) return { image: { width, height, data }, visibility: 0 };
  const wanted = Math.max(leastChange, (leastChangeInGrain * grain) / weight);
  return { image: { width, height, data }, visibility: change / weight / wanted };
}

/** 1 inside, 0 outside, softly between; the rim waves, since real defects are no ellipses. */
function strengthAt({ x, y, long, short, angle, waves }: Spot, px: number, py: number): number {
  const [dx, dy] = [px - x, py - y];
  const [along, across] = [
    (dx * Math.cos(angle) + dy * Math.sin(angle)) / long,
    (dy * Math.cos(angle) - dx * Math.sin(angle)) / short,
  ];
  const direction = Math.atan2(across, along);
  const rim = waves.reduce((sum, phase, i) => sum + (0.22 / (i + 1)) * Math.sin((i + 2) * direction + phase), 1);
  const distance = (rim - Math.hypot(along, across)) * short;
  // Over two pixels, as a lens would show it.
  return Math.min(1, Math.max(0, 0.5 + distance / 2));
}

function randomSpot({ width, height }: Image, interest: Float64Array, random: SeededRandom): Spot {
  let left = random.next() * interest.reduce((sum, value) => sum + value, 0);
  let cell = 0;
  while (cell < interest.length - 1 && left >= (interest[cell] as number)) left -= interest[cell++] as number;
  const side = Math.min(width, height);
  // Evenly on a logarithmic scale: as many from 3 to 6 pixels as from 6 to 12.
  const size = side * smallest * (largest / smallest) ** random.next();
  const slenderness = mostSlender ** random.next();
  return {
    x: (((cell % cells) + random.next()) * width) / cells,
    y: ((Math.floor(cell / cells) + random.next()) * height) / cells,
    long: size * Math.sqrt(slenderness),
    short: Math.max(1, size / Math.sqrt(slenderness)),
    angle: random.between(0, Math.PI),
    waves: Array.from({ length: 4 }, () => random.between(0, 2 * Math.PI)),
  };
}

/** How much each cell is worth breaking: its contrast, and how unlike the picture's rim it is. */
function interestOf(picture: Image): Float64Array {
  const fine = resize(picture, cells * 4, cells * 4);
  const coarse = resize(picture, cells, cells);
  const contrast = new Float64Array(cells * cells);
  const unlike = new Float64Array(cells * cells);
  const rim = [0, 1, 2].map((c) => {
    const values: number[] = [];
    for (let i = 0; i < cells; i++)
      for (const place of [i, (cells - 1) * cells + i, i * cells, i * cells + cells - 1])
        values.push(coarse.data[place * 3 + c] as number);
    return values.sort((a, b) => a - b)[values.length >> 1] as number;
  });
  for (let y = 0; y < cells; y++)
    for (let x = 0; x < cells; x++) {
      const cell = y * cells + x;
      for (let c = 0; c < 3; c++) {
        const mean = coarse.data[cell * 3 + c] as number;
        unlike[cell] = Math.max(unlike[cell] as number, Math.abs(mean - (rim[c] as number)));
        for (let k = 0; k < 16; k++) {
          const at = ((y * 4 + (k >> 2)) * cells * 4 + x * 4 + (k & 3)) * 3 + c;
          contrast[cell] = (contrast[cell] as number) + Math.abs((fine.data[at] as number) - mean) / 48;
        }
      }
    }
  return contrast.map((value, cell) => 0.5 + value + (unlike[cell] as number) / 4);
}
