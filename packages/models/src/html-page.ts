/** One HTML page that needs nothing else: it prints, light and dark. */
import { reportStyle } from "./evaluation/report-style.js";
import { escaped, seriesColours } from "./evaluation/svg-plot.js";
import { sightlineVersion } from "./version.js";

export interface PageTable {
  readonly titles: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
}

export interface PageSection {
  readonly title: string;
  readonly note?: string;
  /** Drawn, such as by `plotSvg`; not escaped. */
  readonly drawings?: readonly string[];
  /** What the drawings' colours mean, in their order. */
  readonly legend?: readonly string[];
  readonly table?: PageTable;
  readonly lines?: readonly string[];
}

export interface Page {
  readonly title: string;
  readonly note: string;
  readonly sections: readonly PageSection[];
}

export function htmlPage({ title, note, sections }: Page): string {
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="generator" content="Sightline ${escaped(sightlineVersion)}"><title>${escaped(title)}</title>`,
    `<style>${reportStyle}</style></head><body><main>`,
    `<header><h1>${escaped(title)}</h1><p class="note">${escaped(note)}</p></header>`,
    ...sections.map(sectionHtml),
    "</main></body></html>",
    "",
  ].join("\n");
}

function sectionHtml({ title, note, drawings = [], legend = [], table, lines = [] }: PageSection): string {
  return [
    `<section><h2>${escaped(title)}</h2>`,
    note === undefined ? "" : `<p class="note">${escaped(note)}</p>`,
    drawings.length > 0 ? `<div class="pair">${drawings.map((one) => `<div>${one}</div>`).join("")}</div>` : "",
    legend.length > 0 ? `<ul class="legend">${legend.map(keyHtml).join("")}</ul>` : "",
    table === undefined ? "" : tableHtml(table),
    lines.length > 0 ? `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>` : "",
    "</section>",
  ].join("\n");
}

function keyHtml(name: string, place: number): string {
  return `<li><span class="key series-${place % seriesColours}"></span>${escaped(name)}</li>`;
}

function tableHtml({ titles, rows }: PageTable): string {
  const head = titles.map((title) => `<th scope="col">${escaped(title)}</th>`).join("");
  const body = rows.map(
    ([first = "", ...rest]) =>
      `<tr><th scope="row">${escaped(first)}</th>${rest.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

/** The same as Markdown, without its drawings. */
export function markdownPage({ title, note, sections }: Page): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  const parts = sections.map(({ title: name, note: about, table, lines = [] }) => [
    `## ${name}`,
    ...(about === undefined ? [] : [about]),
    ...(table === undefined
      ? []
      : [[row(table.titles), `|${"---|".repeat(table.titles.length)}`, ...table.rows.map(row)].join("\n")]),
    ...(lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join("\n")]),
  ]);
  return `${[`# ${title}`, note, ...parts.flat()].join("\n\n")}\n`;
}
