/** Defects painted onto a casting's tones, each with the exact mask of the pixels it covers. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import type { Mask } from "@sightline/vision/image";
import { faceRadii, type PartPlace, pictureSide, type Scene, toPart, toPicture } from "./casting-scene.js";
import { noiseAt, smoothstep, turnShare } from "./noise-field.js";

export const defectKinds = ["porosity", "scratch", "chip"] as const;
export type DefectKind = (typeof defectKinds)[number];

export interface Defect {
  readonly kind: DefectKind;
  /** Distance between the two ends of the defect that lie farthest apart. */
  readonly sizePixels: number;
  readonly mask: Mask;
}

export interface DefectWish {
  readonly kind: DefectKind;
  /** Wanted length of the longest side, pixels; what is painted differs a little. */
  readonly sizePixels: number;
  /** How much it stands out: 1 is plain, 0.3 faint. */
  readonly contrast: number;
}

/** Paints a defect into `tones` (in place) and says where it is. */
export function paintDefect(tones: Float32Array, scene: Scene, wish: DefectWish, random: SeededRandom): Defect {
  const data = new Uint8Array(pictureSide * pictureSide);
  // A place may lie so that next to nothing of the defect shows, such as a pit on an edge: then another is tried.
  for (let attempt = 0; attempt < 8; attempt++) {
    const trial = Float32Array.from(tones);
    data.fill(0);
    painters[wish.kind]({ tones: trial, mask: data, scene, random }, wish);
    const sizePixels = extent(data);
    if (sizePixels < Math.min(3, wish.sizePixels / 2)) continue;
    tones.set(trial);
    return { kind: wish.kind, sizePixels, mask: { width: pictureSide, height: pictureSide, data } };
  }
  throw new Error(`A ${wish.kind} of ${wish.sizePixels} pixels found no place on the casting.`);
}

interface Canvas {
  readonly tones: Float32Array;
  readonly mask: Uint8Array;
  readonly scene: Scene;
  readonly random: SeededRandom;
}

const painters: Record<DefectKind, (canvas: Canvas, wish: DefectWish) => void> = {
  porosity: paintPorosity,
  scratch: paintScratch,
  chip: paintChip,
};

/** Gas pores laid open by the lathe: dark irregular holes, their far wall lit. Small ones come alone, large ones in a nest. */
function paintPorosity(canvas: Canvas, { sizePixels, contrast }: DefectWish): void {
  const { random, scene } = canvas;
  const nest = pitPlace(canvas, sizePixels / 2);
  const radius = sizePixels / 2;
  if (sizePixels < 7 || random.next() < 0.35) {
    paintPit(canvas, nest, radius, contrast);
    return;
  }
  const count = 2 + random.index(Math.min(5, Math.ceil(sizePixels / 5)));
  // Two pits mark the nest's ends, the others lie between.
  const axis = random.between(0, Math.PI);
  for (let i = 0; i < count; i++) {
    const pit = random.between(0.16, 0.34) * radius + 0.7;
    const along = i === 0 ? radius - pit : i === 1 ? pit - radius : random.between(-0.7, 0.7) * radius;
    const across = random.normal() * radius * 0.22;
    const place = {
      x: nest.x + along * Math.cos(axis) - across * Math.sin(axis),
      y: nest.y + along * Math.sin(axis) + across * Math.cos(axis),
    };
    if (Math.hypot(place.x, place.y) < scene.radius - pit) paintPit(canvas, place, pit, contrast);
  }
}

/** A place on one of the turned faces, `margin` pixels away from its edges where the face is wide enough. */
function pitPlace({ scene, random }: Canvas, margin: number): PartPlace {
  const faces = faceRadii(scene);
  const choice = random.next();
  const [face, shift] =
    choice < 0.72
      ? [faces.disc, { x: 0, y: 0 }]
      : choice < 0.88
        ? [faces.neck, faces.neckShift]
        : [faces.hub, faces.hubShift];
  const room = Math.max(0, (face.outer - face.inner) / 2 - margin);
  const r = (face.outer + face.inner) / 2 + random.between(-room, room);
  const angle = random.between(0, 2 * Math.PI);
  return { x: r * Math.cos(angle) + shift.x, y: r * Math.sin(angle) + shift.y };
}

