/** Plates must be readable, and a label must keep its colour. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { colorOf } from "./label-colors.js";

/** WCAG 2.2 relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("every label has a plate that can be read, and always the same", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { line, text } = colorOf(`label ${i}`);
    seen.add(line);
    assert.ok((luminance(line) + 0.05) / (luminance(text) + 0.05) >= 4.5, line);
    assert.equal(colorOf(`label ${i}`).line, line);
  }
  assert.ok(seen.size >= 8);
});

test("labels of one project share no colour while there are enough, in whatever order they come", () => {
  for (let start = 0; start < 40; start++) {
    const labels = Array.from({ length: 10 }, (_, i) => `kind ${start * 10 + i}`);
    const lines = labels.map((label) => colorOf(label, labels).line);
    assert.equal(new Set(lines).size, 10);
    assert.deepEqual(
      labels.map((label) => colorOf(label, labels.toReversed()).line),
      lines,
    );
  }
  const many = Array.from({ length: 25 }, (_, i) => `kind ${i}`);
  for (const label of many) assert.match(colorOf(label, many).line, /^#/);
});
