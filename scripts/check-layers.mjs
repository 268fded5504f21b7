/** Checks every import against the architecture in layers.mjs, and docs/architecture.md with it (`--write` updates its table). */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { emptyNames, guarded, layers, sqlFolders } from "./layers.mjs";

/** All violations below `root`, one sentence each. */
export function checkLayers(root) {
  const problems = [...checkTable()];
  for (const [folder, layer] of Object.entries(layers)) {
    if (!existsSync(join(root, folder, "src"))) continue;
    const manifest = readManifest(root, folder);
    const files = sourceFiles(root, folder);
    const forTests = testFiles(root, files);
    for (const file of files) {
      problems.push(...checkNames(file, folder));
      if (forTests.has(file)) continue;
      const text = readFileSync(join(root, file), "utf8");
      const imports = importsOf(text);
      for (const { specifier, isTypeOnly } of imports) {
        problems.push(
          ...Array.from(
            checkImport({ root, file, folder, layer, manifest, specifier, isTypeOnly }),
            (why) => `${file}: ${why}`,
          ),
        );
      }
      problems.push(...checkText(file, text));
    }
    problems.push(...findCycles(root, files));
  }
  return problems;
}

/** The table itself must allow no circle: walk it as a graph. */
function* checkTable() {
  const state = {};
  const visit = function* (name, path) {
    if (state[name] === "done") return;
    if (state[name] === "open") {
      yield `scripts/layers.mjs: the packages import in a circle: ${[...path, name].join(" → ")}`;
      return;
    }
    state[name] = "open";
    const folder = folderOf(name);
    if (folder === undefined) yield `scripts/layers.mjs: "${name}" has no row of its own`;
    for (const next of layers[folder]?.mayImport ?? []) yield* visit(next.split("/")[0], [...path, name]);
    state[name] = "done";
  };
  for (const folder of Object.keys(layers)) yield* visit(basename(folder), []);
}

const folderOf = (name) => Object.keys(layers).find((folder) => basename(folder) === name);

function* checkNames(file, folder) {
  const parts = relative(join(folder, "src"), file).split("/");
  const names = parts.map((part) => part.replace(/\.(test\.)?tsx?$/, ""));
  const empty = names.find((name) => emptyNames.includes(name));
  if (empty !== undefined) yield `${file}: the name "${empty}" says nothing. Name it for what it does.`;
  if (names.at(-1) === "index")
    yield `${file}: no barrel files. Name the file for what it does and list it in "exports".`;
}

function* checkImport({ root, file, folder, layer, manifest, specifier, isTypeOnly }) {
  if (specifier.startsWith(".")) {
    const target = resolve(join(root, dirname(file)), specifier);
    if (!target.startsWith(`${join(root, folder, "src")}/`)) {
      yield `"${specifier}" leaves the package. Import another package by its name.`;
    }
    yield* checkGuarded(root, file, target);
    return;
  }
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) {
    if (layer.browser) yield `"${specifier}" is Node's, and ${folder} runs in a browser too.`;
    else if (!specifier.startsWith("node:")) yield `write "node:${specifier}" for Node's own "${specifier}".`;
    return;
  }
  const library = libraryOf(specifier);
  if (!(library in (manifest.dependencies ?? {})) && !isTypeOnly)
    yield `"${library}" is not among the dependencies in ${folder}/package.json.`;
  if (library.startsWith("@sightline/")) yield* checkOurs({ root, file, folder, layer, specifier });
  else yield* checkOutside({ file, folder, layer, library });
}

function* checkOurs({ root, file, folder, layer, specifier }) {
  const [, name, ...rest] = specifier.split("/");
  const subpath = rest.join("/");
  const allowed = layer.mayImport.some((entry) => entry === name || entry === `${name}/${subpath}`);
  if (!allowed) {
    yield `${folder} may not import ${name}; it may import ${layer.mayImport.join(", ") || "none of ours"}.`;
  }
  const target = folderOf(name);
  const exported = target === undefined ? {} : (readManifest(root, target).exports ?? {});
  if (!(`./${subpath}` in exported)) yield `"${specifier}" is not among the exports of ${target ?? name}/package.json.`;
  for (const guard of guarded) {
    if (specifier === guard.module && !guard.importers.includes(file)) yield explainGuard(guard);
  }
}

function* checkGuarded(root, file, target) {
  for (const guard of guarded) {
    if (target.replace(/\.js$/, ".ts") === join(root, guard.file) && !guard.importers.includes(file))
      yield explainGuard(guard);
  }
}

const explainGuard = (guard) => `may not import ${guard.module}: ${guard.why} (${guard.importers.join(", ")}).`;

