/** How often answers are right that say they are sure by so much. */
import { SimpleGrid, Table } from "@mantine/core";
import type { Reliability } from "@sightline/api/evaluations";
import { useMemo } from "react";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import type { ShareCurve } from "../../components/share-columns.js";
import { SharePlot } from "../../components/share-plot.js";

export function ReliabilityPanel({ reliability: { ece, bins } }: { reliability: Reliability }) {
  const curves = useMemo(
    (): ShareCurve[] => [
      {
        title: "answers",
        shape: "dots",
        points: bins.map(({ meanProbability, rightShare }) => [meanProbability, rightShare] as const),
      },
      { title: "as sure as right", shape: "reference", points: [[0, 0] as const, [1, 1] as const] },
    ],
    [bins],
  );
  return (
    <Panel
      title="Reliability"
      note={`Calibration error ${percent(ece)}: the mean gap between how sure answers are and how often they are right. On the dashed line they are as sure as they are right.`}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <SharePlot
          description={`Reliability: ${bins.map((bin) => `${percent(bin.meanProbability)} sure, ${percent(bin.rightShare)} right`).join("; ")}.`}
          curves={curves}
          x="How sure the answer is"
          y="How often it is right"
        />
        <Table.ScrollContainer minWidth={320}>
          <Table aria-label="Reliability" fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>How sure</Table.Th>
                <Table.Th ta="right">Answers</Table.Th>
                <Table.Th ta="right">Right</Table.Th>
                <Table.Th ta="right">95 % interval</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className="figures">
              {bins.map((bin) => (
                <Table.Tr key={bin.from}>
                  <Table.Td>
                    {percent(bin.from)} to {percent(bin.to)}
                  </Table.Td>
                  <Table.Td ta="right">{bin.count}</Table.Td>
                  <Table.Td ta="right">{percent(bin.rightShare)}</Table.Td>
                  <Table.Td ta="right" c="dimmed">
                    {percent(bin.low)} to {percent(bin.high)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </SimpleGrid>
    </Panel>
  );
}
