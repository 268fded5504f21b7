/**
 * Reads the weights that PyTorch's `torch.save(model.state_dict(), …)` wrote, without Python and without running anything that
 * the file says: the older form (pickles, then the numbers) and the ZIP form since 1.6.
 */
import { elementCount, floatTensor, type Tensor } from "@sightline/nn/tensor";
import { fromHalf } from "@sightline/nn/tflite-file";
import { ModelError } from "../model-error.js";
import { type PickleRules, type PickleValue, readPickle } from "./pickle.js";
import { isZip, readZip } from "./zip-archive.js";

/** Bytes a number, and how it is read; whole numbers count what no network computes with, and are left out. */
const storages = {
  "torch.FloatStorage": { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) },
  "torch.DoubleStorage": { bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at, true) },
  "torch.HalfStorage": { bytes: 2, read: (view: DataView, at: number) => fromHalf(view.getUint16(at, true)) },
  "torch.LongStorage": { bytes: 8, read: null },
  "torch.IntStorage": { bytes: 4, read: null },
  "torch.BoolStorage": { bytes: 1, read: null },
} as const;

type StorageType = keyof typeof storages;

class StorageId {
  readonly type: StorageType;
  readonly key: string;
  readonly elements: number;

  constructor(type: StorageType, key: string, elements: number) {
    this.type = type;
    this.key = key;
    this.elements = elements;
  }
}

class TensorId {
  readonly storage: StorageId;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: StorageId, offset: number, dims: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.dims = dims;
    this.strides = strides;
  }
}

const dictionary = "collections.OrderedDict";
const rebuilt = "torch._utils._rebuild_tensor_v2";
const parameter = "torch._utils._rebuild_parameter";

/** What the older form begins with. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const mostElements = 1 << 28;

/**
 * The floating-point tensors of a file by their names, as float32.
 *
 * @throws ModelError `BACKBONE_SOURCE_INVALID`
 */
export function readTorchWeights(bytes: Uint8Array): ReadonlyMap<string, Tensor> {
  const { value, numbers } = isZip(bytes) ? readZipForm(bytes) : readLegacyForm(bytes);
  const inner = value instanceof Map ? value.get("state_dict") : undefined;
  const weights = inner instanceof Map ? inner : value;
  if (!(weights instanceof Map)) throw invalid("it holds no dictionary of weights");
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of weights) {
    const id = thingOf(entry);
    if (!(id instanceof TensorId)) continue;
    const tensor = tensorOf(name, id, numbers);
    if (tensor !== null) tensors.set(name, tensor);
  }
  return tensors;
}

interface Content {
  readonly value: PickleValue;
  /** The bytes of a storage. */
  readonly numbers: (storage: StorageId) => Uint8Array;
}

/** `NAME/data.pkl`, and a member `NAME/data/KEY` for each storage. */
function readZipForm(bytes: Uint8Array): Content {
  const members = new Map(readZip(bytes, "The file of weights").map((member) => [member.name, member]));
  const pickle = [...members.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw invalid("it is a ZIP archive without data.pkl");
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const order = members.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order.read()) !== "little")
    throw invalid("its numbers are big-endian");
  const { value } = readPickle(pickle.read(), 0, rules);
  return {
    value,
    numbers: ({ key }) => members.get(`${folder}data/${key}`)?.read() ?? new Uint8Array(),
  };
}

