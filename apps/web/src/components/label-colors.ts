/** One colour a label, the same on every page: told by the label's name, readable on any picture through a dark rim. */

export interface LabelColor {
  line: string;
  /** On a plate filled with `line`: at least 4.5 : 1. */
  text: string;
}

const dark = "#10161a";
/** Bright enough to stand out on dark pictures; the rim makes them stand out on bright ones. */
const palette: readonly LabelColor[] = [
  "#4cc9f0",
  "#ffb703",
  "#ff7d9c",
  "#80ed99",
  "#c3a6ff",
  "#ff9f5a",
  "#5fe3d3",
  "#e9ff70",
  "#f7a6e6",
  "#9ec9ff",
].map((line) => ({ line, text: dark }));

export function colorOf(label: string): LabelColor {
  // FNV-1a: spreads short names well.
  let hash = 0x811c9dc5;
  for (const character of label) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return palette[hash % palette.length] as LabelColor;
}
