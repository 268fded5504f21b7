/** What lies in a component beside the model: the Greengrass recipe (format 2020-01-25) and a page on how to run it. */
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import type { PackagingConfiguration } from "./packaging.js";

interface About {
  readonly wanted: PackagingConfiguration["Greengrass"];
  readonly version: string;
  readonly project: Project;
  readonly model: Model;
}

/** Words of this API → those of a recipe's platform. */
const architectures = { ARM64: "aarch64", X86_64: "amd64" } as const;

function platformOf({ TargetDevice, TargetPlatform }: About["wanted"]): { os: string; architecture: string } {
  if (TargetPlatform === undefined) return { os: "linux", architecture: TargetDevice === undefined ? "*" : "aarch64" };
  return { os: TargetPlatform.Os.toLowerCase(), architecture: architectures[TargetPlatform.Arch] };
}

/** @param archiveUrl where the component's archive lies. */
export function recipeOf({ wanted, version, project, model }: About, archiveUrl: string) {
  return {
    RecipeFormatVersion: "2020-01-25",
    ComponentName: wanted.ComponentName,
    ComponentVersion: version,
    ComponentDescription: wanted.ComponentDescription ?? `Version ${model.version} of project ${project.name}`,
    ComponentPublisher: "Sightline",
    ComponentConfiguration: {
      DefaultConfiguration: {
        ProjectName: project.name,
        ModelVersion: String(model.version),
        ModelSha256: model.sha256,
      },
    },
    Manifests: [{ Platform: platformOf(wanted), Lifecycle: {}, Artifacts: [{ Uri: archiveUrl, Unarchive: "ZIP" }] }],
  };
}

export function componentReadme({ wanted, version, project, model }: About): string {
  const options =
    wanted.CompilerOptions === undefined
      ? ""
      : `\nCompiler options asked for: \`${wanted.CompilerOptions}\` (an ONNX file needs none).\n`;
  return `# ${wanted.ComponentName} ${version}

Version ${model.version} of project ${project.name}, trained with Sightline (${model.method}).

| file | what |
|---|---|
| model.onnx | the model, its threshold and its figures in its metadata; SHA-256 ${model.sha256} |
| recipe.json | the Greengrass recipe; its artifact is this archive |
${options}
The model runs with ONNX Runtime on every platform that has one: nothing in it is compiled for a device. A program on the device asks it with

    sightline predict model.onnx picture.jpg --json

or loads the file with ONNX Runtime itself: the input is float32 [1, 3, height, width], red green blue, 0 to 255.
`;
}
