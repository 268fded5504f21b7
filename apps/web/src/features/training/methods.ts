/** The methods in plain words: what each is for and how long it takes; which of them suit a project. */
import type { MethodChoice } from "@sightline/api/methods";
import type { Sample } from "@sightline/api/samples";

export type Answers = "label" | "labels" | "boxes";

export interface MethodInWords {
  value: MethodChoice;
  title: string;
  /** What for, how long. */
  note: string;
  for: readonly Answers[];
}

export const methodsInWords: readonly MethodInWords[] = [
  {
    value: "auto",
    title: "Automatic",
    note: "Chooses what fits the pictures; where several do, the best on held-out pictures.",
    for: ["label", "labels", "boxes"],
  },
  {
    value: "patchcore",
    title: "Good parts only",
    note: "Remembers what good parts look like and marks what is different. Seconds.",
    for: ["label"],
  },
  {
    value: "classifier",
    title: "Quick classifier",
    note: "Tells kinds apart on ready-made features. Seconds to a minute.",
    for: ["label"],
  },
  {
    value: "finetune",
    title: "Fine-tuning",
    note: "Trains a whole network on your pictures; the surest from some hundred on. Minutes.",
    for: ["label", "labels"],
  },
  {
    value: "synthetic",
    title: "Drawn defects",
    note: "A network from scratch that learns from good parts and defects drawn onto them. Ten minutes.",
    for: ["label"],
  },
  {
    value: "student",
    title: "Student and teacher",
    note: "A small network imitates a pretrained one on good parts; where it fails to, something is strange. Ten minutes.",
    for: ["label"],
  },
  {
    value: "tiny",
    title: "Tiny network",
    note: "A small, very fast network from scratch, for simple states and slow machines. Minutes.",
    for: ["label"],
  },
  {
    value: "distilled",
    title: "Small network, taught",
    note: "Fine-tunes a large network, then teaches a small, fast one what it knows. Several minutes.",
    for: ["label"],
  },
  {
    value: "pruned",
    title: "Smaller copy",
    note: "Takes channels out of a finished model; made with `sightline prune`, then added here.",
    // It begins with a model file, not with pictures.
    for: [],
  },
  {
    value: "detector",
    title: "Detector",
    note: "Finds and counts objects by boxes. Several minutes to half an hour.",
    for: ["boxes"],
  },
];

/** How a project's pictures are labelled, told by any one of them. */
export function answersOf(sample: Pick<Sample, "labels" | "boxes">): Answers {
  if (sample.boxes !== null) return "boxes";
  return sample.labels !== null ? "labels" : "label";
}

/** Only methods with epochs can be given a budget that they fill. */
export function hasEpochs(method: MethodChoice): boolean {
  return method !== "patchcore" && method !== "classifier";
}

/** Whether pictures with several labels or boxes are enough to begin. */
export function readinessOf(pictures: number, answers: "labels" | "boxes"): { ready: boolean; advice: string } {
  const what = answers === "boxes" ? "with boxes" : "with their labels";
  if (pictures < 5) return { ready: false, advice: `At least 5 pictures ${what} are needed.` };
  return { ready: true, advice: pictures < 100 ? "Enough to begin. More pictures make it surer." : "" };
}
