/**
 * One pose of the simulated casting (a pump impeller's shroud, seen from above) under one light, and its grey tones:
 * a turned metal disc with a raised neck, a dark cavity with vanes, and a hub with a bore through which the table shows.
 */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import { noiseAt, smoothstep, turnShare } from "./noise-field.js";

/** Side of the square pictures, pixels. */
export const pictureSide = 300;

/** The product's drawing, in parts of the disc's radius. */
const neckOuter = 0.635;
const neckInner = 0.57;
const hubOuter = 0.295;
const hubInner = 0.232;
const chamfer = 0.022;
const vaneCount = 7;

/** How far above the disc's face (positive) or below it parts lie, in parts of the disc's radius: parallax and shadows. */
const neckHeight = 0.075;
const hubHeight = 0.05;
const boreDepth = -0.32;

/** Radii in pixels, and everything else that differs from picture to picture. */
export interface Scene {
  readonly centreX: number;
  readonly centreY: number;
  readonly radius: number;
  /** Turn of the part, radians. */
  readonly turn: number;
  /** The picture is squeezed by this factor along the axis at `squeezeAngle`: the camera never looks quite straight down. */
  readonly squeeze: number;
  readonly squeezeAngle: number;
  /** Sideways shift in pixels for each pixel of height. */
  readonly leanX: number;
  readonly leanY: number;
  /** Where the light comes from, radians in the picture, and its strength around 1. */
  readonly lightAngle: number;
  readonly light: number;
  /** Length of a shadow for each pixel of height. */
  readonly shadowLength: number;
  readonly tableTone: number;
  readonly metalTone: number;
  readonly wedges: readonly { readonly angle: number; readonly width: number; readonly gain: number }[];
  readonly blur: number;
  readonly noise: number;
  readonly seed: number;
}

export function randomScene(random: SeededRandom): Scene {
  const lightAngle = -2.2 + random.normal() * 0.24;
  const leanAngle = random.between(0, 2 * Math.PI);
  const lean = random.between(0, 0.11);
  return {
    centreX: pictureSide / 2 + random.normal() * 3,
    centreY: pictureSide / 2 + random.normal() * 3,
    radius: 122 + random.normal() * 2.2,
    turn: random.between(0, 2 * Math.PI),
    squeeze: random.between(0.975, 1),
    squeezeAngle: random.between(0, Math.PI),
    leanX: lean * Math.cos(leanAngle),
    leanY: lean * Math.sin(leanAngle),
    lightAngle,
    light: 1 + random.normal() * 0.045,
    shadowLength: random.between(0.36, 0.54),
    tableTone: random.between(152, 186),
    metalTone: random.between(180, 194),
    wedges: [
      { angle: lightAngle + random.normal() * 0.15, width: random.between(0.42, 0.62), gain: random.between(24, 40) },
      { angle: lightAngle + random.between(0.7, 1.3), width: random.between(0.2, 0.4), gain: random.between(8, 22) },
      { angle: lightAngle + random.between(-0.5, 0.9), width: random.between(0.04, 0.1), gain: random.between(2, 10) },
      {
        angle: lightAngle + Math.PI / 2 + random.normal() * 0.2,
        width: random.between(0.2, 0.4),
        gain: random.between(-30, -12),
      },
    ],
    blur: random.between(0.45, 0.95),
    noise: random.between(1.4, 3.2),
    seed: random.index(2 ** 31),
  };
}

/** Ways from the picture to the part: a place relative to the disc's centre, in pixels of the unsqueezed part. */
export interface PartPlace {
  readonly x: number;
  readonly y: number;
}

export function toPart(scene: Scene, x: number, y: number): PartPlace {
  const dx = x - scene.centreX;
  const dy = y - scene.centreY;
  const cos = Math.cos(scene.squeezeAngle);
  const sin = Math.sin(scene.squeezeAngle);
  const extra = (dx * cos + dy * sin) * (1 / scene.squeeze - 1);
  return { x: dx + extra * cos, y: dy + extra * sin };
}

