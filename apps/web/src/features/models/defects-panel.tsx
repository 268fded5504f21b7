/** How well each kind of defect is found to the pixel, for models that learnt from masks. */
import { ColorSwatch, Group, Table, Text } from "@mantine/core";
import type { Metrics } from "@sightline/api/models";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";

export function DefectsPanel({ defects }: { defects: NonNullable<Metrics["defects"]> }) {
  const where = defects[0]?.source === "test" ? "the test's masks" : "training masks held out in turn";
  return (
    <Panel
      title="Where defects are"
      note={`Measured to the pixel on ${where}. Overlap: what is marked and a defect, of all that is marked or a defect; mean over the pictures.`}
      flush
    >
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label="Figures by kind of defect">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Defect</Table.Th>
              <Table.Th ta="right">Pictures</Table.Th>
              <Table.Th ta="right">Overlap</Table.Th>
              <Table.Th ta="right">Recall</Table.Th>
              <Table.Th ta="right">Precision</Table.Th>
              <Table.Th ta="right">F1</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {defects.map((row) => (
              <Table.Tr key={row.label}>
                <Table.Td>
                  <Group gap="xs" wrap="nowrap">
                    <ColorSwatch color={row.colour} size={14} withShadow={false} />
                    <Text size="sm" fw={560}>
                      {row.label}
                    </Text>
                  </Group>
                </Table.Td>
                <Table.Td ta="right">{row.images}</Table.Td>
                <Table.Td ta="right">{percent(row.meanIou)}</Table.Td>
                <Table.Td ta="right">{percent(row.recall)}</Table.Td>
                <Table.Td ta="right">{percent(row.precision)}</Table.Td>
                <Table.Td ta="right">{percent(row.f1)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
