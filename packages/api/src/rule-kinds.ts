/** The one table of rule kinds: what a rule asks of an inspection, in words for people and as a test. Server and pages are made from it. */

/** What rules look at: the part of an inspection that they need. */
export interface RuleFacts {
  readonly status: string;
  readonly isAnomalous: boolean | null;
  readonly confidence: number | null;
  readonly labels: readonly string[];
  readonly detections: readonly { label: string; x1: number; y1: number; x2: number; y2: number }[];
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Areas that the model measured, `background` among them; absent where it measures none. */
  readonly anomalies?: readonly { readonly label: string; readonly areaFraction: number }[] | null | undefined;
}

export interface RuleParameters {
  /** A share from 0 to 1, or a whole number; where the kind has one. */
  readonly limit: number | null;
  readonly label: string | null;
}

interface RuleKindRow {
  /** As a choice in a form, and the beginning of the sentence. */
  readonly title: string;
  readonly limit: { readonly unit: "share" | "count"; readonly initial: number } | null;
  readonly takesLabel: boolean;
  /** The whole condition in words. */
  say(rule: { readonly limit: number; readonly label: string }): string;
  holds(facts: RuleFacts, rule: { readonly limit: number; readonly label: string }): boolean;
}

const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
const backgrounds = new Set(["background", "normal", "none"]);

/** Share of the picture, 0 to 1: as the model measured it, else what its boxes cover (each for itself). */
function areaOf(label: string, facts: RuleFacts): number {
  if (facts.anomalies) {
    return facts.anomalies.reduce((sum, one) => sum + (one.label === label ? one.areaFraction : 0), 0);
  }
  const pixels = facts.imageWidth * facts.imageHeight;
  const covered = facts.detections.reduce(
    (sum, box) => sum + (box.label === label ? (box.x2 - box.x1) * (box.y2 - box.y1) : 0),
    0,
  );
  return pixels > 0 ? Math.min(1, covered / pixels) : 0;
}

function anomalyTypes(facts: RuleFacts): number {
  const named = facts.anomalies?.filter((one) => one.areaFraction > 0).map((one) => one.label) ?? facts.labels;
  return new Set(named.filter((label) => !backgrounds.has(label))).size;
}

export const ruleKinds = {
  defectConfidence: {
    title: "A defect is at least this sure",
    limit: { unit: "share", initial: 0.5 },
    takesLabel: false,
    say: ({ limit }) => (limit === 0 ? "Any defect" : `A defect with a confidence of at least ${percent(limit)}`),
    holds: ({ isAnomalous, confidence }, { limit }) => isAnomalous === true && (confidence ?? 0) >= limit,
  },
  lowConfidence: {
    title: "A verdict is less sure than",
    limit: { unit: "share", initial: 0.2 },
    takesLabel: false,
    say: ({ limit }) => `A verdict with a confidence below ${percent(limit)}`,
    holds: ({ confidence }, { limit }) => confidence !== null && confidence < limit,
  },
  areaOfLabel: {
    title: "A label covers more than",
    limit: { unit: "share", initial: 0.05 },
    takesLabel: true,
    say: ({ limit, label }) => `“${label}” covers more than ${percent(limit)} of the picture`,
    holds: (facts, { limit, label }) => areaOf(label, facts) > limit,
  },
  anomalyTypes: {
    title: "More kinds of anomaly than",
    limit: { unit: "count", initial: 1 },
    takesLabel: false,
    say: ({ limit }) => `More than ${limit} ${limit === 1 ? "kind" : "kinds"} of anomaly in one picture`,
    holds: (facts, { limit }) => facts.isAnomalous !== false && anomalyTypes(facts) > limit,
  },
  countOfLabel: {
    title: "More objects of a label than",
    limit: { unit: "count", initial: 0 },
    takesLabel: true,
    say: ({ limit, label }) => (limit === 0 ? `“${label}” is found` : `More than ${limit} of “${label}” are found`),
    holds: ({ detections, labels }, { limit, label }) =>
      Math.max(detections.filter((box) => box.label === label).length, labels.includes(label) ? 1 : 0) > limit,
  },
  everyVerdict: {
    title: "Every verdict",
    limit: null,
    takesLabel: false,
    say: () => "Every verdict",
    holds: ({ status }) => status === "inspected",
  },
  inspectionFailed: {
    title: "An inspection failed",
    limit: null,
    takesLabel: false,
    say: () => "An inspection failed",
    holds: ({ status }) => status === "failed",
  },
} as const satisfies Record<string, RuleKindRow>;

export type RuleKindName = keyof typeof ruleKinds;
export const ruleKindNames = Object.keys(ruleKinds) as [RuleKindName, ...RuleKindName[]];

const filled = ({ limit, label }: RuleParameters) => ({ limit: limit ?? 0, label: label ?? "" });

/** The condition in words. */
export function sayRule(kind: RuleKindName, parameters: RuleParameters): string {
  const row: RuleKindRow = ruleKinds[kind];
  return row.say(filled(parameters));
}

/** A failed inspection has no verdict: only rules about failures can hold for it. */
export function ruleHolds(kind: RuleKindName, parameters: RuleParameters, facts: RuleFacts): boolean {
  const row: RuleKindRow = ruleKinds[kind];
  if (facts.status !== (kind === "inspectionFailed" ? "failed" : "inspected")) return false;
  return row.holds(facts, filled(parameters));
}

/** What is wrong with a rule's parameters, in words; `undefined` when nothing is. */
export function ruleProblem(kind: RuleKindName, { limit, label }: RuleParameters): string | undefined {
  const row: RuleKindRow = ruleKinds[kind];
  if (row.limit === null && limit !== null) return `a rule "${kind}" has no limit`;
  if (row.limit !== null && limit === null) return `a rule "${kind}" needs a limit`;
  if (row.limit?.unit === "share" && limit !== null && limit > 1) return `the limit must be from 0 to 1, got ${limit}`;
  if (row.limit?.unit === "count" && limit !== null && !Number.isInteger(limit))
    return `the limit must be a whole number, got ${limit}`;
  if (row.takesLabel && label === null) return `a rule "${kind}" needs a label`;
  if (!row.takesLabel && label !== null) return `a rule "${kind}" has no label`;
  return undefined;
}
