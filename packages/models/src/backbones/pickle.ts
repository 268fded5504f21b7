/**
 * Reads Python's pickles as data only: a pickle is a program that may call anything, so this machine knows the few operations
 * that a list of weights needs, calls nothing by itself, and refuses all others (Python's own advice in "Restricting Globals").
 */
import { ModelError } from "../model-error.js";

/** Tuples and lists are arrays, dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<string, PickleValue>
  | PickleGlobal
  | PickleThing;

/** A name that was asked for, such as `torch.FloatStorage`. */
export interface PickleGlobal {
  readonly global: string;
}

/** What the caller made of a call or of a persistent id. */
export interface PickleThing {
  readonly thing: object;
}

export interface PickleRules {
  /** Names that may stand in the pickle. */
  readonly globals: ReadonlySet<string>;
  /** What such a name makes of its arguments; `null`: it may not be called. */
  call(global: string, args: readonly PickleValue[]): PickleValue | null;
  /** What stands outside the pickle. */
  persistent(id: PickleValue): PickleValue;
}

const mostOperations = 2_000_000;
const mostStack = 200_000;

/**
 * The value of the pickle at `offset`, and where it ends.
 *
 * @throws ModelError `BACKBONE_SOURCE_INVALID` for what it holds besides data, and where it is damaged
 */
export function readPickle(bytes: Uint8Array, offset: number, rules: PickleRules): { value: PickleValue; end: number } {
  return new PickleMachine(bytes, offset, rules).run();
}

class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PickleRules;
  #at: number;
  #stack: PickleValue[] = [];
  /** Stacks below the open marks. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, offset: number, rules: PickleRules) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = offset;
    this.#rules = rules;
  }

  run(): { value: PickleValue; end: number } {
    for (let count = 0; count < mostOperations; count++) {
      const code = this.#byte();
      if (code === stop) return { value: this.#pop(), end: this.#at };
      this.#obey(code);
      if (this.#stack.length + this.#below.length > mostStack) this.#fail(`it nests deeper than ${mostStack}`);
    }
    return this.#fail(`it has more than ${mostOperations} operations`);
  }

  /** Opcodes by their names in Python's pickletools. */
  #obey(code: number): void {
    switch (code) {
      case 0x80: // PROTO
        this.#byte();
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x4e: // NONE
        this.#push(null);
        break;
      case 0x88: // NEWTRUE
        this.#push(true);
        break;
      case 0x89: // NEWFALSE
        this.#push(false);
        break;
      case 0x4b: // BININT1
        this.#push(this.#byte());
        break;
      case 0x4d: // BININT2
        this.#push(this.#view.getUint16(this.#take(2), true));
        break;
      case 0x4a: // BININT
        this.#push(this.#view.getInt32(this.#take(4), true));
        break;
      case 0x8a: // LONG1
        this.#push(this.#long());
        break;
      case 0x47: // BINFLOAT
        this.#push(this.#view.getFloat64(this.#take(8), false));
        break;
      case 0x58: // BINUNICODE
        this.#push(this.#text(this.#view.getUint32(this.#take(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        this.#push(this.#text(this.#byte()));
        break;
      case 0x28: // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        break;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        this.#push([]);
        break;
      case 0x7d: // EMPTY_DICT
        this.#push(new Map());
        break;
      case 0x74: {
        // TUPLE
        const items = this.#untilMark();
        this.#push(items);
        break;
      }
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(this.#several(code - 0x84));
        break;
      case 0x61: {
        // APPEND
        const item = this.#pop();
        this.#list().push(item);
        break;
      }
      case 0x65: {
        // APPENDS
        const items = this.#untilMark();
        const list = this.#list();
        for (const item of items) list.push(item);
        break;
      }
      case 0x73: {
        // SETITEM
        const pair = this.#several(2);
        this.#enter(pair);
        break;
      }
      case 0x75: {
        // SETITEMS
        const pairs = this.#untilMark();
        this.#enter(pairs);
        break;
      }
      case 0x71: // BINPUT
        this.#remember(this.#byte());
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#view.getUint32(this.#take(4), true));
        break;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        break;
      case 0x68: // BINGET
        this.#recall(this.#byte());
        break;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#view.getUint32(this.#take(4), true));
        break;
      case 0x63: // GLOBAL
        this.#global(this.#line(), this.#line());
        break;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#several(2);
        this.#global(String(module), String(name));
        break;
      }
      case 0x52: // REDUCE
        this.#reduce();
        break;
      case 0x62: // BUILD: attributes beside the entries, which no weights are in
        this.#pop();
        if (!(this.#top() instanceof Map)) this.#fail("it gives attributes to what is no dictionary");
        break;
      case 0x51: // BINPERSID
        this.#push(this.#rules.persistent(this.#pop()));
        break;
      default:
        this.#fail(`operation 0x${code.toString(16)} isn't among those that weights need`);
    }
  }

  #global(module: string, name: string): void {
    const global = `${module}.${name}`;
    if (!this.#rules.globals.has(global))
      this.#fail(`it asks for "${global}", and a list of weights only needs ${[...this.#rules.globals].join(", ")}`);
    this.#push({ global });
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!Array.isArray(args) || callee === null || typeof callee !== "object" || !("global" in callee))
      this.#fail("it calls what is no name");
    const made = this.#rules.call(callee.global, args);
    if (made === null) this.#fail(`it calls "${callee.global}" with arguments that weights don't need`);
    this.#push(made);
  }

  #enter(pairs: readonly PickleValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) this.#fail("it enters keys into what is no dictionary");
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i];
      if (typeof key !== "string") this.#fail("it has keys that are no text");
      map.set(key, pairs[i + 1] as PickleValue);
    }
  }

  #list(): PickleValue[] {
    const list = this.#top();
    return Array.isArray(list) ? list : this.#fail("it appends to what is no list");
  }

  #remember(place: number): void {
    if (place > mostStack) this.#fail(`it remembers more than ${mostStack} values`);
    this.#memo.set(place, this.#top());
  }

  #recall(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) this.#fail("it recalls what it never kept");
    this.#push(value);
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    return value === undefined ? this.#fail("it takes more than it has") : value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #several(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #untilMark(): PickleValue[] {
    const items = this.#stack;
    this.#stack = this.#below.pop() ?? this.#fail("it closes what it never opened");
    return items;
  }

  /** Little-endian, two's complement; only as much as a number holds. */
  #long(): number {
    const length = this.#byte();
    const from = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[from + i] as number);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #text(length: number): string {
    const from = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 200) this.#fail("it names something without an end");
    const text = this.#text(end - this.#at);
    this.#at++;
    return text;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  /** @returns where the bytes begin */
  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) this.#fail("it is cut off");
    this.#at += length;
    return from;
  }

  #fail(problem: string): never {
    throw new ModelError(
      "BACKBONE_SOURCE_INVALID",
      `The weights can't be read: their pickle, at byte ${this.#at}, is refused: ${problem}. ` +
        "Save the weights alone: torch.save(model.state_dict(), file).",
    );
  }
}

const stop = 0x2e;
