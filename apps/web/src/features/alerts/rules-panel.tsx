/** The project's rules: a condition on an inspection, and what comes of it. */
import { Group, Stack, Switch, Text } from "@mantine/core";
import { mdiCallSplit } from "@mdi/js";
import type { Rule, Target } from "@sightline/api/alerts";
import { useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { AddRule } from "./add-rule.js";
import { outcomeWords } from "./outcome-words.js";

export function RulesPanel({ projectId }: { projectId: string }) {
  const rules = useApi("listRules", { params: { projectId } });
  const targets = useApi("listTargets", { params: { projectId } }).data?.items ?? [];
  return (
    <Panel title="Rules" note="Beside the mails above: what else comes of an inspection." flush>
      <Answer query={rules} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face compact icon={mdiCallSplit} title="No rule yet">
              A rule mails, tells a target, or asks a person to look.
            </Face>
          ) : (
            <ul className={rows.list}>
              {items.map((rule) => (
                <RuleRow key={rule.id} rule={rule} targets={targets} />
              ))}
            </ul>
          )
        }
      </Answer>
      <AddRule projectId={projectId} targets={targets} />
    </Panel>
  );
}

function outcomeOf(rule: Rule, targets: readonly Target[]): string {
  if (rule.outcome !== "target") return outcomeWords[rule.outcome];
  return `Tell ${targets.find(({ id }) => id === rule.targetId)?.name ?? "the target"}`;
}

function RuleRow({ rule, targets }: { rule: Rule; targets: readonly Target[] }) {
  const may = useMay("changeRule");
  const params = { ruleId: rule.id };
  const change = useChange("changeRule");
  const remove = useChange("removeRule", { done: "The rule is removed." });
  return (
    <li className={rows.row}>
      <Group justify="space-between" w="100%" gap="sm">
        <Stack gap={2} miw={0} flex="1 1 220px" opacity={rule.isEnabled ? 1 : 0.6}>
          <Text size="sm" fw={560}>
            {rule.text}
          </Text>
          <Text size="xs" c="dimmed">
            {outcomeOf(rule, targets)}
          </Text>
        </Stack>
        <Group gap="sm">
          <Switch
            aria-label={`Rule in force: ${rule.text}`}
            checked={rule.isEnabled}
            disabled={!may.allowed || change.isPending}
            onChange={(event) => change.mutate({ params, body: { isEnabled: event.currentTarget.checked } })}
          />
          <ActionButton
            route="removeRule"
            size="xs"
            variant="default"
            loading={remove.isPending}
            onClick={() => remove.mutate({ params })}
          >
            Remove
          </ActionButton>
        </Group>
      </Group>
    </li>
  );
}
