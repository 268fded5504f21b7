/** People write names, the API takes ids: finds a project, a model version, a token or an access key by either. */
import type { Model } from "@sightline/api/models";
import type { AccessKey, Token } from "@sightline/api/people";
import type { Project } from "@sightline/api/projects";
import type { Client } from "@sightline/client/client";
import { CliError } from "./cli-error.js";

/** By name or id. @throws CliError `NOT_FOUND`, naming the projects that exist. */
export async function findProject(client: Client, nameOrId: string): Promise<Project> {
  const { items } = await client.call("listProjects");
  return found(items, nameOrId, "project", (one) => [one.name, one.id]);
}

/** By id or as `PROJECT/VERSION`. @throws CliError `NOT_FOUND` */
export async function findModel(client: Client, text: string): Promise<Model> {
  const slash = text.lastIndexOf("/");
  if (slash < 0) {
    const { items } = await client.call("listModels");
    return found(items, text, "model", (one) => [one.id]);
  }
  const project = await findProject(client, text.slice(0, slash));
  const { items } = await client.call("listModels", { query: { project: project.id } });
  return found(items, text, "model", (one) => [`${project.name}/${one.version}`, `${project.id}/${one.version}`]);
}

/** By name or id; a name that two have must be told by id. @throws CliError `NOT_FOUND` */
export async function findToken(client: Client, nameOrId: string): Promise<Token> {
  const { items } = await client.call("listTokens");
  // A revoked token's name is free again.
  const usable = items.filter((one) => one.revokedAt === null || one.id === nameOrId);
  const same = usable.filter((one) => one.name === nameOrId);
  if (same.length > 1) {
    const ids = same.map((one) => one.id).join(", ");
    throw new CliError("NOT_FOUND", `${same.length} tokens are named "${nameOrId}". Say which by its id: ${ids}.`);
  }
  return found(usable, nameOrId, "token", (one) => [one.name, one.id]);
}

/** By what programs name it by, or id. @throws CliError `NOT_FOUND` */
export async function findAccessKey(client: Client, accessKeyId: string): Promise<AccessKey> {
  const { items } = await client.call("listAccessKeys");
  return found(items, accessKeyId, "access key", (one) => [one.accessKeyId, one.id]);
}

function found<T>(items: readonly T[], wanted: string, noun: string, namesOf: (item: T) => readonly string[]): T {
  const item = items.find((one) => namesOf(one).includes(wanted));
  if (item !== undefined) return item;
  const known = items.slice(0, 20).map((one) => namesOf(one)[0]);
  const more = items.length > known.length ? ` and ${items.length - known.length} more` : "";
  const list = known.length === 0 ? `There is none yet.` : `There is: ${known.join(", ")}${more}.`;
  throw new CliError("NOT_FOUND", `There is no ${noun} "${wanted}" on this server. ${list}`);
}
