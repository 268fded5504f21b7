import assert from "node:assert/strict";
import test from "node:test";
import { BoxEditor } from "./box-editor.js";

const size = { width: 100, height: 80 };
const hand = { label: "nut", reach: 3 };
const nut = { label: "nut", x1: 10, y1: 20, x2: 30, y2: 40 };
const empty = BoxEditor.of(size, []);
const one = BoxEditor.of(size, [nut]).select(0);
const at = (x: number, y: number) => ({ x, y });

test("a drag from any corner draws a box in whole pixels and chooses it", () => {
  for (const [from, to] of [
    [at(10.4, 20.2), at(29.6, 40.1)],
    [at(29.6, 40.1), at(10.4, 20.2)],
    [at(10, 40), at(30, 20)],
  ] as const) {
    const drawn = empty.down(from, hand).move(at(50, 50)).move(to).up();
    assert.deepEqual(drawn.boxes, [nut]);
    assert.equal(drawn.selected, 0);
  }
});

test("what is drawn is seen while it is drawn, and kept only when the pointer goes up", () => {
  const drawing = empty.down(at(10, 20), hand).move(at(30, 40));
  assert.deepEqual([drawing.shown, drawing.boxes, drawing.selected], [[nut], [], 0]);
});

test("a box ends at the picture's edges", () => {
  const drawn = empty.down(at(-20, 5), hand).move(at(400, 300)).up();
  assert.deepEqual(drawn.boxes, [{ label: "nut", x1: 0, y1: 5, x2: 100, y2: 80 }]);
});

test("escape while dragging draws nothing", () => {
  assert.deepEqual(empty.down(at(0, 0), hand).move(at(50, 50)).cancel().up().boxes, []);
});

test("a click chooses the smallest box under it, or none", () => {
  const small = { label: "a", x1: 15, y1: 25, x2: 20, y2: 30 };
  const two = BoxEditor.of(size, [nut, small]);
  assert.equal(two.down(at(16, 26), hand).up().selected, 1);
  assert.equal(two.down(at(12, 22), hand).up().selected, 0);
  assert.equal(two.select(1).down(at(90, 70), hand).up().selected, null);
});

test("a drag inside a box that is not chosen draws a box in it", () => {
  const drawn = BoxEditor.of(size, [nut]).down(at(12, 22), hand).move(at(20, 30)).up();
  assert.equal(drawn.boxes.length, 2);
});

test("the chosen box moves whole, and not out of the picture", () => {
  const moved = one.down(at(20, 30), hand).move(at(25, 28)).up();
  assert.deepEqual(moved.boxes, [{ label: "nut", x1: 15, y1: 18, x2: 35, y2: 38 }]);
  const pushed = one.down(at(20, 30), hand).move(at(900, -900)).up();
  assert.deepEqual(pushed.boxes, [{ label: "nut", x1: 80, y1: 0, x2: 100, y2: 20 }]);
});

test("handles pull edges, also over the opposite one", () => {
  const corner = one.down(at(31, 41), hand).move(at(50, 60)).up();
  assert.deepEqual(corner.boxes, [{ ...nut, x2: 50, y2: 60 }]);
  const edge = one.down(at(10, 31), hand).move(at(4, 77)).up();
  assert.deepEqual(edge.boxes, [{ ...nut, x1: 4 }]);
  const over = one.down(at(10, 30), hand).move(at(45, 30)).up();
  assert.deepEqual(over.boxes, [{ ...nut, x1: 30, x2: 45 }]);
  const flat = one.down(at(30, 30), hand).move(at(10, 30)).up();
  assert.deepEqual(flat.boxes, [nut], "a box never becomes a line");
});

test("a click on the chosen box changes nothing and can't be undone", () => {
  const clicked = one.down(at(20, 30), hand).up();
  assert.deepEqual([clicked.boxes, clicked.canUndo, clicked.selected], [[nut], false, 0]);
});

test("keys move, stretch, label, add and remove", () => {
  assert.deepEqual(one.nudge(-50, 1).boxes, [{ ...nut, x1: 0, x2: 20, y1: 21, y2: 41 }]);
  assert.deepEqual(one.stretch(-50, 50).boxes, [{ ...nut, x2: 12, y2: 80 }]);
  assert.deepEqual(one.relabel("bolt").boxes, [{ ...nut, label: "bolt" }]);
  assert.deepEqual(one.remove().boxes, []);
  const added = empty.add("bolt");
  assert.deepEqual([added.boxes, added.selected], [[{ label: "bolt", x1: 37, y1: 30, x2: 63, y2: 50 }], 0]);
  assert.equal(empty.nudge(1, 1).remove().relabel("x"), empty, "nothing chosen, nothing done");
});

test("every change can be undone and made again, until another one is made", () => {
  const changed = one.nudge(5, 0).remove();
  const back = changed.undo().undo();
  assert.deepEqual([back.boxes, back.canUndo, back.canRedo], [[nut], false, true]);
  assert.deepEqual(back.redo().redo().boxes, []);
  assert.equal(back.select(0).nudge(1, 1).canRedo, false);
});

test("boxes are chosen in turn, around the end", () => {
  const three = BoxEditor.of(size, [nut, nut, nut]);
  assert.equal(three.selectNext(1).selected, 0);
  assert.equal(three.selectNext(-1).selected, 2);
  assert.equal(three.select(2).selectNext(1).selected, 0);
  assert.equal(empty.selectNext(1).selected, null);
});

test("random gestures never leave a box outside the picture, empty, or in pieces of pixels", () => {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let editor = BoxEditor.of(size, []);
  for (let i = 0; i < 3000; i++) {
    const point = at(random() * 140 - 20, random() * 120 - 20);
    const choice = Math.floor(random() * 7);
    if (choice === 0) editor = editor.down(point, hand);
    else if (choice < 3) editor = editor.move(point);
    else if (choice === 3) editor = editor.up();
    else if (choice === 4) editor = editor.nudge(Math.round(random() * 60 - 30), Math.round(random() * 60 - 30));
    else if (choice === 5) editor = editor.stretch(Math.round(random() * 60 - 30), Math.round(random() * 60 - 30));
    else editor = random() < 0.2 ? editor.remove() : editor.undo();
    for (const { x1, y1, x2, y2 } of editor.shown) {
      assert.ok(x1 >= 0 && y1 >= 0 && x2 <= size.width && y2 <= size.height && x1 < x2 && y1 < y2);
      assert.ok([x1, y1, x2, y2].every(Number.isInteger));
    }
  }
});
