/** Reads members of a ZIP archive (APPNOTE 6.3: stored or deflated, no encryption): Python wheels and PyTorch's files are such. */
import { crc32, inflateRawSync } from "node:zlib";
import { ModelError } from "../model-error.js";

export interface ZipMember {
  readonly name: string;
  /** Bytes once unpacked. */
  readonly size: number;
  /** @throws ModelError `BACKBONE_SOURCE_INVALID` where the packed bytes are damaged */
  read(): Uint8Array;
}

const endSignature = 0x06054b50;
const memberSignature = 0x02014b50;
const localSignature = 0x04034b50;
const endLength = 22;
const mostMembers = 10_000;
/** A small file that unpacks to more than this is a trap. */
const mostBytes = 1 << 30;

/** @returns whether bytes may be a ZIP archive */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= endLength && viewOf(bytes).getUint32(0, true) === localSignature;
}

/**
 * The members of an archive by its central directory, none of them unpacked yet.
 *
 * @throws ModelError `BACKBONE_SOURCE_INVALID`
 */
export function readZip(bytes: Uint8Array, title: string): ZipMember[] {
  const view = viewOf(bytes);
  const fail = (problem: string): never => {
    throw new ModelError("BACKBONE_SOURCE_INVALID", `${title} is no whole ZIP archive: ${problem}. Get it again.`);
  };
  const end = endOf(view);
  if (end < 0) return fail("it has no directory");
  const count = view.getUint16(end + 10, true);
  if (count > mostMembers) return fail(`its directory names ${count} members, at most ${mostMembers} are read`);
  let at = view.getUint32(end + 16, true);
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== memberSignature) return fail("its directory is damaged");
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [checksum, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    ) as [number, number, number];
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + extraLength + commentLength;
    const read = (): Uint8Array => {
      if ((flags & 1) !== 0) return fail(`"${name}" is encrypted`);
      if (size > mostBytes) return fail(`"${name}" would have ${size} bytes, at most ${mostBytes} are read`);
      if (local + 30 > bytes.length || view.getUint32(local, true) !== localSignature)
        return fail(`"${name}" is missing`);
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = bytes.subarray(from, from + packed);
      if (content.length !== packed) return fail(`"${name}" is cut off`);
      const whole = method === 0 ? content : method === 8 ? inflated(content, size) : null;
      if (whole === null) return fail(`"${name}" is packed by method ${method}; 0 and 8 are read`);
      if (whole.length !== size || crc32(whole) !== checksum) return fail(`"${name}" is damaged`);
      return whole;
    };
    members.push({ name, size, read });
  }
  return members;
}

/** At most `size` bytes; none where the packed ones are damaged. */
function inflated(content: Uint8Array, size: number): Uint8Array {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
  } catch {
    return new Uint8Array();
  }
}

/** The directory's end is sought from behind: a comment of up to 64 KiB may follow it. */
function endOf(view: DataView): number {
  for (let at = view.byteLength - endLength; at >= Math.max(0, view.byteLength - endLength - 0xffff); at--)
    if (view.getUint32(at, true) === endSignature) return at;
  return -1;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