/** Four pickles (a magic number, the version, the machine, the weights) and one of keys; then each storage with its length. */
function readLegacyForm(bytes: Uint8Array): Content {
  const magic = readPickle(bytes, 0, rules);
  if (magic.value !== Number(legacyMagic)) throw invalid("it doesn't begin as PyTorch's files do");
  const version = readPickle(bytes, magic.end, rules);
  const machine = readPickle(bytes, version.end, rules);
  if (!(machine.value instanceof Map) || machine.value.get("little_endian") !== true)
    throw invalid("its numbers are big-endian");
  const { value, end } = readPickle(bytes, machine.end, rules);
  const keys = readPickle(bytes, end, rules);
  const types = storagesOf(value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const type = types.get(String(key));
    if (type === undefined || at + 8 > bytes.length) throw invalid("its list of numbers is damaged");
    const length = Number(view.getBigInt64(at, true)) * storages[type].bytes;
    at += 8;
    if (!(length >= 0) || at + length > bytes.length) throw invalid("it is cut off");
    places.set(String(key), bytes.subarray(at, at + length));
    at += length;
  }
  return { value, numbers: ({ key }) => places.get(key) ?? new Uint8Array() };
}

function storagesOf(value: PickleValue): Map<string, StorageType> {
  const found = new Map<string, StorageType>();
  const seen = new Set<PickleValue>();
  const queue: PickleValue[] = [value];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const id = thingOf(next);
    if (id instanceof TensorId) found.set(id.storage.key, id.storage.type);
    if (id instanceof StorageId) found.set(id.key, id.type);
    if (next instanceof Map) queue.push(...next.values());
    if (Array.isArray(next)) queue.push(...next);
  }
  return found;
}

const rules: PickleRules = {
  globals: new Set([dictionary, rebuilt, parameter, ...Object.keys(storages)]),
  call(global, args) {
    if (global === dictionary && args.length === 0) return new Map();
    if (global === parameter) return thingOf(args[0] ?? null) instanceof TensorId ? (args[0] as PickleValue) : null;
    if (global !== rebuilt) return null;
    const [storage, offset, dims, strides] = [thingOf(args[0] ?? null), args[1], args[2], args[3]];
    const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
    const isSizes = (sizes: unknown): sizes is number[] => Array.isArray(sizes) && sizes.every(isSize);
    if (!(storage instanceof StorageId) || !isSize(offset) || !isSizes(dims) || !isSizes(strides)) return null;
    if (dims.length !== strides.length || dims.length > 8) return null;
    return { thing: new TensorId(storage, offset, dims, strides) };
  },
  persistent(id) {
    const [kind, type, key, , elements] = Array.isArray(id) ? id : [];
    const name = type !== null && typeof type === "object" && "global" in type ? type.global : "";
    if (kind !== "storage" || !(name in storages) || typeof key !== "string" || typeof elements !== "number")
      throw invalid("it names numbers in a way that PyTorch's files don't");
    return { thing: new StorageId(name as StorageType, key, elements) };
  },
};

function thingOf(value: PickleValue): object | null {
  return value !== null && typeof value === "object" && "thing" in value ? value.thing : null;
}

/** @returns `null` for whole numbers */
function tensorOf(
  name: string,
  { storage, offset, dims, strides }: TensorId,
  numbers: Content["numbers"],
): Tensor | null {
  const { bytes, read } = storages[storage.type];
  if (read === null) return null;
  const count = elementCount(dims);
  const content = numbers(storage);
  const last =
    count === 0 ? -1 : offset + dims.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] as number), 0);
  if (count > mostElements || (last + 1) * bytes > content.length)
    throw invalid(`"${name}" (${dims.join(", ")}) lies outside of its ${content.length} bytes of numbers`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const data = new Float32Array(count);
  const index = new Array<number>(dims.length).fill(0);
  for (let i = 0, from = offset; i < count; i++) {
    data[i] = read(view, from * bytes);
    // The next element in row-major order: the last axis first, carrying over.
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (dims[axis] as number)) break;
      from -= (strides[axis] as number) * (dims[axis] as number);
      index[axis] = 0;
    }
  }
  return floatTensor(dims, data);
}

function invalid(problem: string): ModelError {
  return new ModelError(
    "BACKBONE_SOURCE_INVALID",
    `The file of weights can't be read: ${problem}. Give a file that torch.save(model.state_dict(), …) wrote.`,
  );
}
