/** The pictures under a person's hands: they stay where they are when something is said of them, so that one can go back. */
import type { Review } from "@sightline/api/reviews";
import type { Annotation as WireAnnotation } from "@sightline/api/samples";

/** Waits for a word. */
export function isOpen({ status }: Review): boolean {
  return status === "open" || status === "failed";
}

/** The next picture that waits, looking onwards and then from the start; `null` when none does. */
export function nextOpen(items: readonly Review[], at: number): number | null {
  const order = [...items.keys()].map((step) => (at + 1 + step) % items.length);
  return order.find((one) => one !== at && isOpen(items[one] as Review)) ?? null;
}

/** A word as it will be once the server has it, shown at once. */
export function withWord(review: Review, said: WireAnnotation & { word?: "correct" | "wrong" }): Review {
  const { word, ...annotation } = said;
  const hasAnnotation = Object.keys(annotation).length > 0;
  return { ...review, status: "said", word: word ?? null, annotation: hasAnnotation ? annotation : null };
}

/** Puts a newer state of a picture in the place of the older one. */
export function replaced(items: readonly Review[], review: Review): Review[] {
  return items.map((one) => (one.id === review.id ? review : one));
}

/** What a person said, in one line. */
export function saidInWords({ status, word, annotation }: Review): string {
  if (status === "dismissed") return "Set aside";
  if (status !== "said") return "";
  const { label, labels, boxes } = annotation ?? {};
  if (label !== undefined) return label;
  if (labels !== undefined) return labels.length === 0 ? "none" : labels.join(", ");
  if (boxes !== undefined) return boxes.length === 1 ? "1 box" : `${boxes.length} boxes`;
  return word === "correct" ? "right" : "wrong";
}
