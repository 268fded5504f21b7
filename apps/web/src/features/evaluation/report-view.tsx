/** An evaluation report: figures with intervals, curves, reliability, costs, slices and the worst mistakes. */
import { Badge, Grid, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import type { Evaluation, EvaluationReport, Figure, Slices } from "@sightline/api/evaluations";
import { percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { Tile } from "../../components/tile.js";
import { ConfusionPanel } from "../models/confusion-panel.js";
import { DefectsPanel } from "../models/defects-panel.js";
import { CostPanel } from "./cost-panel.js";
import { CurvesPanel } from "./curves-panel.js";
import { IntervalBar } from "./interval-bar.js";
import { MistakesPanel } from "./mistakes-panel.js";
import { ReliabilityPanel } from "./reliability-panel.js";
import { RepeatsPanel } from "./repeats-panel.js";

const tiles = 4;

export function ReportView({
  report,
  evaluation,
  currency,
}: {
  report: EvaluationReport;
  evaluation: Evaluation;
  currency: string;
}) {
  const { figures, confusion, model, threshold, reliability, slices, defects, curves, pictures, repeats } = report;
  const known = figures.filter(({ value }) => value !== null);
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: tiles }} spacing="md">
        {known.slice(0, tiles).map((figure) => (
          <Tile key={figure.name} title={figure.title} value={percent(figure.value)} note={intervalText(figure)} />
        ))}
      </SimpleGrid>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <FiguresPanel figures={figures} images={pictures.images} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          {confusion === null ? (
            <LabelsPanel report={report} />
          ) : (
            <ConfusionPanel metrics={{ confusion }} task={model.task} />
          )}
        </Grid.Col>
      </Grid>
      {curves.length > 0 && <CurvesPanel report={report} />}
      {threshold !== null && threshold.defects > 0 && threshold.good > 0 && (
        <CostPanel choice={threshold} currency={currency} />
      )}
      {reliability !== null && <ReliabilityPanel reliability={reliability} />}
      {defects !== null && defects.length > 0 && <DefectsPanel defects={defects} />}
      {slices.map((table) => (
        <SlicesPanel key={table.by} slices={table} figures={figures} />
      ))}
      {repeats !== null && <RepeatsPanel repeats={repeats} known={figures} />}
      <MistakesPanel report={report} evaluation={evaluation} />
    </Stack>
  );
}

function intervalText({ low, high }: Figure): string {
  return low === null || high === null ? "no interval" : `${percent(low)} to ${percent(high)}`;
}

function FiguresPanel({ figures, images }: { figures: readonly Figure[]; images: number }) {
  return (
    <Panel
      title="Figures"
      note={`Of ${plural(images, "picture")}, with 95 % intervals: where a figure would lie with other pictures of the same kind.`}
      flush
    >
      <Table.ScrollContainer minWidth={430}>
        <Table aria-label="Figures with intervals">
          <Table.Tbody className="figures">
            {figures.map((figure) => (
              <Table.Tr key={figure.name}>
                <Table.Th scope="row" fw={560}>
                  {figure.title}
                </Table.Th>
                <Table.Td ta="right" fw={620}>
                  {percent(figure.value)}
                </Table.Td>
                <Table.Td ta="right" c="dimmed">
                  {figure.value === null ? "" : intervalText(figure)}
                </Table.Td>
                <Table.Td w={130}>
                  <IntervalBar figure={figure} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function LabelsPanel({ report: { perLabel } }: { report: EvaluationReport }) {
  return (
    <Panel title="Label by label" flush>
      <Table.ScrollContainer minWidth={380}>
        <Table aria-label="Figures by label">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Label</Table.Th>
              <Table.Th ta="right">To find</Table.Th>
              <Table.Th ta="right">Found</Table.Th>
              <Table.Th ta="right">Precision</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {perLabel.map((row) => (
              <Table.Tr key={row.label}>
                <Table.Th scope="row" fw={560}>
                  {row.label}
                </Table.Th>
                <Table.Td ta="right">{row.truths}</Table.Td>
                <Table.Td ta="right">{percent(row.recall)}</Table.Td>
                <Table.Td ta="right">{percent(row.precision)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

const titles: Record<string, string> = { kind: "By kind", camera: "By camera", line: "By line", time: "By time" };
const sliceFigures = 3;

function SlicesPanel({ slices: { by, rows }, figures }: { slices: Slices; figures: readonly Figure[] }) {
  const shown = figures
    .filter(({ name }) => rows.some((row) => (row.figures[name] ?? null) !== null))
    .slice(0, sliceFigures);
  return (
    <Panel
      title={titles[by] ?? `By ${by}`}
      note="Marked where there are more mistakes than chance explains, however many rows there are."
      flush
    >
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label={titles[by] ?? `By ${by}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              <Table.Th ta="right">Pictures</Table.Th>
              <Table.Th ta="right">Mistakes</Table.Th>
              <Table.Th ta="right">Rate</Table.Th>
              {shown.map(({ name, title }) => (
                <Table.Th key={name} ta="right">
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {rows.map((row) => (
              <Table.Tr key={row.value}>
                <Table.Th scope="row" fw={560}>
                  <Text span size="sm" fw={560} mr="xs">
                    {row.value}
                  </Text>
                  {row.standsOut && (
                    <Badge color="defect" variant="light" radius="sm" size="sm">
                      worse than the rest
                    </Badge>
                  )}
                </Table.Th>
                <Table.Td ta="right">{row.images}</Table.Td>
                <Table.Td ta="right">{row.mistakes}</Table.Td>
                <Table.Td ta="right" {...(row.standsOut && { c: "var(--defect-text)" })}>
                  {percent(row.mistakeRate)}
                </Table.Td>
                {shown.map(({ name }) => (
                  <Table.Td key={name} ta="right">
                    {percent(row.figures[name])}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
