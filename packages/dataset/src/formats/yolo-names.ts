/** The names of the classes of a YOLO dataset: the little of YAML that its data.yaml needs, or classes.txt. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { DatasetError } from "../dataset-error.js";
import { entries, findEntry } from "../folder-listing.js";

/** In the order of their numbers; `null` where nothing names them. `folder` is for messages. */
export async function readClassNames(root: string, folder: string): Promise<readonly string[] | null> {
  const files = (await entries(root)).filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name));
  const preferred = files.find(({ name }) => /^data\.ya?ml$/i.test(name));
  for (const { name } of preferred ? [preferred] : files) {
    const names = parseNames(await readFile(path.join(root, name), "utf8"), path.join(folder, name));
    if (names !== null) return checked(names, path.join(folder, name));
  }
  for (const inside of ["", (await findEntry(root, "labels", "folder")) ?? ""]) {
    const found = await findEntry(path.join(root, inside), "classes.txt", "file");
    if (found === null) continue;
    const text = await readFile(path.join(root, inside, found), "utf8");
    return checked(
      text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
      path.join(folder, inside, found),
    );
  }
  return null;
}

/** `names: [a, b]`, also over several lines; `names:` with `- a` lines; or `names:` with `0: a` lines. */
export function parseNames(text: string, file: string): string[] | null {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const start = lines.findIndex((line) => /^["']?names["']?\s*:/.test(line));
  if (start < 0) return null;
  const rest = withoutComment((lines[start] as string).replace(/^["']?names["']?\s*:/, "")).trim();
  if (rest.startsWith("[") || rest.startsWith("{")) {
    const closing = rest.startsWith("[") ? "]" : "}";
    const joined = [rest, ...lines.slice(start + 1).map(withoutComment)].join(" ");
    const end = closingPlace(joined, closing);
    if (end < 0) throw invalid(file, `the list of names has no "${closing}"`);
    const items = splitItems(joined.slice(1, end));
    return closing === "]" ? items.map(unquoted) : numbered(items, file);
  }
  if (rest !== "") throw invalid(file, `names must be a list, got "${rest}"`);
  const block: string[] = [];
  for (const line of lines.slice(start + 1).map(withoutComment)) {
    if (line.trim() === "") continue;
    if (!/^\s/.test(line) && !line.startsWith("-")) break;
    block.push(line.trim());
  }
  if (block.length === 0) throw invalid(file, "the list of names is empty");
  if (block.every((line) => line.startsWith("-"))) return block.map((line) => unquoted(line.slice(1)));
  return numbered(block, file);
}

function numbered(items: readonly string[], file: string): string[] {
  const names: string[] = [];
  for (const item of items) {
    const found = /^["']?(\d+)["']?\s*:\s*(.*)$/.exec(item.trim());
    if (!found) throw invalid(file, `"${item.trim()}" must be a number, a colon and a name`);
    names[Number(found[1])] = unquoted(found[2] as string);
  }
  for (let i = 0; i < names.length; i++)
    if (names[i] === undefined) throw invalid(file, `the name of class ${i} is missing`);
  return names;
}

function splitItems(text: string): string[] {
  const items = text.match(/(?:"[^"]*"|'[^']*'|[^,])+/g) ?? [];
  return items.filter((item) => item.trim() !== "");
}

/** Where the list ends; brackets inside quotes don't count. */
function closingPlace(text: string, closing: string): number {
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === closing) return i;
  }
  return -1;
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, "");
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  return /^(["']).*\1$/.test(trimmed) ? trimmed.slice(1, -1).trim() : trimmed;
}

function checked(names: readonly string[], file: string): readonly string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (names.length === 0) throw invalid(file, "it names no class");
  if (names.includes("")) throw invalid(file, "a name is empty");
  if (twice !== undefined) throw invalid(file, `the name "${twice}" stands there twice`);
  return names;
}

function invalid(file: string, what: string): DatasetError {
  return new DatasetError("DATASET_LABELS_INVALID", `"${file}" can't be used: ${what}. Correct it and try again.`);
}
