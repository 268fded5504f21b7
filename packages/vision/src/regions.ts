/** A picture divided into regions without gaps: a grid of them, and what is to be told of each. */

/** Each pixel's region, 0 … `count` − 1, rows top to bottom; no region is empty. */
export interface RegionMap {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly data: Uint16Array;
}

/** Where a region lies, in pixels of its map. */
export interface RegionPlace {
  /** Number of pixels. */
  readonly area: number;
  /** Corners of the smallest box around it; `x2` and `y2` lie outside. */
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** So many regions fit into a map's numbers. */
export const maxRegions = 65_535;

/**
 * About `wanted` rectangles of nearly one size and as square as the picture allows.
 *
 * @throws RangeError for sides that aren't whole pixels, or fewer than 1 region
 */
export function gridRegions(width: number, height: number, wanted: number): RegionMap {
  checkRegions(width, height, wanted);
  const across = Math.min(width, Math.max(1, Math.round(Math.sqrt((wanted * width) / height))));
  const down = Math.min(height, Math.max(1, Math.round(wanted / across)));
  const data = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * down) / height) * across;
    for (let x = 0; x < width; x++) data[y * width + x] = row + Math.floor((x * across) / width);
  }
  return { width, height, count: across * down, data };
}

/** @throws RangeError as `gridRegions` tells */
export function checkRegions(width: number, height: number, wanted: number): void {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1)
      throw new RangeError(`A picture must have sides of whole pixels, got ${side}.`);
  }
  if (!(wanted >= 1 && wanted <= maxRegions)) {
    throw new RangeError(`A picture is divided into 1 to ${maxRegions} regions, got ${wanted}.`);
  }
}

/** Area and surrounding box of each region, in the order of their numbers. */
export function regionPlaces({ width, height, count, data }: RegionMap): RegionPlace[] {
  const places = Array.from({ length: count }, () => ({ area: 0, x1: width, y1: height, x2: 0, y2: 0 }));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = places[data[y * width + x] as number];
      if (!place) continue;
      place.area++;
      if (x < place.x1) place.x1 = x;
      if (x >= place.x2) place.x2 = x + 1;
      if (y < place.y1) place.y1 = y;
      if (y >= place.y2) place.y2 = y + 1;
    }
  }
  return places;
}

/**
 * The edge of a region as an SVG path of straight strokes in pixels of the map, to be drawn, not to be filled.
 *
 * @example
 * const path = regionOutline(regions, 3); // "M4 2h5M4 7h5M4 2v5M9 2v5"
 */
export function regionOutline({ width, height, data }: RegionMap, region: number): string {
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === region;
  return (
    strokes(height, width, (line, at) => isInside(at, line - 1) !== isInside(at, line), "h") +
    strokes(width, height, (line, at) => isInside(line - 1, at) !== isInside(line, at), "v")
  );
}

/** Each stretch of neighbouring edges on a line between two rows (or columns) as one stroke. */
function strokes(lines: number, length: number, isEdge: (line: number, at: number) => boolean, way: "h" | "v"): string {
  let path = "";
  for (let line = 0; line <= lines; line++) {
    let begun = -1;
    for (let at = 0; at <= length; at++) {
      const is = at < length && isEdge(line, at);
      if (is && begun < 0) begun = at;
      if (is || begun < 0) continue;
      path += way === "h" ? `M${begun} ${line}h${at - begun}` : `M${line} ${begun}v${at - begun}`;
      begun = -1;
    }
  }
  return path;
}
