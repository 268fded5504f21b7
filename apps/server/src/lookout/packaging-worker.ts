/** Packs model versions as AWS IoT Greengrass components: an archive with the ONNX file, and the recipe that names it. */
import type { Log } from "../log.js";
import { type ObjectStore, objectUrl } from "../objects/object-store.js";
import type { Services } from "../services.js";
import type { PackagingJob } from "../store/packaging-jobs.js";
import { componentReadme, recipeOf } from "./component.js";
import type { PackagingConfiguration } from "./packaging.js";
import { zip } from "./zip-file.js";

export interface PackagingWorker {
  wake(): void;
  close(): Promise<void>;
}

export function createPackagingWorker(deps: {
  services: Pick<Services, "store" | "blobs">;
  objects: ObjectStore;
  log: Log;
}): PackagingWorker {
  const { store, blobs } = deps.services;
  let queue: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function pack(job: PackagingJob): Promise<unknown> {
    const model = await store.read.models.getByVersion(job.projectId, job.version);
    const project = await store.read.projects.get(job.projectId);
    if (model === undefined || project === undefined) throw new Error(`Version ${job.version} was deleted meanwhile.`);
    const { Greengrass: wanted } = job.configuration as PackagingConfiguration;
    const { Bucket: bucket, Prefix: prefix = "" } = wanted.S3OutputLocation;
    const version = wanted.ComponentVersion ?? `${job.version}.0.0`;
    const folder = `${prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`}${wanted.ComponentName}/${version}/`;
    const archive = { bucket, key: `${folder}${wanted.ComponentName}.zip` };
    if ((await deps.objects.size(archive)) !== undefined)
      throw new Error(
        `Component ${wanted.ComponentName} ${version} exists already at ${objectUrl(archive)}. Choose another version.`,
      );
    const about = { wanted, version, project, model };
    const recipe = Buffer.from(`${JSON.stringify(recipeOf(about, objectUrl(archive)), null, 2)}\n`);
    const content = [
      { name: "model.onnx", bytes: await blobs.read(model.sha256) },
      { name: "recipe.json", bytes: recipe },
      { name: "README.md", bytes: Buffer.from(componentReadme(about)) },
    ];
    await deps.objects.write(archive, zip(content));
    await deps.objects.write({ bucket, key: `${folder}recipe.json` }, recipe);
    const arn = `arn:aws:greengrass:::components:${wanted.ComponentName}:versions:${version}`;
    return { Greengrass: { ComponentVersionArn: arn, ComponentName: wanted.ComponentName, ComponentVersion: version } };
  }

  async function packAll(): Promise<void> {
    for (const job of await store.read.packagingJobs.unended()) {
      if (isClosed) return;
      const say = (status: "RUNNING" | "SUCCEEDED" | "FAILED", message: string, output: unknown = null) =>
        store.write((tx) => tx.packagingJobs.setStatus(job.id, status, message, output));
      try {
        await say("RUNNING", "The component is being packed.");
        const output = await pack(job);
        await say("SUCCEEDED", "The component was packed.", output);
      } catch (error) {
        if (isClosed) return;
        deps.log.error({ err: error, job: job.name }, "A model could not be packed");
        await say("FAILED", error instanceof Error ? error.message : String(error));
      }
    }
  }

  return {
    wake() {
      queue = queue
        .then(packAll)
        .catch((error: unknown) => deps.log.error({ err: error }, "Packaging jobs could not be taken up"));
    },
    async close() {
      isClosed = true;
      await queue;
    },
  };
}
