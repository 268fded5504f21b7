/** Buckets as folders: `buckets/NAME/key` in the data folder. A bucket may be a link to a folder elsewhere; nothing in it leads out of it. */
import { randomUUID } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { isDiskFull } from "../blobs/file-blobs.js";
import type { FileLayer } from "../blobs/file-layer.js";
import { errors } from "../errors.js";
import { nameProblem, type ObjectName, type ObjectStore } from "./object-store.js";

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** @param folder made when it is missing. */
export async function openFolderObjects(folder: string, files: FileLayer): Promise<ObjectStore> {
  await files.makeFolder(folder);

  function check(name: ObjectName): void {
    const refuse = (problem: string) => errors.objectNameInvalid({ ...name, problem });
    const problem = nameProblem(name);
    if (problem !== null) throw refuse(problem);
    const parts = name.key.split("/");
    if (parts.some((part) => part === "" || part === "." || part === ".."))
      throw refuse("in a bucket folder no part between two / may be empty, . or ..");
    if (/[\0\\]/.test(name.key)) throw refuse("in a bucket folder a key has no \\ and no NUL");
  }

  const bucketFolder = (bucket: string) => realPathOf(join(folder, bucket));

  /** Where an object's file really is; `undefined` when it or its bucket is not there. */
  async function fileOf(name: ObjectName): Promise<string | undefined> {
    check(name);
    const root = await bucketFolder(name.bucket);
    const file = root && (await realPathOf(join(root, name.key)));
    if (root === undefined || file === undefined) return undefined;
    if (!file.startsWith(root + sep))
      throw errors.objectNameInvalid({ ...name, problem: "it leads out of its bucket" });
    return (await stat(file)).isFile() ? file : undefined;
  }

  return {
    howToMake: (bucket) => `mkdir ${join(folder, bucket)}`,

    async hasBucket(bucket) {
      if (nameProblem({ bucket, key: "any" }) !== null) return false;
      return (await bucketFolder(bucket)) !== undefined;
    },

    async size(name) {
      const file = await fileOf(name);
      return file === undefined ? undefined : files.size(file);
    },

    async read(name, maxBytes) {
      const file = await fileOf(name);
      const size = file === undefined ? undefined : await files.size(file);
      if (file === undefined || size === undefined) throw errors.objectNotFound({ ...name });
      if (size > maxBytes) throw errors.objectTooLarge({ ...name, maxBytes });
      return files.readFile(file);
    },

    async write(name, bytes) {
      check(name);
      const root = await bucketFolder(name.bucket);
      if (root === undefined)
        throw errors.bucketNotFound({ bucket: name.bucket, place: `mkdir ${join(folder, name.bucket)}` });
      const file = join(root, name.key);
      const place = dirname(file);
      const aside = join(place, `.sightline-${randomUUID()}`);
      try {
        await files.makeFolder(place);
        const real = await realPathOf(place);
        if (real !== root && !real?.startsWith(root + sep))
          throw errors.objectNameInvalid({ ...name, problem: "it leads out of its bucket" });
        const written = await files.createFile(aside);
        try {
          await written.write(bytes);
          await written.sync();
        } finally {
          await written.close();
        }
        await files.rename(aside, file);
        await files.syncFolder(place);
      } catch (error) {
        await files.remove(aside).catch(() => {});
        if (isDiskFull(error)) throw errors.diskFull({ freeBytes: 0, minFreeBytes: bytes.length }, { cause: error });
        throw error;
      }
    },

    close() {},
  };
}