function* checkOutside({ file, folder, layer, library }) {
  const place = layer.outside[library] ?? layer.outside[`${library.split("/")[0]}/*`];
  if (place === undefined) {
    const owner = Object.entries(layers).find(([, other]) => library in other.outside)?.[0];
    yield `${folder} may not import "${library}"; ${owner === undefined ? "no package owns it: add it to scripts/layers.mjs with the reason in docs/decisions" : `${owner} owns it`}.`;
  } else if (!relative(join(folder, "src"), file).startsWith(place)) {
    yield `"${library}" may be imported only in ${folder}/src/${place}.`;
  }
}

const sql =
  /["'`]\s*(SELECT\s[^"'`]*\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s|PRAGMA\s)/i;

function* checkText(file, text) {
  if (!sqlFolders.some((folder) => file.startsWith(folder)) && sql.test(text))
    yield `${file}: SQL belongs in ${sqlFolders.join(" or ")}.`;
  if (/^\s*export\s+\*\s+from/m.test(text)) yield `${file}: no barrels: export what is declared here.`;
}

/** Circles between the files of one package; imports of types alone vanish when compiled and do not count. */
function findCycles(root, files) {
  const graph = new Map();
  for (const file of files)
    graph.set(
      withoutEnding(file),
      relativeTargets(root, file, ({ isTypeOnly }) => !isTypeOnly),
    );
  const problems = [];
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === "done" || !graph.has(file)) return;
    if (state.get(file) === "open") {
      problems.push(
        `${file}: imports in a circle: ${[...path.slice(path.indexOf(file)), file].map((name) => basename(name)).join(" → ")}`,
      );
      return;
    }
    state.set(file, "open");
    for (const target of graph.get(file)) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return problems;
}

function importsOf(text) {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => {
    const before = text.slice(0, pos);
    const statement = before.slice(Math.max(before.lastIndexOf("import"), before.lastIndexOf("export")));
    return { specifier: fileName, isTypeOnly: /^(import|export)\s+type\s/.test(statement) };
  });
}

const libraryOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** Tests, and what only tests import: contract suites, checked requests. */
function testFiles(root, files) {
  const found = new Set(files.filter((file) => /\.test\.tsx?$/.test(file)));
  const importers = new Map(files.map((file) => [withoutEnding(file), []]));
  for (const file of files) {
    for (const target of relativeTargets(root, file)) importers.get(target)?.push(file);
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const file of files) {
      const names = importers.get(withoutEnding(file));
      if (names.length > 0 && names.every((name) => found.has(name))) found.add(file);
    }
  }
  return found;
}

const withoutEnding = (file) => file.replace(/\.[jt]sx?$/, "");

const relativeTargets = (root, file, counts = () => true) =>
  importsOf(readFileSync(join(root, file), "utf8"))
    .filter((found) => found.specifier.startsWith(".") && counts(found))
    .map(({ specifier }) => withoutEnding(join(dirname(file), specifier)));

const readManifest = (root, folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));

function sourceFiles(root, folder) {
  return readdirSync(join(root, folder, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

// ---------------------------------------------------------------- docs/architecture.md

const tableStart = "<!-- table: written by scripts/check-layers.mjs --write -->";
const tableEnd = "<!-- end of table -->";

/** The dependency table as docs/architecture.md must show it. */
export function layersTable() {
  const rows = Object.entries(layers).map(([folder, layer]) => {
    const outside = Object.entries(layer.outside).map(([name, place]) =>
      place === "" ? name : `${name} (in \`${place}\`)`,
    );
    const ours = layer.mayImport.join(", ") || "none";
    return `| \`${folder}\` | ${layer.purpose} | ${ours} | ${outside.join(", ") || "none"} | ${layer.browser ? "yes" : "no"} |`;
  });
  return [
    "| package | what it is | may import of ours | outside libraries it owns | runs in a browser |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** The page with its table replaced by what the rules say. */
export function withTable(page) {
  const from = page.indexOf(tableStart);
  const to = page.indexOf(tableEnd);
  if (from < 0 || to < from)
    throw new Error(`docs/architecture.md must hold the lines "${tableStart}" and "${tableEnd}".`);
  return `${page.slice(0, from + tableStart.length)}\n${layersTable()}\n${page.slice(to)}`;
}

function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const pageFile = join(root, "docs/architecture.md");
  const page = readFileSync(pageFile, "utf8");
  if (process.argv.includes("--write")) writeFileSync(pageFile, withTable(page));
  const problems = checkLayers(root);
  if (!process.argv.includes("--write") && withTable(page) !== page) {
    problems.push("docs/architecture.md: its table is out of step. Run: node scripts/check-layers.mjs --write");
  }
  for (const problem of problems) console.error(problem);
  console.error(
    problems.length === 0
      ? "Layers: every import is as the architecture says."
      : `Layers: ${problems.length} violations.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
