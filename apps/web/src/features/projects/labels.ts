/** How labels read: the words for good and bad, and which project tells what apart. */

/** Names of the good class, as the training knows them. */
const normalNames = new Set(["good", "ok", "normal", "normals", "pass"]);

export const goodLabel = "normal";
export const badLabel = "defect";

/** Names of defects in general; others name one kind. */
const badNames = new Set(["defect", "defective", "anomaly", "bad", "nok"]);

export function isNormal(label: string): boolean {
  return normalNames.has(label.toLowerCase());
}

export function isPlainDefect(label: string): boolean {
  return badNames.has(label.toLowerCase());
}

/** The labels a project shows: its own, those just named, and good and bad where those have no name yet. */
export function labelsToShow(
  existing: readonly string[],
  added: readonly string[],
  aim: "defects" | "classes",
): string[] {
  const own = [...existing, ...added];
  const standard: string[] = [];
  if (aim === "defects") {
    if (!own.some(isNormal)) standard.push(goodLabel);
    if (existing.every(isNormal)) standard.push(badLabel);
  }
  return sortLabels([...new Set([...standard, ...own])]);
}

export function titleOf(label: string): string {
  if (isNormal(label)) return "Good parts";
  if (isPlainDefect(label)) return "Defective parts";
  // What people named stays as they wrote it: part numbers and state names are case-sensitive to them.
  return label;
}

/** The same inside a sentence: "good parts", or pictures of a named kind. */
export function inSentence(label: string): string {
  const title = titleOf(label);
  return title === label ? `pictures of “${label}”` : title.toLowerCase();
}

/** Good first, then the plain "defective", then the named ones. */
export function sortLabels(labels: readonly string[]): string[] {
  const rank = (label: string) => (isNormal(label) ? 0 : isPlainDefect(label) ? 1 : 2);
  return labels.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

export interface Readiness {
  ready: boolean;
  /** What is missing, or what would make the model surer. */
  advice: string;
}

/** @param byLabel how many pictures each label has; @param aim what a project without pictures is meant for */
export function readiness(
  byLabel: Readonly<Record<string, number>>,
  aim: "defects" | "classes" = "defects",
): Readiness {
  const labels = Object.keys(byLabel).filter((label) => (byLabel[label] ?? 0) > 0);
  const good = labels.filter(isNormal).reduce((sum, label) => sum + (byLabel[label] ?? 0), 0);
  const bad = labels.filter((label) => !isNormal(label)).reduce((sum, label) => sum + (byLabel[label] ?? 0), 0);
  if (labels.length === 0) {
    const need = aim === "defects" ? "10 pictures of good parts" : "5 pictures of each class";
    return { ready: false, advice: `Drop at least ${need}.` };
  }
  if (good === 0 && labels.length === 1) {
    return { ready: false, advice: "One class alone can’t be told from anything: add good parts, or a second class." };
  }
  if (good === 0) {
    const few = labels.filter((label) => (byLabel[label] ?? 0) < 5);
    if (few.length > 0)
      return { ready: false, advice: `At least 5 pictures of each class are needed; ${few.join(", ")} has fewer.` };
    return { ready: true, advice: "20 or more pictures of each class make the answer surer." };
  }
  if (good < 10)
    return {
      ready: false,
      advice: `${10 - good} more good ${10 - good === 1 ? "part" : "parts"} and the training can start.`,
    };
  if (bad === 0)
    return { ready: true, advice: "Good parts alone will do. A few defective ones would let the model be tested." };
  if (bad < 5) return { ready: true, advice: "A few more defective parts would make the measured result surer." };
  return {
    ready: true,
    advice: good + bad < 80 ? "Enough to begin. More pictures make it surer." : "A good number of pictures.",
  };
}
