/** `sightline backbone add|list|remove`: pretrained networks that trainings here may start from. */
import { type PixelScale, pixelScales } from "@sightline/models/backbone-description";
import {
  type AddedBackbone,
  addBackbone,
  checkAdded,
  listBackbones,
  removeBackbone,
} from "@sightline/models/backbone-store";
import { knownBackbones } from "@sightline/models/known-backbones";
import { type Command, Option } from "commander";
import { about, CliError, problemOf } from "../cli-error.js";
import { triple } from "../flag-values.js";
import { type Outcome, sized, table } from "../outcome.js";
import { dataFolderOf } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  const names = knownBackbones.map(({ name }) => name).join(", ");
  withData(command.command("add"))
    .description(
      `Add a backbone: one that is known by name (${names}), which is downloaded once, or a file: any ONNX network of ` +
        "pictures, or the package of a known one where there is no network.",
    )
    .argument("<source>", "a known name or a file")
    .option("--name <name>", "what to call an ONNX file's network (default: the file's own name)")
    .addOption(
      new Option(
        "--pixels <scale>",
        "how an ONNX file's network takes pixels: -1…1, ImageNet's mean and deviation, 0…1, or 0…255 (default: centred)",
      ).choices(Object.keys(pixelScales)),
    )
    .option("--mean <r,g,b>", "instead: what is taken from the pixels' 0–255 …", triple)
    .option("--deviation <r,g,b>", "… and what they are divided by then", triple)
    .option("--licence <text>", "the licence of an ONNX file's weights, to be kept with every model")
    .option("--copyright <text>", "whose they are")
    .action(act(add));
  withData(command.command("list"))
    .description("List the backbones that are here and those that are known by name.")
    .action(act(list));
  withData(command.command("remove"))
    .description("Take a backbone away. Models made with it keep their own copy and go on working.")
    .argument("<name>")
    .action(act(remove));
}

function withData(command: Command): Command {
  return withJson(command).option("--data <folder>", "the data folder that keeps them (or SIGHTLINE_DATA)");
}

interface DataOptions {
  readonly data?: string;
}

interface AddOptions extends DataOptions {
  readonly name?: string;
  readonly pixels?: keyof typeof pixelScales;
  readonly mean?: readonly [number, number, number];
  readonly deviation?: readonly [number, number, number];
  readonly licence?: string;
  readonly copyright?: string;
}

async function add(context: Context, source: string, options: AddOptions): Promise<Outcome> {
  const { name, licence, copyright } = options;
  const pixels = scaleOf(options);
  const label = { ...(pixels && { pixels }), ...(licence && { licence }), ...(copyright && { copyright }) };
  const adding = addBackbone({
    dataFolder: dataFolderOf(options, context),
    source,
    name,
    ...(Object.keys(label).length > 0 && { label }),
    signal: context.signal,
    onProgress: (share, step) => context.progress.report(share, step),
  });
  const added = await about(source, adding);
  return {
    json: added,
    text: [
      `added ${added.name}: ${added.title}, ${sized(added.bytes)}`,
      `licence  ${licenceOf(added)}`,
      `source   ${added.source ?? "not said"}, SHA-256 ${added.sourceSha256}`,
      `pixels   (value − ${added.pixels.mean.join(", ")}) / ${added.pixels.deviation.join(", ")}`,
      "",
      table(
        ["stride", "narrow map", "channels", "wide map", "channels"],
        added.stages.map(({ stride, narrow, wide }) => [
          stride,
          narrow.name,
          narrow.channels,
          wide.name,
          wide.channels,
        ]),
      ),
      "",
      `train with it: sightline train FOLDER --backbone ${added.name} --out model.onnx`,
    ].join("\n"),
  };
}

async function list(context: Context, options: DataOptions): Promise<Outcome> {
  const { backboneFile, readBackbone } = await import("@sightline/models/backbone");
  const dataFolder = dataFolderOf(options, context);
  const added = await listBackbones(dataFolder);
  const builtIn = builtInOf(() => {
    const { graph: _, stages: __, ...described } = readBackbone({ dataFolder });
    return { ...described, file: backboneFile({ dataFolder }) };
  });
  const damaged = new Map<string, string>();
  for (const one of added)
    await checkAdded(one).catch((error: unknown) => damaged.set(one.name, problemOf(error).message));
  const addable = knownBackbones.filter(({ name }) => !added.some((one) => one.name === name));
  const rows = [
    ...(builtIn === null ? [] : [[builtIn.name, "built in", builtIn.licence ?? "not said", builtIn.title]]),
    ...added.map((one) => [one.name, damaged.has(one.name) ? "DAMAGED" : "here", licenceOf(one), one.title]),
    ...addable.map((one) => [
      one.name,
      `to add, ${sized(one.download.bytes)}`,
      one.licence ?? "not said",
      `${one.title}: ${one.about}`,
    ]),
  ];
  return {
    text: table(["backbone", "state", "licence", "what it is"], rows),
    json: {
      builtIn,
      items: added.map((one) => ({ ...one, problem: damaged.get(one.name) ?? null })),
      known: addable.map(({ name, title, about, licence, copyright, source, download }) => ({
        ...{ name, title, about, licence, copyright, source },
        bytes: download.bytes,
      })),
    },
    ...(damaged.size > 0 && {
      error: { code: "BACKBONE_UNSUITABLE", message: [...damaged.values()].join(" ") },
    }),
  };
}

/** The list is of use where the built-in one can't be read, too: `doctor` says why. */
function builtInOf<Described>(read: () => Described): Described | null {
  try {
    return read();
  } catch {
    return null;
  }
}

async function remove(context: Context, name: string, options: DataOptions): Promise<Outcome> {
  const removed = await removeBackbone(dataFolderOf(options, context), name);
  return { text: `removed ${removed.name}`, json: removed };
}

function licenceOf({ licence, copyright }: AddedBackbone): string {
  return [licence ?? "not said", ...(copyright === null ? [] : [copyright])].join("; ");
}

function scaleOf({ pixels, mean, deviation }: AddOptions): PixelScale | undefined {
  if ((mean === undefined) !== (deviation === undefined))
    throw new CliError("USAGE", "--mean and --deviation go together.");
  if (mean !== undefined && deviation !== undefined) {
    if (pixels !== undefined) throw new CliError("USAGE", "Give --pixels, or --mean and --deviation.");
    if (deviation.some((value) => value <= 0)) throw new CliError("USAGE", "--deviation must be above 0.");
    return { mean, deviation };
  }
  return pixels === undefined ? undefined : pixelScales[pixels];
}
