/** The methods that were tried, with their score in each fold. */
import { Badge, Table, Text } from "@mantine/core";
import type { Candidate } from "@sightline/api/models";
import { Panel } from "../../components/panel.js";

export function CandidatesPanel({ candidates }: { candidates: readonly Candidate[] }) {
  const sorted = candidates.toSorted((a, b) => b.meanScore - a.meanScore);
  return (
    <Panel title="Methods tried" note="Cross-validation on the training pictures; higher is better." flush>
      <Table.ScrollContainer minWidth={320}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Method</Table.Th>
              <Table.Th>Each fold</Table.Th>
              <Table.Th ta="right">Mean</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((one) => (
              <Table.Tr key={one.method}>
                <Table.Td>
                  {one.method}{" "}
                  {one.chosen && (
                    <Badge size="sm" variant="light" radius="sm">
                      chosen
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>
                  <Text size="sm" c="dimmed">
                    {one.foldScores.map((score) => score.toFixed(3)).join("  ")}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{one.meanScore.toFixed(3)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
