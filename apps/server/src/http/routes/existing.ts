/** Small answers that many routes share. */
import type { ErrorDefinition } from "../../errors.js";
import type { Identity } from "../auth/identity.js";

/** @throws the given "not found" error when there is no value. */
export function existing<T>(value: T | undefined, notFound: ErrorDefinition<{ id: string }>, id: string): T {
  if (value === undefined) throw notFound({ id });
  return value;
}

/** Who a change is recorded under. */
export function nameOf(identity: Identity | null): string {
  return identity?.name ?? "nobody";
}
