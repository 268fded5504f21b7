/** What a key means while pictures are looked at: one key a label, Enter for "right", arrows to turn. */

export type ReviewCommand =
  | { readonly kind: "label"; readonly label: string }
  | { readonly kind: "correct" | "wrong" | "takeBack" | "setAside" | "next" | "before" | "heatMap" };

export interface PressedKey {
  readonly key: string;
  readonly isModified: boolean;
  /** Where text is typed, letters and digits are text. */
  readonly isInText: boolean;
}

const plain: Readonly<Record<string, Exclude<ReviewCommand, { kind: "label" }>["kind"]>> = {
  Enter: "correct",
  x: "wrong",
  Backspace: "takeBack",
  u: "takeBack",
  s: "setAside",
  ArrowRight: "next",
  ArrowLeft: "before",
  h: "heatMap",
};

/** @param labels in the order they are shown: the first nine have the keys 1 to 9. */
export function commandOf({ key, isModified, isInText }: PressedKey, labels: readonly string[]): ReviewCommand | null {
  if (isModified || isInText) return null;
  if (/^[1-9]$/.test(key)) {
    const label = labels[Number(key) - 1];
    return label === undefined ? null : { kind: "label", label };
  }
  const kind = plain[key.length === 1 ? key.toLowerCase() : key];
  return kind === undefined ? null : { kind };
}

/** Enter on a button or a link presses that one. */
export function isForAnother(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("input, textarea, select, [role=listbox], [role=dialog]") !== null)
    return true;
  return (key === "Enter" || key === " ") && target.closest("button, a, [role=radio], [role=tab]") !== null;
}
