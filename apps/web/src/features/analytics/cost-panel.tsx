/** What escapes and false rejects cost: the user says what one costs, the project keeps it. */
import { Group, NumberInput, Stack, Table, Text, TextInput } from "@mantine/core";
import type { MistakeCosts, Project } from "@sightline/api/projects";
import { useState } from "react";
import { useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton } from "../../components/action-button.js";
import { count } from "../../components/format.js";
import { amount, costOf } from "../../components/mistake-costs.js";
import { Panel } from "../../components/panel.js";
import css from "../../components/tight-table.module.css";
import type { Counts } from "./counts.js";

const unsaid: MistakeCosts = { escape: 0, falseReject: 0, currency: "€" };

export function CostPanel({ totals, project }: { totals: Counts; project: Project }) {
  const kept = project.mistakeCosts;
  const [costs, setCosts] = useState(kept ?? unsaid);
  const may = useMay("changeProject");
  const save = useChange("changeProject", { done: "The costs are kept with the project." });
  const isChanged = JSON.stringify(costs) !== JSON.stringify(kept);
  const number = (name: "escape" | "falseReject", label: string) => (
    <NumberInput
      size="xs"
      aria-label={label}
      value={costs[name]}
      min={0}
      max={1e9}
      thousandSeparator=" "
      readOnly={!may.allowed}
      hideControls
      w={84}
      onChange={(value) => setCosts({ ...costs, [name]: Math.min(1e9, Math.max(0, Number(value) || 0)) })}
    />
  );
  const rows = [
    { title: "Escapes", pieces: totals.escapes, cost: number("escape", "Cost of an escape"), each: costs.escape },
    {
      title: "False rejects",
      pieces: totals.falseRejects,
      cost: number("falseReject", "Cost of a false reject"),
      each: costs.falseReject,
    },
  ];
  return (
    <Panel
      title="Cost of mistakes"
      note={`In the ${count(totals.confirmed)} of ${count(totals.judged)} pictures of which a person said what they show`}
      flush
    >
      <Table verticalSpacing={8} className={`figures ${css.table}`} horizontalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Mistake</Table.Th>
            <Table.Th ta="right">Found</Table.Th>
            <Table.Th>One costs</Table.Th>
            <Table.Th ta="right">Together</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ title, pieces, cost, each }) => (
            <Table.Tr key={title}>
              <Table.Td>{title}</Table.Td>
              <Table.Td ta="right">{count(pieces)}</Table.Td>
              <Table.Td>{cost}</Table.Td>
              <Table.Td ta="right">{amount(pieces * each, costs)}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td fw={600}>All</Table.Td>
            <Table.Td ta="right">{count(totals.escapes + totals.falseRejects)}</Table.Td>
            <Table.Td />
            <Table.Td ta="right" fw={600}>
              {amount(costOf(totals, costs), costs)}
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      <Stack gap="xs" px={20} py="sm">
        <Group gap="sm" justify="space-between" align="flex-end">
          <TextInput
            size="xs"
            label="Currency"
            value={costs.currency}
            maxLength={8}
            readOnly={!may.allowed}
            w={70}
            onChange={({ currentTarget }) => setCosts({ ...costs, currency: currentTarget.value })}
          />
          <ActionButton
            route="changeProject"
            size="xs"
            loading={save.isPending}
            blocked={isChanged ? undefined : "Change a cost first."}
            onClick={() => save.mutate({ params: { projectId: project.id }, body: { mistakeCosts: costs } })}
          >
            Keep the costs
          </ActionButton>
        </Group>
        <Text size="xs" c="dimmed">
          Nothing is projected onto the other pictures: people look at doubtful ones first.
        </Text>
      </Stack>
    </Panel>
  );
}