function paintPit({ tones, mask, scene, random }: Canvas, place: PartPlace, radius: number, contrast: number): void {
  const centre = toPicture(scene, place);
  const seed = random.index(2 ** 31);
  const lightX = Math.cos(scene.lightAngle);
  const lightY = Math.sin(scene.lightAngle);
  const oval = random.between(0.72, 1);
  const axis = random.between(0, Math.PI);
  const floor = random.between(0.1, 0.3);
  forPixelsAround(centre, radius + 3, (i, dx, dy) => {
    const u = dx * Math.cos(axis) + dy * Math.sin(axis);
    const v = (dy * Math.cos(axis) - dx * Math.sin(axis)) / oval;
    const ragged = 1 + 0.24 * noiseAt(seed, 0, turnShare(Math.atan2(v, u)) * 7, 7);
    const d = Math.hypot(u, v) - radius * ragged;
    const tone = tones[i] as number;
    const towards = (dx * lightX + dy * lightY) / Math.max(radius, 1);
    const depth = floor + 0.3 * smoothstep(0.1, 0.9, -towards) + 0.06 * noiseAt(seed + 1, dx / 2, dy / 2);
    const share = smoothstep(0.6, -0.6, d);
    // The lip away from the light catches some of it.
    const lip = 16 * Math.exp(-(((d - 0.9) / 0.8) ** 2)) * Math.max(0, -towards);
    tones[i] = tone * (1 - share * contrast * (1 - depth)) + lip * contrast;
    if (share >= 0.5) mask[i] = 1;
  });
}

/** A scratch across the feed marks: a dark groove with one lit flank, deeper here and fainter there. */
function paintScratch({ tones, mask, scene, random }: Canvas, { sizePixels, contrast }: DefectWish): void {
  const { disc } = faceRadii(scene);
  const middle = random.between(disc.inner + 4, disc.outer - 4);
  const angle = random.between(0, 2 * Math.PI);
  const heading = angle + Math.PI / 2 + random.between(0.35, Math.PI - 0.35);
  const bend = random.normal() * 0.12;
  const width = random.between(0.75, 1.35) * (0.85 + sizePixels / 100);
  const seed = random.index(2 ** 31);
  const flankSide = Math.sin(heading - scene.lightAngle) > 0 ? 1 : -1;
  const points: PartPlace[] = [];
  const steps = Math.max(4, Math.ceil(sizePixels * 2));
  for (let step = 0; step <= steps; step++) {
    const t = step / steps - 0.5;
    const along = t * sizePixels;
    const across = bend * sizePixels * (4 * t * t - 0.5) + noiseAt(seed, t * 5, 0) * 0.5;
    points.push(
      toPicture(scene, {
        x: middle * Math.cos(angle) + along * Math.cos(heading) - across * Math.sin(heading),
        y: middle * Math.sin(angle) + along * Math.sin(heading) + across * Math.cos(heading),
      }),
    );
  }
  const centre = points[Math.floor(steps / 2)] as PartPlace;
  forPixelsAround(centre, sizePixels * 0.62 + 4, (i, dx, dy) => {
    let nearest = Number.POSITIVE_INFINITY;
    let at = 0;
    for (let step = 0; step <= steps; step++) {
      const point = points[step] as PartPlace;
      const distance = (centre.x + dx - point.x) ** 2 + (centre.y + dy - point.y) ** 2;
      if (distance < nearest) {
        nearest = distance;
        at = step;
      }
    }
    if (nearest > 16) return;
    // A scratch ends at the edge of the face: the tool doesn't reach into groove or air.
    const part = toPart(scene, centre.x + dx, centre.y + dy);
    const r = Math.hypot(part.x, part.y);
    if (r < disc.inner || r > disc.outer) return;
    const t = at / steps;
    const point = points[at] as PartPlace;
    const ends = smoothstep(0, 0.12, t) * smoothstep(1, 0.88, t);
    const strength = contrast * (0.75 + 0.25 * noiseAt(seed + 1, t * sizePixels * 0.22, 3)) * (0.35 + 0.65 * ends);
    const side = (centre.y + dy - point.y) * Math.cos(heading) - (centre.x + dx - point.x) * Math.sin(heading);
    const share = smoothstep(width + 0.5, width - 0.5, Math.sqrt(nearest));
    const flank = Math.exp(-(((side * flankSide - width - 0.7) / 0.7) ** 2));
    tones[i] = (tones[i] as number) * (1 - 0.8 * share * strength) + 30 * flank * strength;
    if (share >= 0.5) mask[i] = 1;
  });
}

