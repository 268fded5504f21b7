/** All operations of the Lookout for Vision API 2020-11-20, and how an address finds its row. */
import { datasetOperations } from "./datasets.js";
import { hostingOperations } from "./hosting.js";
import { modelOperations } from "./models.js";
import type { Operation } from "./operation.js";
import { packagingOperations } from "./packaging.js";
import { projectOperations } from "./projects.js";
import { tagOperations } from "./tags.js";

export const apiVersion = "2020-11-20";

export const operations: readonly Operation[] = [
  ...projectOperations,
  ...datasetOperations,
  ...modelOperations,
  ...hostingOperations,
  ...packagingOperations,
  ...tagOperations,
];

export interface FoundOperation {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** @param path as sent, percent-encoding included: an encoded `/` belongs to a name. */
export function findOperation(method: string, path: string): FoundOperation | undefined {
  const sent = path.split("/").slice(1);
  if (sent.shift() !== apiVersion) return undefined;
  for (const operation of operations) {
    if (operation.method !== method) continue;
    const params = match(operation.path.split("/").slice(1), sent);
    if (params !== undefined) return { operation, params };
  }
  return undefined;
}

function match(pattern: readonly string[], sent: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== sent.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const given = decoded(sent[at] ?? "");
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== given : given === "") return undefined;
    if (name !== undefined) params[name] = given;
  }
  return params;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
