/** Pieces of other places and other pictures, turned, scaled and coloured anew: what defects are made of. */
import { about, chained, flippingSideways, rotating, scaling, shifting, warp } from "../augment/affine.js";
import { type ColourChange, changeColour } from "../augment/colour.js";
import type { RandomSource } from "../augment/damage.js";
import type { Image } from "../image.js";
import { between, type DefectOrder, ratioBetween } from "./defect-kind.js";
import { placeIn } from "./foreground.js";

export interface Borrowing {
  /** Largest turn, in radians. */
  readonly turn: number;
  /** Largest scaling up or down; 1 keeps the size. */
  readonly scale: number;
  /** How far colours may go, 0–1. */
  readonly colour: number;
}

/**
 * A piece of `width` x `height` pixels of the order's source, from the part where one can be told, at another place than
 * the defect's.
 */
export function borrow(order: DefectOrder, width: number, height: number, how: Borrowing): Image {
  const { random, source } = order;
  const { x, y } = farPlace(order);
  const zoom = ratioBetween(random, 1 / how.scale, how.scale);
  const map = chained(
    shifting(-x, -y),
    scaling(zoom, zoom),
    rotating(between(random, -how.turn, how.turn)),
    shifting(width / 2, height / 2),
  );
  const flipped = random() < 0.5 ? chained(map, flippingSideways(width)) : map;
  const piece = warp(source, flipped, width, height, { border: "edge" });
  if (how.colour > 0) changeColour(piece, colourChange(random, how.colour));
  return piece;
}

/** Light and colour that are others by at most `amount`, 0–1. */
export function colourChange(random: RandomSource, amount: number): ColourChange {
  return {
    brightness: ratioBetween(random, 1 / (1 + 0.7 * amount), 1 + 0.7 * amount),
    contrast: ratioBetween(random, 1 / (1 + 0.5 * amount), 1 + 0.5 * amount),
    saturation: between(random, 1 - amount, 1 + amount),
    hueDegrees: between(random, -60, 60) * amount,
  };
}

/** Tiles of a piece in another order, each turned: its texture without its pattern. */
export function shuffledTiles(piece: Image, random: RandomSource, tilesPerSide: number): Image {
  const { width, height } = piece;
  const data = piece.data.slice();
  const [tileWidth, tileHeight] = [Math.floor(width / tilesPerSide), Math.floor(height / tilesPerSide)];
  if (tileWidth < 2 || tileHeight < 2) return piece;
  for (let tile = 0; tile < tilesPerSide * tilesPerSide; tile++) {
    const from = Math.floor(random() * tilesPerSide * tilesPerSide);
    const [toX, toY] = [(tile % tilesPerSide) * tileWidth, Math.floor(tile / tilesPerSide) * tileHeight];
    const [fromX, fromY] = [(from % tilesPerSide) * tileWidth, Math.floor(from / tilesPerSide) * tileHeight];
    for (let y = 0; y < tileHeight; y++) {
      const start = ((fromY + y) * width + fromX) * 3;
      data.set(piece.data.subarray(start, start + tileWidth * 3), ((toY + y) * width + toX) * 3);
    }
  }
  return { width, height, data };
}

/** The whole source turned about its middle, cut to a piece: what shows a strange texture where the part has another. */
export function turnedWhole(order: DefectOrder, width: number, height: number, left: number, top: number): Image {
  const { source, random } = order;
  const map = chained(
    about(source.width / 2, source.height / 2, rotating(random() * 2 * Math.PI)),
    shifting(-left, -top),
  );
  return warp(source, map, width, height, { border: "edge" });
}

/** Another place on the source's part: from the same picture, one that the defect doesn't cover. */
function farPlace(order: DefectOrder): { x: number; y: number } {
  const { source, sourceForeground, random, size } = order;
  let place = { x: 0, y: 0 };
  for (let attempt = 0; attempt < 4; attempt++) {
    place = sourceForeground
      ? placeIn(sourceForeground, "inside", source, random)
      : { x: random() * source.width, y: random() * source.height };
    if (source !== order.picture || Math.hypot(place.x - order.x, place.y - order.y) > 1.5 * size) break;
  }
  return place;
}
