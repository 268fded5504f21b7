/** An evaluation report as one HTML page that needs nothing else: plots and pictures are inside; it prints, light and dark. */
import type {
  CheapestThreshold,
  EvaluationReport,
  Figure,
  LabelCurves,
  Mistake,
  Repeats,
  Slices,
  ThresholdChoice,
} from "./evaluation-report.js";
import { reportStyle } from "./report-style.js";
import { escaped, plotSvg, seriesColours, shareAxis } from "./svg-plot.js";

/** A picture of the list of mistakes, small; both JPEG. */
export interface MistakePicture {
  readonly plain: Uint8Array;
  /** With its heat map or its boxes. */
  readonly marked: Uint8Array | null;
}

export interface ReportPageOptions {
  /** By the mistake's place in the list; those without are shown by name. */
  readonly pictures?: ReadonlyMap<number, MistakePicture>;
}

/** More curves than this can't be told apart. */
const mostCurves = seriesColours;
const mostTiles = 4;
/** Slices are tables: these figures beside the mistakes. */
const mostSliceFigures = 4;

/** @example await writeFile("report.html", reportPage(report)) */
export function reportPage(report: EvaluationReport, { pictures = new Map() }: ReportPageOptions = {}): string {
  const { model, figures } = report;
  const title = `Evaluation of ${model.name}`;
  const known = figures.filter(({ value }) => value !== null);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="generator" content="Sightline ${escaped(report.sightlineVersion)}"><title>${escaped(title)}</title>`,
    `<style>${reportStyle}</style></head><body><main>`,
    `<header><h1>${escaped(title)}</h1><p class="note">${escaped(subtitle(report))}</p></header>`,
    `<div class="tiles">${known.slice(0, mostTiles).map(tile).join("")}</div>`,
    figuresSection(report),
    confusionSection(report),
    curvesSection(report),
    report.threshold === null ? "" : thresholdSection(report.threshold),
    reliabilitySection(report),
    labelsSection(report),
    defectsSection(report),
    ...report.slices.map((slices) => slicesSection(slices, figures)),
    report.repeats === null ? "" : repeatsSection(report.repeats, figures),
    mistakesSection(report, pictures),
    methodSection(report),
    "</main></body></html>",
    "",
  ].join("\n");
}

function subtitle({ model, pictures, createdAt }: EvaluationReport): string {
  return [
    `${taskWords[model.task]}, method ${model.method}`,
    `learnt from ${model.trainImages} pictures`,
    `measured on ${pictures.images} of “${pictures.name}”`,
    createdAt.slice(0, 16).replace("T", " "),
  ].join(" · ");
}

const taskWords: Readonly<Record<EvaluationReport["model"]["task"], string>> = {
  anomaly: "Normal or anomaly",
  classification: "One label a picture",
  multilabel: "Several labels a picture",
  detection: "Objects in boxes",
};

function tile({ title, value, low, high }: Figure): string {
  return `<div class="tile"><span>${escaped(title)}</span><b>${percent(value)}</b><span>${interval(low, high)}</span></div>`;
}

function figuresSection({ figures, intervals }: EvaluationReport): string {
  const rows = figures.map(
    (one) =>
      `<tr><th scope="row">${escaped(one.title)}</th><td>${percent(one.value)}</td><td class="dim">${interval(one.low, one.high)}</td><td>${range(one)}</td></tr>`,
  );
  return section(
    "Figures",
    `With ${Math.round(intervals.level * 100)} % intervals: where a figure would lie with other pictures of the same kind.`,
    scroll(
      `<table><thead><tr><th></th><th>Value</th><th>Interval</th><th></th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  );
}

/** A figure with its interval on a line from 0 to 1. */
function range({ value, low, high }: Figure): string {
  if (value === null) return "";
  const at = (share: number): string => (5 + Math.min(1, Math.max(0, share)) * 140).toFixed(1);
  const reach =
    low === null || high === null ? "" : `<line class="reach" x1="${at(low)}" x2="${at(high)}" y1="7" y2="7"/>`;
  return `<svg class="range" viewBox="0 0 150 14" aria-hidden="true"><line class="track" x1="5" x2="145" y1="7" y2="7"/>${reach}<circle cx="${at(value)}" cy="7" r="4.5"/></svg>`;
}

