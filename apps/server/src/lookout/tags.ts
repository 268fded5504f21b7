/** TagResource, ListTagsForResource, UntagResource: words and values that people attach to model versions. */
import { z } from "zod";
import type { Tag } from "../store/lookout-models.js";
import type { Store } from "../store/store.js";
import { parseModelArn } from "./arn.js";
import { projectNamed, versionNamed } from "./found.js";
import { changing, reading, Tags } from "./operation.js";
import { invalid, quotaExceeded } from "./wire-errors.js";

const ResourceArn = z.string().min(1).max(1011);
/** Lookout for Vision guide, quotas: tags of a model. */
const MAX_TAGS = 50;

export const toTags = (tags: z.output<typeof Tags>): Tag[] =>
  tags.map(({ Key: key, Value: value }) => ({ key, value }));

/** @throws LookoutError ValidationException, ServiceQuotaExceededException */
export function checkTags(tags: readonly Tag[], resourceId: string): void {
  const reserved = tags.find(({ key }) => key.toLowerCase().startsWith("aws:"));
  if (reserved) throw invalid(`The key "${reserved.key}" begins with aws:, which is reserved.`);
  if (new Set(tags.map(({ key }) => key)).size > MAX_TAGS)
    throw quotaExceeded({ type: "MODEL", id: resourceId }, "tagsPerModel", `A model may have ${MAX_TAGS} tags.`);
}

async function resource(store: Store, arn: string): Promise<{ projectId: string; version: number }> {
  const { projectName, version } = parseModelArn(arn);
  const project = await projectNamed(store, projectName);
  return { projectId: project.id, version: await versionNamed(store, project, String(version)) };
}

export const tagOperations = [
  changing({
    name: "TagResource",
    method: "POST",
    path: "/tags/{ResourceArn}",
    input: z.object({ ResourceArn, Tags }),
    async handle({ services: { store } }, { input, keep }) {
      const { projectId, version } = await resource(store, input.ResourceArn);
      const added = toTags(input.Tags);
      return store.write(async (tx) => {
        checkTags([...(await tx.lookoutModels.tags(projectId, version)), ...added], input.ResourceArn);
        await tx.lookoutModels.putTags(projectId, version, added);
        return keep(tx, {});
      });
    },
  }),
  reading({
    name: "ListTagsForResource",
    method: "GET",
    path: "/tags/{ResourceArn}",
    input: z.object({ ResourceArn }),
    async handle({ services: { store } }, { input }) {
      const { projectId, version } = await resource(store, input.ResourceArn);
      const tags = await store.read.lookoutModels.tags(projectId, version);
      return { Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })) };
    },
  }),
  changing({
    name: "UntagResource",
    method: "DELETE",
    path: "/tags/{ResourceArn}",
    input: z.object({
      ResourceArn,
      tagKeys: z.preprocess(
        (keys) => (typeof keys === "string" ? [keys] : keys),
        z.array(z.string().min(1).max(128)).max(200),
      ),
    }),
    async handle({ services: { store } }, { input, keep }) {
      const { projectId, version } = await resource(store, input.ResourceArn);
      return store.write(async (tx) => {
        await tx.lookoutModels.removeTags(projectId, version, input.tagKeys);
        return keep(tx, {});
      });
    },
  }),
];
