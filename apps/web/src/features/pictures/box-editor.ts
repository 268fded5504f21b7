/** Boxes on a picture, drawn and changed by pointer or keys: what a person does, without a screen. Never changed itself; each step gives a new one. */
import type { Box } from "@sightline/api/predictions";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which edges a handle moves: −1 the left or upper one, 1 the right or lower one, 0 neither. */
export interface Handle {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

type Gesture =
  | { readonly kind: "draw"; readonly from: Point; readonly label: string }
  | { readonly kind: "move"; readonly from: Point }
  | { readonly kind: "resize"; readonly handle: Handle };

interface State {
  readonly boxes: readonly Box[];
  readonly selected: number | null;
  readonly gesture: Gesture | null;
  readonly at: Point | null;
  readonly past: readonly (readonly Box[])[];
  readonly future: readonly (readonly Box[])[];
}

export const handles: readonly Handle[] = [-1, 0, 1].flatMap((y) =>
  [-1, 0, 1].flatMap((x) => (x === 0 && y === 0 ? [] : [{ x, y } as Handle])),
);

/** In pixels of the picture: less than this is a click. */
const leastSide = 2;
const keptSteps = 100;

export class BoxEditor {
  readonly #size: Size;
  readonly #state: State;

  private constructor(size: Size, state: State) {
    this.#size = size;
    this.#state = state;
  }

  static of(size: Size, boxes: readonly Box[]): BoxEditor {
    return new BoxEditor(size, { boxes, selected: null, gesture: null, at: null, past: [], future: [] });
  }

  /** What is kept: a gesture under way is not part of it. */
  get boxes(): readonly Box[] {
    return this.#state.boxes;
  }

  /** What is to be seen now, the gesture under way included. */
  get shown(): readonly Box[] {
    const { boxes, selected, gesture } = this.#state;
    const preview = this.#preview();
    if (gesture === null || preview === null) return boxes;
    return gesture.kind === "draw" ? [...boxes, preview] : boxes.map((box, i) => (i === selected ? preview : box));
  }

  /** Place of the chosen box in `shown`. */
  get selected(): number | null {
    const { boxes, selected, gesture } = this.#state;
    return gesture?.kind === "draw" ? (this.#preview() === null ? null : boxes.length) : selected;
  }

  get isBusy(): boolean {
    return this.#state.gesture !== null;
  }

  get canUndo(): boolean {
    return this.#state.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#state.future.length > 0;
  }

  /**
   * The pointer goes down: on a handle of the chosen box it resizes, inside that box it moves, elsewhere it draws.
   * @param reach how far from a handle still counts, in pixels of the picture
   */
  down(at: Point, { label, reach }: { label: string; reach: number }): BoxEditor {
    const { boxes, selected } = this.#state;
    const box = selected === null ? undefined : boxes[selected];
    const handle = box && handleAt(box, at, reach);
    const from = this.#inside(at);
    const gesture: Gesture =
      handle !== undefined
        ? { kind: "resize", handle }
        : box && contains(box, at)
          ? { kind: "move", from: at }
          : { kind: "draw", from, label };
    return this.#with({ gesture, at: gesture.kind === "move" ? at : from });
  }

  move(at: Point): BoxEditor {
    return this.#state.gesture === null ? this : this.#with({ at });
  }

  /** The pointer goes up: the gesture counts. One that went nowhere was a click and chooses the smallest box there. */
  up(): BoxEditor {
    const { gesture, boxes, selected } = this.#state;
    if (gesture === null) return this;
    const preview = this.#preview();
    const ended = this.#with({ gesture: null, at: null });
    if (gesture.kind === "draw") {
      if (preview === null) return ended.select(smallestAt(boxes, gesture.from));
      return ended.#change([...boxes, preview], boxes.length);
    }
    const isSame = preview === null || selected === null || sameBox(preview, boxes[selected] as Box);
    return isSame ? ended : ended.#replace(preview);
  }

  /** Escape: gives a gesture up, else the choice. */
  cancel(): BoxEditor {
    return this.isBusy ? this.#with({ gesture: null, at: null }) : this.select(null);
  }

  select(index: number | null): BoxEditor {
    return this.#with({ selected: index !== null && this.boxes[index] !== undefined ? index : null });
  }

  /** The next box in turn, or the one before. */
  selectNext(step: 1 | -1): BoxEditor {
    const count = this.boxes.length;
    if (count === 0) return this;
    const { selected } = this.#state;
    return this.select(selected === null ? (step === 1 ? 0 : count - 1) : (selected + step + count) % count);
  }

  /** A box in the middle of the picture, for those who have no pointer. */
  add(label: string): BoxEditor {
    const { width, height } = this.#size;
    const box = {
      label,
      x1: Math.floor(width * 0.375),
      y1: Math.floor(height * 0.375),
      x2: Math.ceil(width * 0.625),
      y2: Math.ceil(height * 0.625),
    };
    return this.#change([...this.boxes, box], this.boxes.length);
  }

  /** Moves the chosen box as a whole; it stays inside the picture. */
  nudge(dx: number, dy: number): BoxEditor {
    const box = this.#chosen();
    return box === undefined ? this : this.#replace(moved(box, dx, dy, this.#size));
  }

  /** Moves the right and lower edges of the chosen box. */
  stretch(dx: number, dy: number): BoxEditor {
    const box = this.#chosen();
    if (box === undefined) return this;
    const { width, height } = this.#size;
    const x2 = between(box.x2 + dx, box.x1 + leastSide, width);
    return this.#replace({ ...box, x2, y2: between(box.y2 + dy, box.y1 + leastSide, height) });
  }

  remove(index: number | null = this.#state.selected): BoxEditor {
    if (index === null) return this;
    return this.#change(
      this.boxes.filter((_, i) => i !== index),
      null,
    );
  }