function confusionSection({ confusion }: EvaluationReport): string {
  if (confusion === null) return "";
  const { labels, counts } = confusion;
  const rows = labels.map((label, truth) => {
    const row = counts[truth] ?? [];
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, answer) => {
      const share = total === 0 ? 0 : count / total;
      const colour = answer === truth ? "var(--good)" : "var(--bad)";
      const style =
        count === 0
          ? ""
          : ` style="background:color-mix(in srgb, ${colour} ${Math.round(8 + share * 34)}%, transparent)"`;
      return `<td${style}>${count}</td>`;
    });
    return `<tr><th scope="row">${escaped(label)}</th>${cells.join("")}<td class="dim">${percent(total === 0 ? null : (row[truth] ?? 0) / total)}</td></tr>`;
  });
  const head = labels.map((label) => `<th scope="col">${escaped(label)}</th>`).join("");
  return section(
    "Confusion matrix",
    "A row is what the pictures are, a column what the model answered; last, the share that is right.",
    scroll(
      `<table class="matrix"><thead><tr><th>is \\ answered</th>${head}<th>right</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  );
}

function curvesSection({ curves, threshold }: EvaluationReport): string {
  const shown = [...curves].sort((a, b) => b.truths - a.truths).slice(0, mostCurves);
  if (shown.length === 0) return "";
  const at = threshold?.inForce;
  const found = at && threshold ? share(threshold.defects - at.escapes, threshold.defects) : 0;
  const marks =
    at && threshold ? [{ x: share(at.falseRejects, threshold.good), y: found, title: "threshold in force" }] : [];
  const prMarks =
    at && threshold && threshold.defects - at.escapes > 0
      ? [
          {
            x: found,
            y: share(threshold.defects - at.escapes, threshold.defects - at.escapes + at.falseRejects),
            title: "threshold in force",
          },
        ]
      : [];
  const hasRoc = shown.some(({ roc }) => roc.length > 0);
  const roc = plotSvg({
    description: `ROC curves of ${shown.map(({ label }) => label).join(", ")}`,
    x: shareAxis("others taken for it"),
    y: shareAxis("found"),
    diagonal: true,
    marks,
    series: shown.map((one, i) => ({
      title: one.label,
      colour: i,
      points: one.roc.map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate] as const),
    })),
  });
  const precisionRecall = plotSvg({
    description: `Precision-recall curves of ${shown.map(({ label }) => label).join(", ")}`,
    x: shareAxis("found (recall)"),
    y: shareAxis("right among the found (precision)"),
    marks: prMarks,
    series: shown.map((one, i) => ({
      title: one.label,
      colour: i,
      points: one.precisionRecall.map(({ recall, precision }) => [recall, precision] as const),
    })),
  });
  const left = curves.length - shown.length;
  return section(
    "Curves",
    `Over all thresholds${at ? "; the ring is the threshold in force" : ""}.${left > 0 ? ` The ${shown.length} most frequent of ${curves.length} labels.` : ""}`,
    `<div class="pair">${hasRoc ? `<div><h3>ROC</h3>${roc}</div>` : ""}<div><h3>Precision and recall</h3>${precisionRecall}</div></div>${legend(shown)}`,
  );
}

function legend(curves: readonly LabelCurves[]): string {
  const items = curves.map(({ label, auroc, averagePrecision }, i) => {
    const areas = [
      ...(auroc === null ? [] : [`AUROC ${percent(auroc)}`]),
      ...(averagePrecision === null ? [] : [`average precision ${percent(averagePrecision)}`]),
    ];
    return `<li><span class="key series-${i % seriesColours}"></span>${escaped(label)} <span class="dim">${areas.join(", ")}</span></li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

function thresholdSection({ points, inForce, defects, good, cheapest }: ThresholdChoice): string {
  if (defects === 0 || good === 0) return "";
  const steps = (of: "escapes" | "falseRejects", total: number) =>
    // What a point does all thresholds down to the one before it do.
    points.flatMap((point, i) => {
      const wrong = share(point[of], total);
      return [[points[i - 1]?.threshold ?? 0, wrong] as const, [point.threshold, wrong] as const];
    });
  const plot = plotSvg({
    description: "Escapes and false rejects by threshold",
    x: { title: "threshold (the model’s own scale)", min: 0, max: 1, ticks: [0, 0.25, 0.5, 0.75, 1] },
    y: shareAxis("wrong of their kind"),
    series: [
      { title: "escapes", colour: 1, points: steps("escapes", defects) },
      { title: "false rejects", colour: 0, points: steps("falseRejects", good) },
    ],
    marks: [
      { x: inForce.threshold, title: `in force: ${inForce.threshold}` },
      ...(cheapest ? [{ x: cheapest.threshold, title: `cheapest: ${cheapest.threshold}` }] : []),
    ],
  });
  const keys = `<ul class="legend"><li><span class="key series-1"></span>escapes: ${inForce.escapes} of ${defects} defects</li><li><span class="key series-0"></span>false rejects: ${inForce.falseRejects} of ${good} good parts</li></ul>`;
  return section(
    "Threshold",
    `In force: ${inForce.threshold}, the dashed line.`,
    `<div class="pair"><div>${plot}${keys}</div>${cheapest ? costTable(cheapest, inForce, defects, good) : ""}</div>`,
  );
}

function costTable(
  cheapest: CheapestThreshold,
  inForce: ThresholdChoice["inForce"],
  defects: number,
  good: number,
): string {
  const { cost, costPer1000, costPer1000Now, costPer1000Expected, low, high } = cheapest;
  const row = (title: string, now: string, then: string): string =>
    `<tr><th scope="row">${title}</th><td>${now}</td><td>${then}</td></tr>`;
  const table = `<table><thead><tr><th></th><th>In force</th><th>Cheapest</th></tr></thead><tbody>${[
    row("Threshold", short(inForce.threshold), short(cheapest.threshold)),
    row("Escapes", `${inForce.escapes} of ${defects}`, `${cheapest.escapes} of ${defects}`),
    row("False rejects", `${inForce.falseRejects} of ${good}`, `${cheapest.falseRejects} of ${good}`),
    row("Cost of 1,000 parts", money(costPer1000Now), money(costPer1000)),
  ].join("")}</tbody></table>`;
  const expected =
    costPer1000Expected === null
      ? ""
      : ` It was chosen by these very pictures: on pictures that take no part in the choice it costs ${money(costPer1000Expected)} on average.`;
  return `<div><h3>What mistakes cost</h3>${table}<p class="note" style="margin-top:10px">An escape costs ${money(cost.escape)}, a false reject ${money(cost.falseReject)}, and ${percent(cost.defectRate)} of the parts are defects. With other pictures of the same kind the cheapest threshold would lie between ${short(low)} and ${short(high)}.${expected}</p></div>`;
}

function reliabilitySection({ reliability }: EvaluationReport): string {
  if (reliability === null) return "";
  const { bins, ece } = reliability;
  const from = Math.min(...bins.map((bin) => bin.from));
  const plot = plotSvg({
    description: "How often answers are right, by how sure they are",
    x: shareAxis("how sure the answer is", from >= 0.4 ? 0.4 : 0),
    y: shareAxis("how often it is right"),
    series: [
      {
        title: "answers",
        colour: 0,
        shape: "dots",
        points: bins.map(({ meanProbability, rightShare }) => [meanProbability, rightShare] as const),
        whiskers: bins.map(({ low, high }) => [low, high] as const),
      },
      // An honest model lies on this line.
      {
        title: "as sure as right",
        colour: 7,
        points: [[from >= 0.4 ? 0.4 : 0, from >= 0.4 ? 0.4 : 0] as const, [1, 1] as const],
      },
    ],
  });
  const rows = bins.map(
    (bin) =>
      `<tr><td>${percent(bin.from, 0)} to ${percent(bin.to, 0)}</td><td>${bin.count}</td><td>${percent(bin.meanProbability)}</td><td>${percent(bin.rightShare)}</td></tr>`,
  );
  return section(
    "Reliability",
    `Calibration error (ECE) ${percent(ece)}: the mean gap between how sure answers are and how often they are right. Whiskers are 95 % intervals.`,
    `<div class="pair"><div>${plot}</div>${scroll(`<table><thead><tr><th>How sure</th><th>Answers</th><th>Mean</th><th>Right</th></tr></thead><tbody>${rows.join("")}</tbody></table>`)}</div>`,
  );
}

function labelsSection({ perLabel, model }: EvaluationReport): string {
  if (perLabel.length === 0) return "";
  const rows = perLabel.map(
    (row) =>
      `<tr><th scope="row">${escaped(row.label)}</th><td>${row.truths}</td><td>${percent(row.recall)}</td><td>${percent(row.precision)}</td><td>${percent(row.f1)}</td><td>${percent(row.averagePrecision)}</td></tr>`,
  );
  const unit = model.task === "detection" ? "Objects" : "Pictures";
  return section(
    "Label by label",
    "",
    scroll(
      `<table><thead><tr><th></th><th>${unit}</th><th>Found</th><th>Precision</th><th>F1</th><th>Average precision</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  );
}

function defectsSection({ defects }: EvaluationReport): string {
  if (defects === null || defects.length === 0) return "";
  const rows = defects.map(
    (row) =>
      `<tr><th scope="row">${escaped(row.label)}</th><td>${row.images}</td><td>${percent(row.iou)}</td><td>${percent(row.meanIou)}</td><td>${percent(row.recall)}</td><td>${percent(row.precision)}</td></tr>`,
  );
  const isTest = defects.some(({ source }) => source === "test");
  return section(
    "Where defects are",
    `Pixel by pixel, ${isTest ? "against the masks of these pictures" : "against training masks held out in turn: these pictures have none"}.`,
    scroll(
      `<table><thead><tr><th></th><th>Pictures</th><th>IoU</th><th>IoU, mean of pictures</th><th>Found</th><th>Precision</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  );
}

function slicesSection({ by, rows }: Slices, figures: readonly Figure[]): string {
  const shown = figures
    .filter(({ name }) => rows.some((row) => row.figures[name] !== null && row.figures[name] !== undefined))
    .slice(0, mostSliceFigures);
  const lines = rows.map((row) => {
    const cells = shown.map(({ name }) => `<td>${percent(row.figures[name])}</td>`).join("");
    const mark = row.standsOut ? ` <span class="badge">worse than the rest</span>` : "";
    return `<tr><th scope="row">${escaped(row.value)}${mark}</th><td>${row.images}</td><td class="${row.standsOut ? "bad" : ""}">${row.mistakes}</td><td>${percent(row.mistakeRate)}</td><td class="dim">${interval(row.low, row.high)}</td>${cells}</tr>`;
  });
  const head = shown.map(({ title }) => `<th>${escaped(title)}</th>`).join("");
  return section(
    `By ${by}`,
    "Marked where there are more mistakes than chance explains, however many rows there are.",
    scroll(
      `<table><thead><tr><th></th><th>Pictures</th><th>Mistakes</th><th>Rate</th><th>Interval</th>${head}</tr></thead><tbody>${lines.join("")}</tbody></table>`,
    ),
    "long",
  );
}

function repeatsSection({ folds, seeds, runs, figures }: Repeats, known: readonly Figure[]): string {
  const rows = figures.map(({ name, title, mean, deviation }) => {
    const values = runs.map((run) => run.figures[name]).filter((value) => value !== null && value !== undefined);
    const isLowerBetter = known.some((one) => one.name === name && one.better === "lower");
    const worst = isLowerBetter ? Math.max(...values) : Math.min(...values);
    const at = (value: number): string => (5 + Math.min(1, Math.max(0, value)) * 190).toFixed(1);
    const dots = values.map((value) => `<circle cx="${at(value)}" cy="7" r="3.5" opacity="0.6"/>`).join("");
    const strip = `<svg class="range" style="width:200px" viewBox="0 0 200 14" aria-hidden="true"><line class="track" x1="5" x2="195" y1="7" y2="7"/>${dots}</svg>`;
    return `<tr><th scope="row">${escaped(title)}</th><td>${percent(mean)}</td><td class="dim">± ${percent(deviation)}</td><td>${percent(worst)}</td><td>${strip}</td></tr>`;
  });
  return section(
    "Trained again and again",
    `${runs.length} trainings on the training part: ${folds} folds, ${seeds.length === 1 ? "one seed" : `${seeds.length} seeds`}; each is measured on the fold it did not see. ± is the standard deviation of one training, dots are the trainings.`,
    scroll(
      `<table><thead><tr><th></th><th>Mean</th><th>Deviation</th><th>Worst</th><th></th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
    ),
  );
}

function mistakesSection(
  { mistakes, mistakeCount, pictures: measured }: EvaluationReport,
  pictures: ReadonlyMap<number, MistakePicture>,
): string {
  if (mistakes.length === 0)
    return section("Worst mistakes", `There are none: all ${measured.images} pictures are answered right.`, "");
  const withPicture = mistakes.flatMap((mistake, i) => (pictures.has(i) ? [card(mistake, pictures.get(i))] : []));
  const others = mistakes.flatMap((mistake, i) => (pictures.has(i) ? [] : [line(mistake)]));
  const list =
    others.length === 0
      ? ""
      : scroll(
          `<table style="margin-top:16px"><thead><tr><th>Picture</th><th>Is</th><th>Answered</th><th>Score</th></tr></thead><tbody>${others.join("")}</tbody></table>`,
        );
  return section(
    "Worst mistakes",
    `${mistakeCount} of ${measured.images} pictures, the surest wrong answers first.${mistakeCount > mistakes.length ? ` The first ${mistakes.length} are listed.` : ""}`,
    `<div class="mistakes">${withPicture.join("")}</div>${list}`,
    "long",
  );
}

const kindWords: Readonly<Record<Mistake["kind"], string>> = {
  escape: "Escape",
  falseReject: "False reject",
  mistaken: "Mistaken",
  missed: "Missed",
  invented: "Invented",
};

function card(mistake: Mistake, picture: MistakePicture | undefined): string {
  const image = (bytes: Uint8Array, alt: string): string =>
    `<img alt="${alt}" src="data:image/jpeg;base64,${Buffer.from(bytes).toString("base64")}">`;
  const shown = picture
    ? image(picture.plain, "the picture") + (picture.marked ? image(picture.marked, "what the model saw") : "")
    : "";
  return `<figure><div class="pictures">${shown}</div><figcaption><span class="badge">${kindWords[mistake.kind]}</span> ${escaped(mistake.truth)} answered as ${escaped(mistake.answer)}${mistake.score === null ? "" : `, score ${short(mistake.score)}`}<br><code>${escaped(mistake.name)}</code></figcaption></figure>`;
}

function line({ name, truth, answer, score, confidence }: Mistake): string {
  return `<tr><td><code>${escaped(name)}</code></td><td>${escaped(truth)}</td><td>${escaped(answer)}</td><td>${short(score ?? confidence)}</td></tr>`;
}

function methodSection({ intervals, pictures, msPerImage }: EvaluationReport): string {
  const { resamples, seed, strata } = intervals;
  const counts = Object.entries(pictures.byTruth).map(([label, count]) => `${label} ${count}`);
  const skipped = pictures.skipped.map(
    ({ name, reason }) => `<li><code>${escaped(name)}</code>: ${escaped(reason)}</li>`,
  );
  return section(
    "How it was measured",
    "",
    `<p class="note">${pictures.images} pictures (${escaped(counts.join(", "))}). Intervals: percentile bootstrap, ${resamples} resamples, seed ${seed}, ${strata.length > 1 ? `each with as many of ${escaped(strata.map(({ name }) => name).join(", "))} as there are` : "drawn from all pictures"}; where all or none are right, Wilson’s interval. Slices: Fisher’s exact test with Holm’s correction.${msPerImage ? ` One picture took ${msPerImage.p50.toFixed(1)} ms (95 % within ${msPerImage.p95.toFixed(1)} ms).` : ""}</p>${skipped.length === 0 ? "" : `<h3 style="margin-top:14px">Left out</h3><ul class="note">${skipped.slice(0, 50).join("")}${skipped.length > 50 ? `<li>and ${skipped.length - 50} more</li>` : ""}</ul>`}`,
  );
}

function section(title: string, note: string, content: string, style = ""): string {
  return `<section class="${style}"><h2>${escaped(title)}</h2>${note === "" ? "" : `<p class="note">${escaped(note)}</p>`}${content}</section>`;
}

function scroll(content: string): string {
  return `<div class="scroll">${content}</div>`;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined ? "–" : `${(value * 100).toFixed(digits)} %`;
}

function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? "" : `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %`;
}

function short(value: number): string {
  return String(Number(value.toFixed(3)));
}

function money(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
