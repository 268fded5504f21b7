/** Writes PNG files with a palette: a painted score map costs a tenth of the time and no more bytes than as RGBA. */
import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";

const deflateLater = promisify(deflate);

/**
 * A PNG of one byte a pixel, each a place in `palette` (4 bytes a colour: red, green, blue, opacity; at most 256).
 *
 * @example
 * const png = await encodePalettePng(paintLevels(map, 300, 300), heatPalette);
 */
export async function encodePalettePng(
  pixels: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  palette: Uint8Array,
): Promise<Uint8Array> {
  const { width, height, data } = pixels;
  const colours = palette.length / 4;
  if (data.length !== width * height || !Number.isInteger(colours) || colours < 1 || colours > 256) {
    throw new RangeError(
      `A palette PNG must have ${width * height} pixels and 1 to 256 colours, got ${data.length} and ${colours}.`,
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a pixel, colours from a palette, the only compression and filter set there are, not interlaced.
  header.set([8, 3, 0, 0, 0], 8);
  const rgb = new Uint8Array(colours * 3);
  const opacity = new Uint8Array(colours);
  for (let i = 0; i < colours; i++) {
    rgb.set(palette.subarray(i * 4, i * 4 + 3), i * 3);
    opacity[i] = palette[i * 4 + 3] as number;
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", rgb),
    chunk("tRNS", opacity),
    chunk("IDAT", await deflateLater(differences(width, height, data), { level: 1 })),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Each row as its filter's number (1, "Sub") and the differences to the pixel on the left: mostly 0 in a smooth map. */
function differences(width: number, height: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array((width + 1) * height);
  for (let y = 0, to = 0; y < height; y++) {
    out[to++] = 1;
    let left = 0;
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x] as number;
      out[to++] = value - left;
      left = value;
    }
  }
  return out;
}

/** A PNG chunk: length, name, content, checksum over name and content. */
function chunk(name: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(content.length + 12);
  out.writeUInt32BE(content.length, 0);
  out.write(name, 4, "latin1");
  out.set(content, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length);
  return out;
}
