/** How well each label is found: for models of several labels and of boxes, where a confusion matrix makes no sense. */
import { Table, Text } from "@mantine/core";
import type { Task } from "@sightline/api/methods";
import type { Metrics } from "@sightline/api/models";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";

export function PerLabelPanel({ metrics, task }: { metrics: Metrics; task: Task }) {
  const isDetection = task === "detection";
  return (
    <Panel
      title="Label by label"
      note={
        isDetection
          ? "Recall: share of the objects that it finds. Precision: share of its boxes that are right. AP50: both over all scores, at an overlap of 0.5."
          : "Recall: share of the pictures with the label that it finds. Precision: share of its yes that is right."
      }
      flush
    >
      <Table.ScrollContainer minWidth={isDetection ? 520 : 420}>
        <Table aria-label="Figures by label">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Label</Table.Th>
              <Table.Th ta="right">To find</Table.Th>
              <Table.Th ta="right">Recall</Table.Th>
              <Table.Th ta="right">Precision</Table.Th>
              {isDetection && <Table.Th ta="right">AP50</Table.Th>}
              {isDetection && <Table.Th ta="right">AP50–95</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {metrics.perLabel.map((row) => (
              <Table.Tr key={row.label}>
                <Table.Td>
                  <Text size="sm" fw={560}>
                    {row.label}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{row.truths}</Table.Td>
                <Table.Td ta="right">{percent(row.recall)}</Table.Td>
                <Table.Td ta="right">{percent(row.precision)}</Table.Td>
                {isDetection && <Table.Td ta="right">{percent(row.ap50)}</Table.Td>}
                {isDetection && <Table.Td ta="right">{percent(row.ap50_95)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
