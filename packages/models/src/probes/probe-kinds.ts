/** The kinds of defects that probes show; they differ in what they break, so that a method that sees one kind only can't win by it. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";

/** Where a defect lies: an ellipse with a wavy rim, in pixels. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  /** Half axes. */
  readonly long: number;
  readonly short: number;
  readonly angle: number;
  /** Phases of the rim's waves. */
  readonly waves: readonly number[];
}

/** Gives the colour at a place inside the defect. */
type ColourAt = (x: number, y: number, colour: Float32Array) => void;
type Kind = (picture: Image, spot: Spot, sources: readonly Image[], random: SeededRandom) => ColourAt;

/** Texture from another place of another good picture, turned (after CutPaste, Li et al. 2021). */
const otherPlace: Kind = (picture, spot, sources, random) => {
  const source = sources[random.index(Math.max(1, sources.length))] ?? picture;
  const [x, y] = [random.next() * source.width, random.next() * source.height];
  const angle = random.between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (px, py, colour) => {
    const [dx, dy] = [px - spot.x, py - spot.y];
    sample(source, x + cos * dx - sin * dy, y + sin * dx + cos * dy, colour);
  };
};

/** The picture itself twisted about the spot's middle: its geometry is wrong, its colours are not. */
const twisted: Kind = (picture, spot, _sources, random) => {
  const turn = (random.next() < 0.5 ? -1 : 1) * random.between(0.8, 2.2);
  return (px, py, colour) => {
    const [dx, dy] = [px - spot.x, py - spot.y];
    const angle = turn * Math.max(0, 1 - Math.hypot(dx, dy) / (1.3 * spot.long));
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    sample(picture, spot.x + cos * dx - sin * dy, spot.y + sin * dx + cos * dy, colour);
  };
};

/** What is there, without its detail: worn, covered or missing. */
const smeared: Kind = (picture, spot) => {
  const side = Math.min(picture.width, picture.height);
  const cells = Math.max(4, Math.round(side / Math.max(4, spot.short)));
  const coarse = resize(picture, cells, cells);
  return (px, py, colour) =>
    sample(coarse, ((px + 0.5) / picture.width) * cells - 0.5, ((py + 0.5) / picture.height) * cells - 0.5, colour);
};

/** The same surface in another colour, lighter or darker. */
const stained: Kind = (picture, _spot, _sources, random) => {
  const light = (random.next() < 0.5 ? -1 : 1) * random.between(15, 70);
  const tint = tinted(light, 20, picture, random);
  return (px, py, colour) => {
    sample(picture, px, py, colour);
    for (let c = 0; c < 3; c++) colour[c] = (colour[c] as number) + (tint[c] as number);
  };
};

/** A dark or light fault of one colour: a hole, a grain, a splash. */
const covered: Kind = (picture, _spot, _sources, random) => {
  const grey = random.next() < 0.6 ? random.between(0, 70) : random.between(185, 255);
  const tint = tinted(grey, 15, picture, random);
  return (_px, _py, colour) => colour.set(tint);
};

export const probeKinds: readonly Kind[] = [otherPlace, twisted, smeared, stained, covered];

/** A colour near a grey; grey itself on pictures without colour, where a hue would give any fault away. */
function tinted(grey: number, spread: number, { data }: Image, random: SeededRandom): number[] {
  let colourful = 0;
  for (let at = 0; at < data.length; at += 3 * 64)
    colourful = Math.max(colourful, Math.abs((data[at] as number) - (data[at + 2] as number)));
  const reach = Math.min(spread, colourful);
  return Array.from({ length: 3 }, () => grey + random.between(-reach, reach));
}

/** The colour at a place between pixels, by its four neighbours; beyond an edge the picture comes back mirrored. */
function sample({ width, height, data }: Image, x: number, y: number, colour: Float32Array): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const columns = [mirrored(left, width), mirrored(left + 1, width)] as const;
  const rows = [mirrored(top, height) * width, mirrored(top + 1, height) * width] as const;
  for (let c = 0; c < 3; c++) {
    const at = (row: number, column: number): number => data[(row + column) * 3 + c] as number;
    const above = at(rows[0], columns[0]) * (1 - right) + at(rows[0], columns[1]) * right;
    const below = at(rows[1], columns[0]) * (1 - right) + at(rows[1], columns[1]) * right;
    colour[c] = above * (1 - down) + below * down;
  }
}

function mirrored(place: number, size: number): number {
  const period = 2 * size;
  const inside = ((place % period) + period) % period;
  return inside < size ? inside : period - 1 - inside;
}
