/** The outlines of defects, as opacities of 0–1 for each pixel of a rectangle, rows top to bottom. */
import type { RandomSource } from "../augment/damage.js";
import { between } from "./defect-kind.js";

/** An outline with the rectangle that it lies in. */
export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly opacity: Float32Array;
}

/** Harmonics of a blob's outline: more make it ragged. */
const harmonics = 6;
/** Directions in which an outline is known: finer than a pixel for all but the largest defects. */
const directions = 512;

/**
 * A rounded outline of some area (`size`² pixels), longer than wide by `elongation` and turned anyhow; `raggedness` 0 is an
 * ellipse, 1 a splash. The edge fades over `feather` pixels.
 */
export function blob(
  random: RandomSource,
  size: number,
  { elongation = 1, raggedness = 0.5, feather = 1, margin = 0 } = {},
): Shape {
  const radius = size / Math.sqrt(Math.PI);
  const waves = Array.from({ length: harmonics }, (_, i) => ({
    amplitude: (raggedness * between(random, -0.5, 0.5)) / Math.sqrt(i + 1),
    phase: random() * 2 * Math.PI,
  }));
  const outline = Float32Array.from({ length: directions }, (_, direction) => {
    const angle = (direction / directions) * 2 * Math.PI;
    const wave = waves.reduce((sum, { amplitude, phase }, i) => sum + amplitude * Math.cos((i + 2) * angle + phase), 1);
    return Math.max(0.3, wave);
  });
  const [long, short] = [Math.sqrt(elongation), 1 / Math.sqrt(elongation)];
  const turn = random() * Math.PI;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const reach = Math.ceil(radius * long * (1 + raggedness) + feather + margin) + 1;
  return drawn(2 * reach + 1, 2 * reach + 1, (x, y) => {
    const u = (cosine * (x - reach) + sine * (y - reach)) / long;
    const v = (cosine * (y - reach) - sine * (x - reach)) / short;
    const distance = Math.sqrt(u * u + v * v);
    if (distance > radius * 3) return 0;
    const direction = Math.floor((Math.atan2(v, u) / (2 * Math.PI) + 1) * directions) % directions;
    return edgeOf(radius * (outline[direction] as number) - distance, feather);
  });
}

/** A turned rectangle of `long` x `short` pixels. */
export function turnedRectangle(random: RandomSource, long: number, short: number, feather: number): Shape {
  const turn = random() * Math.PI;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const reach = Math.ceil(Math.hypot(long, short) / 2 + feather) + 1;
  return drawn(2 * reach + 1, 2 * reach + 1, (x, y) => {
    const u = Math.abs(cosine * (x - reach) + sine * (y - reach));
    const v = Math.abs(cosine * (y - reach) - sine * (x - reach));
    return Math.min(edgeOf(long / 2 - u, feather), edgeOf(short / 2 - v, feather));
  });
}

/** A line that wanders over about `length` pixels, `thickness` pixels wide in its middle and thinner at its ends. */
export function stroke(random: RandomSource, length: number, thickness: number): Shape {
  const steps = Math.max(2, Math.min(24, Math.round(length / 4)));
  const wander = between(random, 0.02, 0.35);
  const bend = between(random, -1, 1) * (2 / steps);
  let direction = random() * 2 * Math.PI;
  const points = [{ x: 0, y: 0 }];
  for (let i = 0; i < steps; i++) {
    direction += bend + wander * between(random, -1, 1);
    const { x, y } = points[i] as { x: number; y: number };
    points.push({ x: x + (Math.cos(direction) * length) / steps, y: y + (Math.sin(direction) * length) / steps });
  }
  const margin = Math.ceil(thickness / 2) + 2;
  const left = Math.floor(Math.min(...points.map(({ x }) => x))) - margin;
  const top = Math.floor(Math.min(...points.map(({ y }) => y))) - margin;
  const width = Math.ceil(Math.max(...points.map(({ x }) => x))) + margin - left + 1;
  const height = Math.ceil(Math.max(...points.map(({ y }) => y))) + margin - top + 1;
  const opacity = new Float32Array(width * height);
  for (let i = 0; i < steps; i++) {
    const from = points[i] as { x: number; y: number };
    const to = points[i + 1] as { x: number; y: number };
    const along = (i + 0.5) / steps;
    const radius = (thickness / 2) * (0.4 + 0.6 * Math.sin(Math.PI * along)) * between(random, 0.8, 1.2);
    const x1 = Math.max(0, Math.floor(Math.min(from.x, to.x) - left - radius - 1));
    const x2 = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) - left + radius + 1));
    const y1 = Math.max(0, Math.floor(Math.min(from.y, to.y) - top - radius - 1));
    const y2 = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) - top + radius + 1));
    for (let y = y1; y <= y2; y++) {
      for (let x = x1; x <= x2; x++) {
        const distance = toSegment(x + left, y + top, from, to);
        const value = edgeOf(radius - distance, 1);
        if (value > (opacity[y * width + x] as number)) opacity[y * width + x] = value;
      }
    }
  }
  return { width, height, opacity };
}

/** 0 outside, 1 inside, over `feather` pixels about the edge. */
function edgeOf(inside: number, feather: number): number {
  const value = inside / Math.max(feather, 1e-3) + 0.5;
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

function toSegment(x: number, y: number, from: { x: number; y: number }, to: { x: number; y: number }): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

function drawn(width: number, height: number, at: (x: number, y: number) => number): Shape {
  const opacity = new Float32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) opacity[y * width + x] = at(x, y);
  return { width, height, opacity };
}