  relabel(label: string): BoxEditor {
    const box = this.#chosen();
    return box === undefined || box.label === label ? this : this.#replace({ ...box, label });
  }

  undo(): BoxEditor {
    const { past, future, boxes } = this.#state;
    const before = past.at(-1);
    if (before === undefined) return this;
    return this.#with({ boxes: before, past: past.slice(0, -1), future: [boxes, ...future], ...nothingUnderWay });
  }

  redo(): BoxEditor {
    const { past, future, boxes } = this.#state;
    const [after, ...rest] = future;
    if (after === undefined) return this;
    return this.#with({ boxes: after, past: [...past, boxes], future: rest, ...nothingUnderWay });
  }

  #with(change: Partial<State>): BoxEditor {
    return new BoxEditor(this.#size, { ...this.#state, ...change });
  }

  #change(boxes: readonly Box[], selected: number | null): BoxEditor {
    const past = [...this.#state.past, this.boxes].slice(-keptSteps);
    return this.#with({ boxes, selected, past, future: [] });
  }

  #replace(box: Box): BoxEditor {
    const { selected } = this.#state;
    return this.#change(
      this.boxes.map((one, i) => (i === selected ? box : one)),
      selected,
    );
  }

  #chosen(): Box | undefined {
    const { selected } = this.#state;
    return selected === null ? undefined : this.boxes[selected];
  }

  /** The box as the gesture would leave it; `null` where it would leave none. */
  #preview(): Box | null {
    const { gesture, at } = this.#state;
    if (gesture === null || at === null) return null;
    if (gesture.kind === "draw") {
      const to = this.#inside(at);
      const [x1, x2] = [Math.min(gesture.from.x, to.x), Math.max(gesture.from.x, to.x)];
      const [y1, y2] = [Math.min(gesture.from.y, to.y), Math.max(gesture.from.y, to.y)];
      return x2 - x1 < leastSide || y2 - y1 < leastSide ? null : { label: gesture.label, x1, y1, x2, y2 };
    }
    const box = this.#chosen();
    if (box === undefined) return null;
    if (gesture.kind === "move") {
      return moved(box, Math.round(at.x - gesture.from.x), Math.round(at.y - gesture.from.y), this.#size);
    }
    const { x, y } = this.#inside(at);
    const { handle } = gesture;
    const [x1, x2] = edges(box.x1, box.x2, handle.x, x);
    const [y1, y2] = edges(box.y1, box.y2, handle.y, y);
    return x2 - x1 < leastSide || y2 - y1 < leastSide ? box : { label: box.label, x1, y1, x2, y2 };
  }

  /** The nearest whole pixel corner of the picture. */
  #inside({ x, y }: Point): Point {
    const { width, height } = this.#size;
    return { x: between(Math.round(x), 0, width), y: between(Math.round(y), 0, height) };
  }
}

const nothingUnderWay = { selected: null, gesture: null, at: null } as const;

/** Where a handle lies. */
export function placeOf({ x1, y1, x2, y2 }: Box, { x, y }: Handle): Point {
  return { x: x === -1 ? x1 : x === 1 ? x2 : (x1 + x2) / 2, y: y === -1 ? y1 : y === 1 ? y2 : (y1 + y2) / 2 };
}

/** The handle of a box within reach, the nearest where several are: those of a small box lie close together. */
export function handleAt(box: Box, at: Point, reach: number): Handle | undefined {
  const distance = (handle: Handle): number => {
    const place = placeOf(box, handle);
    return Math.hypot(place.x - at.x, place.y - at.y);
  };
  const near = handles.filter((handle) => distance(handle) <= reach).sort((a, b) => distance(a) - distance(b));
  return near[0];
}

function contains({ x1, y1, x2, y2 }: Box, { x, y }: Point): boolean {
  return x >= x1 && x <= x2 && y >= y1 && y <= y2;
}

function smallestAt(boxes: readonly Box[], at: Point): number | null {
  const area = ({ x1, y1, x2, y2 }: Box): number => (x2 - x1) * (y2 - y1);
  let found: number | null = null;
  for (const [i, box] of boxes.entries()) {
    if (contains(box, at) && (found === null || area(box) < area(boxes[found] as Box))) found = i;
  }
  return found;
}

function moved(box: Box, dx: number, dy: number, { width, height }: Size): Box {
  const right = between(dx, -box.x1, width - box.x2);
  const down = between(dy, -box.y1, height - box.y2);
  return { label: box.label, x1: box.x1 + right, y1: box.y1 + down, x2: box.x2 + right, y2: box.y2 + down };
}

/** An edge pulled over the opposite one turns the box around. */
function edges(low: number, high: number, which: -1 | 0 | 1, to: number): [number, number] {
  if (which === 0) return [low, high];
  const still = which === -1 ? high : low;
  return [Math.min(still, to), Math.max(still, to)];
}

function sameBox(a: Box, b: Box): boolean {
  return a.label === b.label && a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2;
}

function between(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
