/** Writes a ZIP archive (PKWARE APPNOTE 6.3.3): files one after the other, deflated where that helps, then the directory of them. */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
/** 2.0: deflate and folders. */
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1980-01-01 00:00, the format's first moment: the same files make the same archive. */
const DOS_DATE = 0x0021;

export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const deflated = deflateRawSync(bytes);
    const isSmaller = deflated.length < bytes.length;
    const body = isSmaller ? deflated : Buffer.from(bytes);
    const nameBytes = Buffer.from(name, "utf8");
    // The fields that a file's own header and its row in the directory share.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(VERSION, 0);
    shared.writeUInt16LE(FLAGS, 2);
    shared.writeUInt16LE(isSmaller ? METHOD_DEFLATED : METHOD_STORED, 4);
    shared.writeUInt16LE(0, 6);
    shared.writeUInt16LE(DOS_DATE, 8);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(body.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    const header = Buffer.concat([word(0x04034b50), shared, nameBytes]);
    const row = Buffer.alloc(14);
    row.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([word(0x02014b50), half(VERSION), shared, row, nameBytes]));
    parts.push(header, body);
    offset += header.length + body.length;
  }
  const rows = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(rows.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, rows, word(0x06054b50), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
