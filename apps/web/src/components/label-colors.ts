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

/**
 * @param among all labels of the project: no two of them share a colour while there are colours left. Which one a label
 * gets depends on those alone, so that it is the same on every page.
 */
export function colorOf(label: string, among: readonly string[] = []): LabelColor {
  const taken = new Set<number>();
  for (const one of [...new Set([...among, label])].sort()) {
    let slot = hash(one) % palette.length;
    while (taken.size < palette.length && taken.has(slot)) slot = (slot + 1) % palette.length;
    if (one === label) return palette[slot] as LabelColor;
    taken.add(slot);
  }
  return palette[0] as LabelColor;
}

/** FNV-1a: spreads short names well. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
