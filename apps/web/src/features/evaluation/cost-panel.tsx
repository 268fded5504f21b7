/** What the threshold in force does, and the one that would cost least. */
import { SimpleGrid, Table, Text } from "@mantine/core";
import type { ThresholdChoice } from "@sightline/api/evaluations";
import { useMemo } from "react";
import { curveColor } from "../../components/curve-chart.js";
import { count, percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import type { ShareCurve } from "../../components/share-columns.js";
import { SharePlot } from "../../components/share-plot.js";

export function CostPanel({ choice, currency }: { choice: ThresholdChoice; currency: string }) {
  const { points, defects, good, inForce, cheapest } = choice;
  const curves = useMemo((): ShareCurve[] => {
    const share = (of: "escapes" | "falseRejects", whole: number) =>
      // What a point does all thresholds down to the one before it do.
      points.flatMap((point, i) => {
        const wrong = point[of] / whole;
        return [[points[i - 1]?.threshold ?? 0, wrong] as const, [point.threshold, wrong] as const];
      });
    const at = (threshold: number): ShareCurve => ({
      title: "threshold",
      shape: "reference",
      points: [[threshold, 0] as const, [threshold, 1] as const],
    });
    return [
      { title: "escapes", points: share("escapes", defects) },
      { title: "false rejects", points: share("falseRejects", good) },
      at(inForce.threshold),
    ];
  }, [points, defects, good, inForce.threshold]);
  const money = (value: number) => `${count(Math.round(value))} ${currency}`.trim();
  return (
    <Panel
      title="Threshold"
      note={`In force: ${inForce.threshold.toFixed(3)}, the dashed line. ${inForce.escapes} of ${defects} defects escape, ${inForce.falseRejects} of ${good} good parts are rejected.`}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <div>
          <SharePlot
            description={`Escapes and false rejects by threshold. In force ${inForce.threshold}: ${percent(inForce.escapes / defects)} escape, ${percent(inForce.falseRejects / good)} are rejected.`}
            curves={curves}
            x="Threshold"
            y="Wrong of their kind"
          />
          <Text size="sm" c="dimmed" mt={4}>
            <Key index={0} /> escapes <Key index={1} /> false rejects
          </Text>
        </div>
        {cheapest === null ? (
          <Text size="sm" c="dimmed">
            Say on the analytics page what an escape and a false reject cost: the next evaluation then tells the
            cheapest threshold.
          </Text>
        ) : (
          <div>
            <Table aria-label="What mistakes cost" fz="sm" horizontalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Td />
                  <Table.Th ta="right">In force</Table.Th>
                  <Table.Th ta="right">Cheapest</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody className="figures">
                <Row title="Threshold" now={inForce.threshold.toFixed(3)} then={cheapest.threshold.toFixed(3)} />
                <Row title="Escapes" now={`${inForce.escapes}`} then={`${cheapest.escapes}`} />
                <Row title="False rejects" now={`${inForce.falseRejects}`} then={`${cheapest.falseRejects}`} />
                <Row
                  title="Cost of 1 000 parts"
                  now={money(cheapest.costPer1000Now)}
                  then={money(cheapest.costPer1000)}
                />
              </Table.Tbody>
            </Table>
            <Text size="sm" c="dimmed" mt="sm">
              {percent(cheapest.cost.defectRate)} of the parts are taken to be defects. The cheapest threshold would lie
              between {cheapest.low.toFixed(3)} and {cheapest.high.toFixed(3)} with other pictures of the same kind.
              {cheapest.costPer1000Expected !== null &&
                ` Expect ${money(cheapest.costPer1000Expected)} on pictures that took no part in the choice.`}
            </Text>
          </div>
        )}
      </SimpleGrid>
    </Panel>
  );
}

function Row({ title, now, then }: { title: string; now: string; then: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={560}>
        {title}
      </Table.Th>
      <Table.Td ta="right">{now}</Table.Td>
      <Table.Td ta="right">{then}</Table.Td>
    </Table.Tr>
  );
}

function Key({ index }: { index: number }) {
  return (
    <span
      aria-hidden
      style={{
        ...{ display: "inline-block", width: 10, height: 10, borderRadius: 3 },
        ...{ margin: "0 6px 0 8px", background: curveColor(index) },
      }}
    />
  );
}