export function toPicture(scene: Scene, place: PartPlace): PartPlace {
  const cos = Math.cos(scene.squeezeAngle);
  const sin = Math.sin(scene.squeezeAngle);
  const less = (place.x * cos + place.y * sin) * (scene.squeeze - 1);
  return { x: scene.centreX + place.x + less * cos, y: scene.centreY + place.y + less * sin };
}

/** Radii of the faces a defect can lie on, in pixels. */
export function faceRadii(scene: Scene) {
  const { radius } = scene;
  return {
    disc: { inner: radius * (neckOuter + 0.06), outer: radius * (1 - chamfer) },
    neck: { inner: radius * neckInner, outer: radius * neckOuter },
    hub: { inner: radius * hubInner, outer: radius * hubOuter },
    /** Shift of the neck's face against the disc's, from the lean of the camera. */
    neckShift: { x: scene.leanX * neckHeight * radius, y: scene.leanY * neckHeight * radius },
    hubShift: { x: scene.leanX * hubHeight * radius, y: scene.leanY * hubHeight * radius },
  };
}

/** Steps of the table of reflections around the circle: finer than a pixel at the rim. */
const wedgeSteps = 2048;

/** Share of a pixel inside an edge at distance `d` (pixels, negative inside). */
function inside(d: number): number {
  return d < -0.5 ? 1 : d > 0.5 ? 0 : 0.5 - d;
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** The grey tone (about 0–255) of the part without defects for each pixel. */
export function paintScene(scene: Scene): Float32Array {
  const tones = new Float32Array(pictureSide * pictureSide);
  const tone = tonePainter(scene);
  for (let y = 0, i = 0; y < pictureSide; y++) {
    for (let x = 0; x < pictureSide; x++, i++) tones[i] = tone(x + 0.5, y + 0.5);
  }
  return tones;
}

function tonePainter(scene: Scene): (x: number, y: number) => number {
  const { radius, seed } = scene;
  const lightX = Math.cos(scene.lightAngle);
  const lightY = Math.sin(scene.lightAngle);
  const squeezeCos = Math.cos(scene.squeezeAngle);
  const squeezeSin = Math.sin(scene.squeezeAngle);
  const stretch = 1 / scene.squeeze - 1;
  const shift = (height: number) => ({ x: scene.leanX * height * radius, y: scene.leanY * height * radius });
  const neck = shift(neckHeight);
  const hub = shift(hubHeight);
  const bore = shift(boreDepth);
  const table = shift(-0.16);
  /** Where a raised edge's shadow lies, beyond the edge itself. */
  const shadow = (height: number) => ({
    x: -lightX * height * radius * scene.shadowLength,
    y: -lightY * height * radius * scene.shadowLength,
  });
  const discShadow = shadow(0.2);
  const neckShadow = shadow(0.1);

  const tableTone = (x: number, y: number): number => {
    const along = ((x - pictureSide / 2) * lightX + (y - pictureSide / 2) * lightY) / pictureSide;
    return (
      scene.tableTone +
      along * 40 +
      noiseAt(seed + 1, x / 70, y / 70) * 5 +
      noiseAt(seed + 2, (x * 0.6 + y * 0.8) / 22, (y * 0.6 - x * 0.8) / 2.4) * 1.2
    );
  };

  /** Reflection of the turned grooves: bright where the groove faces the light, on both sides of the centre. */
  const wedges = Float32Array.from({ length: wedgeSteps + 1 }, (_, i) => {
    const angle = (i / wedgeSteps) * 2 * Math.PI;
    return scene.wedges.reduce(
      (sum, { angle: at, width, gain }) => sum + gain * Math.exp(-((Math.sin(angle - at) / width) ** 2)),
      0,
    );
  });
  const wedge = (angle: number): number => wedges[Math.round(turnShare(angle) * wedgeSteps)] as number;

  const discTone = (r: number, angle: number, x: number, y: number): number => {
    const around = turnShare(angle - scene.turn);
    const shine = wedge(angle);
    // Feed marks of the lathe: rings with a little waver, and a spiral of fine flecks along them.
    const rings = noiseAt(seed + 3, r * 0.85, around * 24, 24) * 3.2 + noiseAt(seed + 4, r * 0.28, around * 9, 9) * 3;
    const flecks = noiseAt(seed + 5, r * 0.9, around * 150, 150) * 3;
    // Fine radial streaks show only where the light grazes.
    const streaks = noiseAt(seed + 6, r / 40, around * 420, 420) * Math.max(0, shine - 20) * 0.16;
    const stains = noiseAt(seed + 7, x / 26, y / 26) * 4;
    const lit = ((x * lightX + y * lightY) / radius) * 9;
    return scene.metalTone + shine + rings + flecks + streaks + stains + lit;
  };

  /** Tone of a small turned face (neck, hub): brighter and evener than the disc. */
  const faceTone = (r: number, angle: number, base: number): number => {
    const around = turnShare(angle - scene.turn);
    return (
      base +
      wedge(angle) * 0.45 +
      noiseAt(seed + 8, r * 0.7, around * 60, 60) * 5 +
      noiseAt(seed + 9, r * 0.1, around * 11, 11) * 4
    );
  };

  const cavityTone = (r: number, angle: number, x: number, y: number): number => {
    const share = r / (radius * neckInner);
    // The wall away from the light catches some of it.
    const facing = -(x * lightX + y * lightY) / Math.max(r, 1);
    let tone = 15 + 12 * share * share + Math.max(0, facing) * 14 * smoothstep(0.55, 1, share);
    // Vanes curl as logarithmic spirals.
    const spiral = ((angle - scene.turn - 1.15 * Math.log(Math.max(share, 0.05))) / (2 * Math.PI)) * vaneCount;
    const toVane = Math.abs(spiral - Math.round(spiral));
    const edge = Math.exp(-((toVane / 0.085) ** 2));
    const behind = spiral - Math.floor(spiral);
    const lightOnVane = 0.55 + 0.45 * Math.cos(angle - scene.lightAngle + 2.1);
    tone += edge * 34 * smoothstep(0.5, 0.8, share) * (1 - 0.5 * smoothstep(0.9, 1, share)) * lightOnVane;
    tone += (1 - behind) * 9 * smoothstep(0.45, 0.85, share) * lightOnVane;
    return tone + noiseAt(seed + 10, x / 5, y / 5) * 2.5;
  };

  const boreTone = (x: number, y: number): number => {
    const holeRadius = radius * hubInner;
    // The far end of the bore, smaller by perspective, through which the table shows.
    const far = Math.hypot(x - hub.x - bore.x, y - hub.y - bore.y) - holeRadius * 0.9;
    const facing = -((x - hub.x) * lightX + (y - hub.y) * lightY) / holeRadius;
    const wall = 96 + 80 * facing + noiseAt(seed + 11, x / 3, y / 9) * 6;
    const shade = smoothstep(-0.9, 0.7, facing);
    const through = (scene.tableTone - 8) * (0.52 + 0.4 * shade) + noiseAt(seed + 12, x / 14, y / 14) * 4;
    return mix(wall, through, smoothstep(1.5, -1.5, far));
  };

  /** The disc's face with its two edges: the fillet at the neck and the chamfer outside. */
  const discWithEdges = (x: number, y: number, r: number, angle: number, neckR: number): number => {
    let tone = discTone(r, angle, x, y);
    const neckEdge = neckR - radius * neckOuter;
    // The fillet where neck and disc meet: a shadow away from the light, a thin gleam towards it.
    if (neckEdge < 16) {
      const around = turnShare(angle - scene.turn);
      const shadowEdge =
        Math.hypot(x - neckShadow.x, y - neckShadow.y) -
        radius * neckOuter +
        noiseAt(seed + 14, 0, around * 90, 90) * 0.5;
      const facing = ((x - neck.x) * lightX + (y - neck.y) * lightY) / Math.max(neckR, 1);
      tone *= 1 - 0.86 * (1 - smoothstep(-0.6, 1.3, shadowEdge));
      tone *= 1 - 0.5 * Math.exp(-((neckEdge / 1.1) ** 2)) * (0.65 - 0.35 * facing);
      tone += 28 * Math.max(0, facing) * Math.exp(-(((neckEdge - 3) / 1.3) ** 2));
    }
    // Outer edge: chamfer with glints, and the dark line of the edge itself.
    const fromEdge = 1 - r / radius;
    if (fromEdge < chamfer * 1.6) {
      const around = turnShare(angle - scene.turn);
      const towards = (x * lightX + y * lightY) / r;
      const bevel = 1 - smoothstep(chamfer * 0.7, chamfer * 1.5, fromEdge);
      const glint = Math.max(0, noiseAt(seed + 13, 0, around * 64, 64) - 0.45) * 95;
      tone += bevel * (towards * 26 - 6 + glint * Math.max(0, 0.4 + towards));
      tone *= 1 - 0.42 * (1 - smoothstep(0, 1.5 / radius, fromEdge)) * (1 - 0.55 * Math.max(0, towards));
    }
    return tone;
  };

  const neckAndWithin = (x: number, y: number, angle: number, neckR: number): number => {
    const neckEdge = neckR - radius * neckOuter;
    const cavityEdge = neckR - radius * neckInner;
    let tone = 0;
    if (cavityEdge > -0.5) {
      tone = faceTone(neckR, angle, scene.metalTone + 20);
      tone *= 1 - 0.3 * Math.exp(-((neckEdge / 0.9) ** 2)) - 0.22 * Math.exp(-(((cavityEdge - 0.5) / 0.9) ** 2));
    }
    return cavityEdge < 0.5 ? mix(tone, cavityAndHub(x, y, angle, neckR), inside(cavityEdge)) : tone;
  };

  const cavityAndHub = (x: number, y: number, angle: number, neckR: number): number => {
    const hubX = x - hub.x;
    const hubY = y - hub.y;
    const hubR = Math.hypot(hubX, hubY);
    const hubEdge = hubR - radius * hubOuter;
    const tone = hubEdge > -0.5 ? cavityTone(neckR, angle, x, y) : 0;
    if (hubEdge >= 4) return tone;
    // The hub's side, darker than its face, shows a little all round.
    const side = 38 + 30 * Math.max(0, (hubX * lightX + hubY * lightY) / Math.max(hubR, 1));
    const around = mix(tone, side, 1 - smoothstep(0, 3.5, hubEdge));
    if (hubEdge >= 0.5) return around;
    const boreEdge = hubR - radius * hubInner;
    let face = 0;
    if (boreEdge > -0.5) {
      face = faceTone(hubR, angle, scene.metalTone + 12);
      face *= 1 - 0.25 * Math.exp(-((hubEdge / 0.9) ** 2)) - 0.3 * Math.exp(-(((boreEdge - 0.4) / 0.9) ** 2));
    }
    if (boreEdge < 0.5) face = mix(face, boreTone(x, y), inside(boreEdge));
    return mix(around, face, inside(hubEdge));
  };

  return (px, py) => {
    const dx = px - scene.centreX;
    const dy = py - scene.centreY;
    const extra = (dx * squeezeCos + dy * squeezeSin) * stretch;
    const x = dx + extra * squeezeCos;
    const y = dy + extra * squeezeSin;
    const r = Math.hypot(x, y);
    const discEdge = r - radius;
    if (discEdge > 0.5) {
      // Table: a soft shadow away from the light, and a dark line where the part stands on it.
      const toShadow = Math.hypot(x - table.x - discShadow.x, y - table.y - discShadow.y) - radius;
      const toPartFoot = Math.hypot(x - table.x, y - table.y) - radius;
      const shade = 0.58 * (1 - smoothstep(-4, 15, toShadow)) + 0.3 * (1 - smoothstep(-3, 7, toPartFoot));
      return tableTone(px, py) * scene.light * (1 - Math.min(shade, 0.82));
    }
    const angle = Math.atan2(y, x);
    const neckR = Math.hypot(x - neck.x, y - neck.y);
    const neckEdge = neckR - radius * neckOuter;
    let tone = neckEdge > -0.5 ? discWithEdges(x, y, r, angle, neckR) : 0;
    if (neckEdge < 0.5) tone = mix(tone, neckAndWithin(x, y, angle, neckR), inside(neckEdge));
    if (discEdge > -0.5) tone = mix(tableTone(px, py) * 0.35, tone, inside(discEdge));
    return tone * scene.light;
  };
}
