/** Cuts large pictures into overlapping tiles and puts what was found in them together again. */
import { type DetectionRow, Detections } from "./detections.js";
import type { Image } from "./image.js";

/** A part of a picture in whole pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TilingOptions {
  /** Sides of a tile in pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** How much neighbours share at least, in pixels: as large as the objects whose tiles matter. */
  readonly overlap: number;
}

/** What tells a box's edge to lie on its tile's edge: nets are no better than this. */
const edgeTolerance = 3;
/** For each box asked for so many of the tiles' best take part: neighbours see an object up to four times. */
const candidatesPerBox = 10;

/**
 * Tiles of one size that cover the picture, spread evenly, row by row. A picture smaller than a tile along one axis
 * gives tiles as long as the picture there. Throws RangeError when the overlap isn't smaller than a tile.
 *
 * @example
 * planTiles(4096, 3000, { width: 640, height: 640, overlap: 96 });
 */
export function planTiles(width: number, height: number, { overlap, ...tile }: TilingOptions): Tile[] {
  const across = spread(width, tile.width, overlap);
  const down = spread(height, tile.height, overlap);
  return down.flatMap((y) =>
    across.map((x) => ({ x, y, width: Math.min(tile.width, width), height: Math.min(tile.height, height) })),
  );
}

function spread(length: number, tile: number, overlap: number): number[] {
  for (const value of [length, tile]) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Pictures and tiles must have sides of whole pixels from 1, got ${value}.`);
    }
  }
  if (!(overlap >= 0 && overlap < tile)) {
    throw new RangeError(`The overlap must be 0 or more and less than the tile's ${tile} pixels, got ${overlap}.`);
  }
  if (length <= tile) return [0];
  const count = Math.ceil((length - overlap) / (tile - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - tile)) / (count - 1)));
}

/** The pixels of a tile. */
export function cutTile({ width, data }: Image, tile: Tile): Image {
  const out = new Uint8Array(tile.width * tile.height * 3);
  const rowBytes = tile.width * 3;
  for (let y = 0; y < tile.height; y++) {
    const from = ((tile.y + y) * width + tile.x) * 3;
    out.set(data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { width: tile.width, height: tile.height, data: out };
}

/** A copy of the picture with a tile's pixels put back. */
export function pasteTile({ width, height, data }: Image, tile: Tile, pixels: Image): Image {
  const out = data.slice();
  const rowBytes = tile.width * 3;
  for (let y = 0; y < tile.height; y++)
    out.set(pixels.data.subarray(y * rowBytes, (y + 1) * rowBytes), ((tile.y + y) * width + tile.x) * 3);
  return { width, height, data: out };
}

/**
 * One answer for the picture from the answers of its tiles (boxes in each tile's own pixels).
 *
 * An object wholly inside one tile and cut in its neighbour is the whole one; one that every tile cuts is the union of
 * its pieces, with the best piece's score. What is seen whole by several tiles is suppressed as usual, by class.
 */
export function mergeTiles(
  tiles: readonly Tile[],
  found: readonly Detections[],
  picture: { readonly width: number; readonly height: number },
  { maxOverlap = 0.6, limit = Number.POSITIVE_INFINITY }: { maxOverlap?: number; limit?: number } = {},
): Detections {
  if (tiles.length !== found.length) {
    throw new RangeError(`Each tile needs its detections, got ${tiles.length} tiles and ${found.length} answers.`);
  }
  const rows = tiles.flatMap((tile, i) => {
    const inPicture = (found[i] as Detections).transform(1, 1, tile.x, tile.y).clip(picture.width, picture.height);
    return inPicture.rows().map((row) => ({ row, isPiece: isCut(row, tile, picture) }));
  });
  // Suppression compares each with each: a thousand tiles with hundreds of faint boxes would take minutes.
  if (rows.length > limit * candidatesPerBox) {
    rows.sort((a, b) => b.row.score - a.row.score);
    rows.length = limit * candidatesPerBox;
  }
  const whole = rows.filter(({ isPiece }) => !isPiece).map(({ row }) => row);
  const pieces = rows.filter(({ isPiece }) => isPiece).map(({ row }) => row);
  const kept = fromRows(whole).nonMaximumSuppression(maxOverlap).rows();
  const joined: DetectionRow[] = [];
  for (const piece of fromRows(pieces).best().rows()) {
    if (kept.some((row) => row.classIndex === piece.classIndex && coveredShare(piece, row) > 0.5)) continue;
    const mate = joined.findIndex((row) => row.classIndex === piece.classIndex && shareOfSmaller(piece, row) > 0.3);
    if (mate < 0) joined.push(piece);
    else joined[mate] = union(joined[mate] as DetectionRow, piece);
  }
  return fromRows([...kept, ...joined]).nonMaximumSuppression(maxOverlap, {
    limit: Math.min(limit, kept.length + joined.length),
  });
}

function fromRows(rows: readonly DetectionRow[]): Detections {
  return Detections.fromArrays(
    rows.map(({ x1, y1, x2, y2, score, classIndex }) => [x1, y1, x2, y2, score, classIndex]),
  );
}

/** Does the box end at an edge of its tile that isn't an edge of the picture? */
function isCut(row: DetectionRow, tile: Tile, picture: { readonly width: number; readonly height: number }): boolean {
  const right = tile.x + tile.width;
  const bottom = tile.y + tile.height;
  return (
    (tile.x > 0 && row.x1 <= tile.x + edgeTolerance) ||
    (tile.y > 0 && row.y1 <= tile.y + edgeTolerance) ||
    (right < picture.width && row.x2 >= right - edgeTolerance) ||
    (bottom < picture.height && row.y2 >= bottom - edgeTolerance)
  );
}

function shared(a: DetectionRow, b: DetectionRow): number {
  const across = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const down = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return across > 0 && down > 0 ? across * down : 0;
}

function area({ x1, y1, x2, y2 }: DetectionRow): number {
  return Math.max((x2 - x1) * (y2 - y1), Number.MIN_VALUE);
}

/** The share of `piece` that lies inside `row`. */
function coveredShare(piece: DetectionRow, row: DetectionRow): number {
  return shared(piece, row) / area(piece);
}

function shareOfSmaller(a: DetectionRow, b: DetectionRow): number {
  return shared(a, b) / Math.min(area(a), area(b));
}

function union(a: DetectionRow, b: DetectionRow): DetectionRow {
  return {
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
    x2: Math.max(a.x2, b.x2),
    y2: Math.max(a.y2, b.y2),
    score: Math.max(a.score, b.score),
    classIndex: a.classIndex,
  };
}
