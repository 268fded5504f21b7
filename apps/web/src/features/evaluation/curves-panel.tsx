/** ROC and precision against recall, a curve for each label. */
import { Group, SimpleGrid, Text } from "@mantine/core";
import type { EvaluationReport, LabelCurves } from "@sightline/api/evaluations";
import { useMemo } from "react";
import { curveColor } from "../../components/curve-chart.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import type { ShareCurve } from "../../components/share-columns.js";
import { SharePlot } from "../../components/share-plot.js";

/** So many colours can be told apart. */
const most = 4;
const chance: ShareCurve = { title: "chance", shape: "reference", points: [[0, 0] as const, [1, 1] as const] };

export function CurvesPanel({ report: { curves } }: { report: EvaluationReport }) {
  const shown = useMemo(() => curves.toSorted((a, b) => b.truths - a.truths).slice(0, most), [curves]);
  const roc = useMemo(() => [...shown.map(rocOf), chance], [shown]);
  const precisionRecall = useMemo(() => shown.map(precisionRecallOf), [shown]);
  const hasRoc = shown.some((one) => one.roc.length > 0);
  return (
    <Panel
      title="Curves"
      note={
        curves.length > shown.length
          ? `Over all thresholds; the ${shown.length} most frequent of ${curves.length} labels.`
          : "Over all thresholds."
      }
    >
      <SimpleGrid cols={{ base: 1, md: hasRoc ? 2 : 1 }} spacing="lg">
        {hasRoc && (
          <div>
            <Text size="sm" fw={560}>
              ROC
            </Text>
            <SharePlot description={describe("ROC curves", shown)} curves={roc} x="Others taken for it" y="Found" />
          </div>
        )}
        <div>
          <Text size="sm" fw={560}>
            Precision and recall
          </Text>
          <SharePlot
            description={describe("Precision against recall", shown)}
            curves={precisionRecall}
            x="Found"
            y="Right among the found"
          />
        </div>
      </SimpleGrid>
      <Group gap="md" mt="xs">
        {shown.map(({ label, auroc, averagePrecision }, index) => (
          <Group key={label} gap={6} wrap="nowrap">
            <span aria-hidden style={{ width: 10, height: 10, borderRadius: 3, background: curveColor(index) }} />
            <Text size="sm">
              {label}{" "}
              <Text span c="dimmed">
                {auroc !== null && `AUROC ${percent(auroc)}, `}average precision {percent(averagePrecision)}
              </Text>
            </Text>
          </Group>
        ))}
      </Group>
    </Panel>
  );
}

function rocOf({ label, roc }: LabelCurves): ShareCurve {
  return {
    title: label,
    points: roc.map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate] as const),
  };
}

function precisionRecallOf({ label, precisionRecall }: LabelCurves): ShareCurve {
  return { title: label, points: precisionRecall.map(({ recall, precision }) => [recall, precision] as const) };
}

function describe(what: string, curves: readonly LabelCurves[]): string {
  const said = curves.map(({ label, averagePrecision }) => `${label}: average precision ${percent(averagePrecision)}`);
  return `${what}. ${said.join("; ")}.`;
}
