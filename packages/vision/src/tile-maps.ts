/** Puts the maps of overlapping tiles together to one map of the picture. */
import { resizeMap, type ScoreMap } from "./heat-map.js";
import type { Tile } from "./tiles.js";

/** Cells on the longer side at most: finer than anybody looks, and quick. */
const longestSide = 1024;

/**
 * One map of the picture from those of its tiles, as fine as they are. Where tiles overlap, what lies nearer to a tile's
 * middle counts more: at its edge a network sees only half of what is around.
 *
 * @param maps one a tile, in the tiles' order
 *
 * @example
 * stitchMaps(planTiles(4096, 3000, tiling), maps, { width: 4096, height: 3000 });
 */
export function stitchMaps(
  tiles: readonly Tile[],
  maps: readonly ScoreMap[],
  picture: { readonly width: number; readonly height: number },
): ScoreMap {
  const [first] = tiles;
  const [finest] = maps;
  if (!first || !finest || tiles.length !== maps.length)
    throw new RangeError(`Each tile needs its map, got ${tiles.length} tiles and ${maps.length} maps.`);
  const across = finest.width / first.width;
  const down = finest.height / first.height;
  const shrink = Math.min(1, longestSide / Math.max(picture.width * across, picture.height * down));
  const width = Math.max(1, Math.round(picture.width * across * shrink));
  const height = Math.max(1, Math.round(picture.height * down * shrink));
  const sums = new Float64Array(width * height);
  const weights = new Float64Array(width * height);
  for (const [i, tile] of tiles.entries()) {
    const columns = span(tile.x, tile.width, width / picture.width, width);
    const rows = span(tile.y, tile.height, height / picture.height, height);
    const { data } = resizeMap(maps[i] as ScoreMap, columns.length, rows.length);
    for (let y = 0; y < rows.length; y++) {
      const row = (rows.first + y) * width + columns.first;
      const nearY = nearness(y, rows.length);
      for (let x = 0; x < columns.length; x++) {
        const weight = nearY * nearness(x, columns.length);
        sums[row + x] = (sums[row + x] as number) + weight * (data[y * columns.length + x] as number);
        weights[row + x] = (weights[row + x] as number) + weight;
      }
    }
  }
  return { width, height, data: Float32Array.from(sums, (sum, at) => sum / (weights[at] as number)) };
}

/** The cells that a tile covers, none of its pixels left out. */
function span(from: number, pixels: number, scale: number, cells: number): { first: number; length: number } {
  const first = Math.min(cells - 1, Math.floor(from * scale + 1e-6));
  return { first, length: Math.max(1, Math.min(cells, Math.ceil((from + pixels) * scale - 1e-6)) - first) };
}

/** 1 in the middle, towards 0 at the edges. */
function nearness(at: number, length: number): number {
  return 1 - Math.abs((2 * (at + 0.5)) / length - 1) + 1e-3;
}
