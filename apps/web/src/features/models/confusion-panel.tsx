/** What was answered for what it was: the diagonal is right. */
import { Table, Text } from "@mantine/core";
import type { Task } from "@sightline/api/methods";
import type { Metrics } from "@sightline/api/models";
import { Panel } from "../../components/panel.js";
import css from "./confusion-panel.module.css";

const names: Record<string, string> = { normal: "good", anomaly: "defect" };

export function ConfusionPanel({ metrics, task }: { metrics: Pick<Metrics, "confusion">; task: Task }) {
  const { labels, counts } = metrics.confusion;
  const nameOf = (label: string) => (task === "anomaly" ? (names[label] ?? label) : label);
  return (
    <Panel title="Answers against the truth" note="Rows: what it is. Columns: what the model said.">
      <Table.ScrollContainer minWidth={Math.max(240, (labels.length + 1) * 112)}>
        <Table layout="fixed" className={css.table ?? ""} withRowBorders={false} aria-label="Confusion matrix">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {labels.map((label) => (
                <Table.Th key={label} scope="col" ta="center">
                  {nameOf(label)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {labels.map((label, truth) => (
              <Row key={label} title={nameOf(label)} truth={truth} row={counts[truth] ?? []} labels={labels} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function Row({
  title,
  truth,
  row,
  labels,
}: {
  title: string;
  truth: number;
  row: readonly number[];
  labels: readonly string[];
}) {
  const total = Math.max(
    1,
    row.reduce((sum, one) => sum + one, 0),
  );
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={560}>
        {title}
      </Table.Th>
      {labels.map((label, answer) => {
        const count = row[answer] ?? 0;
        const color = answer === truth ? "var(--mantine-color-good-6)" : "var(--mantine-color-defect-5)";
        const strength = count === 0 ? 0 : 12 + (count / total) * 50;
        return (
          <Table.Td
            key={label}
            ta="center"
            style={{ background: `color-mix(in srgb, ${color} ${strength}%, var(--quiet-cell))` }}
          >
            <Text span fw={answer === truth ? 640 : 500}>
              {count}
            </Text>
          </Table.Td>
        );
      })}
    </Table.Tr>
  );
}