/** A piece broken out of an edge: ragged, dark, with bright facets where the fracture faces the light. */
function paintChip({ tones, mask, scene, random }: Canvas, { sizePixels, contrast }: DefectWish): void {
  const { disc, neck, neckShift } = faceRadii(scene);
  const choice = random.next();
  const rim = choice < 0.68;
  const edge = rim ? scene.radius : choice < 0.88 ? neck.outer : neck.inner;
  const shift = rim ? { x: 0, y: 0 } : neckShift;
  const angle = random.between(0, 2 * Math.PI);
  const length = sizePixels / 2;
  const depth = Math.max(2, sizePixels * random.between(0.3, 0.5));
  const seed = random.index(2 ** 31);
  // The rim breaks inwards only; the neck's edges break into the neck.
  const inwards = edge === neck.inner ? -1 : 1;
  const centre = toPicture(scene, { x: edge * Math.cos(angle) + shift.x, y: edge * Math.sin(angle) + shift.y });
  forPixelsAround(centre, Math.max(length, depth) * 1.4 + 3, (i, dx, dy) => {
    const part = toPart(scene, centre.x + dx, centre.y + dy);
    const x = part.x - shift.x;
    const y = part.y - shift.y;
    const r = Math.hypot(x, y);
    const fromEdge = (edge - r) * inwards;
    if (fromEdge < -0.5) return;
    if (!rim && (r > neck.outer + 0.5 || r < neck.inner - 0.5)) return;
    let turn = Math.atan2(y, x) - angle;
    turn -= Math.round(turn / (2 * Math.PI)) * 2 * Math.PI;
    const u = (turn * edge) / length;
    const v = fromEdge / depth;
    const ragged = 0.28 * noiseAt(seed, u * 2.2 + 50, v * 2) + 0.16 * noiseAt(seed + 1, u * 5 + 50, v * 4);
    const d = (Math.hypot(u, v) - 1 - ragged) * Math.min(length, depth);
    const share = smoothstep(0.7, -0.7, d) * smoothstep(-0.7, 0.4, fromEdge);
    const facet = noiseAt(seed + 2, dx / 2.6, dy / 2.6);
    const fracture = rim ? 44 + 26 * smoothstep(depth * 0.2, depth, fromEdge) : 40;
    const broken = fracture + (facet > 0.35 ? 150 * (facet - 0.35) : 18 * facet);
    const burr = 34 * Math.exp(-(((d - 0.9) / 0.8) ** 2)) * Math.max(0, noiseAt(seed + 3, dx / 3, dy / 3) + 0.2);
    tones[i] =
      (tones[i] as number) * (1 - share * contrast) +
      broken * share * contrast +
      burr * contrast * (r < disc.outer ? 1 : 0.4);
    if (share >= 0.5) mask[i] = 1;
  });
}

/** Calls `work` with index and offset (pixel centre minus `centre`) of each pixel of a square around a place. */
function forPixelsAround(centre: PartPlace, reach: number, work: (i: number, dx: number, dy: number) => void): void {
  const left = Math.max(0, Math.floor(centre.x - reach));
  const right = Math.min(pictureSide - 1, Math.ceil(centre.x + reach));
  const top = Math.max(0, Math.floor(centre.y - reach));
  const bottom = Math.min(pictureSide - 1, Math.ceil(centre.y + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) work(y * pictureSide + x, x + 0.5 - centre.x, y + 0.5 - centre.y);
  }
}

/** The largest extent of the marked pixels over 12 directions, in pixels; 0 when none is marked. */
function extent(mask: Uint8Array): number {
  const marked: number[] = [];
  mask.forEach((value, i) => {
    if (value) marked.push(i);
  });
  if (marked.length === 0) return 0;
  let largest = 0;
  for (let k = 0; k < 12; k++) {
    const cos = Math.cos((k * Math.PI) / 12);
    const sin = Math.sin((k * Math.PI) / 12);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const i of marked) {
      const along = (i % pictureSide) * cos + Math.floor(i / pictureSide) * sin;
      if (along < low) low = along;
      if (along > high) high = along;
    }
    largest = Math.max(largest, high - low + 1);
  }
  return Math.round(largest * 10) / 10;
}
