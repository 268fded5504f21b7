/** Webhooks and brokers of a project, and the rules that say what is sent to them, mailed, or shown to a person. */

import type { Rule } from "@sightline/api/alerts";
import { ruleProblem } from "@sightline/api/rule-kinds";
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

export function targetRoutes({ services: { store, targets } }: RouteDeps) {
  const ruleOf = async (id: string) => existing(await store.read.rules.get(id), errors.ruleNotFound, id);
  const checkProject = async (id: string) =>
    existing(await store.read.projects.alerting(id), errors.projectNotFound, id);

  return {
    listTargets: async ({ params }) => {
      await checkProject(params.projectId);
      return { items: await store.read.targets.list(params.projectId) };
    },
    addTarget: ({ params, body }) => targets.add({ ...params, ...body }),
    changeTarget: ({ params, body }) => targets.change(params.targetId, body),
    renewTargetSecret: async ({ params }) => ({ secret: await targets.renewSecret(params.targetId) }),
    tryTarget: ({ params }) => targets.try(params.targetId),
    removeTarget: ({ params }) => targets.remove(params.targetId),

    listRules: async ({ params }) => {
      await checkProject(params.projectId);
      return { items: await store.read.rules.list(params.projectId) };
    },
    addRule: async ({ params: { projectId }, body }) => {
      await checkProject(projectId);
      checkRule(body);
      if (body.kind === "inspectionFailed" && body.outcome === "review") {
        throw errors.ruleInvalid({ problem: "a failed inspection has no verdict that a person could look at" });
      }
      const needsTarget = body.outcome === "target";
      if (needsTarget !== (body.targetId !== null)) {
        throw errors.ruleInvalid({
          problem: needsTarget
            ? 'the outcome "target" needs a targetId'
            : `the outcome "${body.outcome}" has no targetId`,
        });
      }
      const id = await store.write(async (tx) => {
        if (body.targetId !== null) {
          const target = existing(await tx.targets.get(body.targetId), errors.targetNotFound, body.targetId);
          if (target.projectId !== projectId) throw errors.targetNotFound({ id: body.targetId });
        }
        return tx.rules.insert({ projectId, ...body });
      });
      return ruleOf(id);
    },
    changeRule: async ({ params, body }) => {
      await store.write(async (tx) => {
        const before = existing(await tx.rules.get(params.ruleId), errors.ruleNotFound, params.ruleId);
        const { limit = before.limit, label = before.label, isEnabled = before.isEnabled } = body;
        checkRule({ kind: before.kind, limit, label });
        await tx.rules.change(params.ruleId, { limit, label, isEnabled });
      });
      return ruleOf(params.ruleId);
    },
    removeRule: async ({ params }) => {
      await ruleOf(params.ruleId);
      await store.write((tx) => tx.rules.remove(params.ruleId));
    },
  } satisfies Partial<Handlers>;
}

/** @throws ServerError RULE_INVALID. */
function checkRule(rule: Pick<Rule, "kind" | "limit" | "label">): void {
  const problem = ruleProblem(rule.kind, rule);
  if (problem !== undefined) throw errors.ruleInvalid({ problem });
}
