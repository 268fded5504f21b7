/** The counters of a time: what was processed, what came of it, how long it took. */
import { Paper, SimpleGrid, Skeleton, Text } from "@mantine/core";
import type { Counters } from "@sightline/api/monitoring";
import { count, milliseconds, percent } from "../../components/format.js";

export function CounterTiles({ totals }: { totals: Counters | undefined }) {
  const share = (part: number) => (totals === undefined || totals.processed === 0 ? null : part / totals.processed);
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing={{ base: "sm", md: "md" }}>
      <Tile title="Processed" value={totals && count(totals.processed)} note="inspections that ended" />
      <Tile
        title="Succeeded"
        value={totals && count(totals.succeeded)}
        note={totals && percent(share(totals.succeeded))}
      />
      <Tile title="Failed" value={totals && count(totals.failed)} note={totals && percent(share(totals.failed))} />
      <Tile
        title="Anomalies"
        value={totals && count(totals.anomalies)}
        note={
          totals && (totals.anomalyShare === null ? "none to find" : `${percent(totals.anomalyShare)} of the pictures`)
        }
      />
      <Tile title="Invalid" value={totals && count(totals.invalid)} note="refused at the door" />
      <Tile
        title="Mean time"
        value={totals && milliseconds(totals.inspectionMsMean)}
        note={totals && `${milliseconds(totals.inferenceMsMean)} in the model`}
      />
    </SimpleGrid>
  );
}

function Tile({ title, value, note }: { title: string; value: string | undefined; note: string | undefined }) {
  return (
    <Paper bg="var(--surface)" radius="lg" px={16} py={12} style={{ border: "1px solid var(--edge)" }}>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      {value === undefined ? (
        <Skeleton height={24} width={70} my={6} />
      ) : (
        <Text fz={{ base: 22, sm: 24 }} fw={620} lh={1.3} className="figures" style={{ letterSpacing: "-0.02em" }}>
          {value}
        </Text>
      )}
      <Text size="xs" c="dimmed" lineClamp={1}>
        {note ?? " "}
      </Text>
    </Paper>
  );
}
