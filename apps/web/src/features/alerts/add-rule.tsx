/** The form of a new rule, made from the table of rule kinds. */
import { Group, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Target } from "@sightline/api/alerts";
import { type RuleKindName, ruleKindNames, ruleKinds } from "@sightline/api/rule-kinds";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { outcomeWords } from "./outcome-words.js";

const kinds = ruleKindNames.map((value) => ({ value, label: ruleKinds[value].title }));

/** As it is shown: a share in percent. */
const shownLimit = (kind: RuleKindName): number => {
  const { limit } = ruleKinds[kind];
  if (limit === null) return 0;
  return limit.unit === "share" ? limit.initial * 100 : limit.initial;
};

export function AddRule({ projectId, targets }: { projectId: string; targets: readonly Target[] }) {
  const form = useForm({
    initialValues: {
      kind: "lowConfidence" as RuleKindName,
      limit: shownLimit("lowConfidence"),
      label: "",
      outcome: "review",
    },
    validate: {
      label: (text, { kind }) => (ruleKinds[kind].takesLabel && text.trim() === "" ? "Which label?" : null),
    },
  });
  const add = useChange("addRule", { done: "The rule is in force.", onDone: () => form.setFieldValue("label", "") });
  const { kind, outcome } = form.values;
  const { limit, takesLabel } = ruleKinds[kind];
  const outcomes = [
    ...Object.entries(outcomeWords).map(([value, label]) => ({ value, label })),
    ...targets.map(({ id, name }) => ({ value: id, label: `Tell ${name}` })),
  ];
  const submit = form.onSubmit((values) =>
    add.mutate({
      params: { projectId },
      body: {
        kind,
        limit: limit === null ? null : limit.unit === "share" ? values.limit / 100 : values.limit,
        label: takesLabel ? values.label.trim() : null,
        ...(outcome === "mail" || outcome === "review" ? { outcome } : { outcome: "target", targetId: outcome }),
      },
    }),
  );
  return (
    <form onSubmit={submit}>
      <Stack px={20} py={16} gap="sm">
        <Group gap="sm" align="flex-start">
          <Select
            label="When"
            data={kinds}
            value={kind}
            onChange={(value) => {
              const chosen = ruleKindNames.find((name) => name === value) ?? kind;
              form.setValues({ kind: chosen, limit: shownLimit(chosen) });
            }}
            allowDeselect={false}
            flex="2 1 240px"
          />
          {takesLabel && (
            <TextInput
              {...form.getInputProps("label")}
              label="Label"
              placeholder="scratch"
              maxLength={64}
              flex="1 1 120px"
            />
          )}
          {limit !== null && (
            <NumberInput
              {...form.getInputProps("limit")}
              label="Limit"
              min={0}
              max={limit.unit === "share" ? 100 : 1000}
              allowDecimal={limit.unit === "share"}
              suffix={limit.unit === "share" ? " %" : ""}
              flex="1 1 100px"
            />
          )}
          <Select
            {...form.getInputProps("outcome")}
            label="Then"
            data={outcomes}
            allowDeselect={false}
            flex="1 1 200px"
          />
        </Group>
        <Group>
          <ActionButton route="addRule" type="submit" onClick={() => undefined} loading={add.isPending}>
            Add the rule
          </ActionButton>
        </Group>
      </Stack>
    </form>
  );
}
