/** The counters of a time: what was processed, what came of it, how long it took. */
import { SimpleGrid } from "@mantine/core";
import type { Counters } from "@sightline/api/monitoring";
import { count, milliseconds, percent } from "../../components/format.js";
import { Tile } from "../../components/tile.js";

export function CounterTiles({ totals }: { totals: Counters | undefined }) {
  const share = (part: number) => (totals === undefined || totals.processed === 0 ? null : part / totals.processed);
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing={{ base: "sm", md: "md" }}>
      <Tile isSmall title="Processed" value={totals && count(totals.processed)} note="inspections that ended" />
      <Tile
        isSmall
        title="Succeeded"
        value={totals && count(totals.succeeded)}
        note={totals && percent(share(totals.succeeded))}
      />
      <Tile
        isSmall
        title="Failed"
        value={totals && count(totals.failed)}
        note={totals && percent(share(totals.failed))}
      />
      <Tile
        isSmall
        title="Anomalies"
        value={totals && count(totals.anomalies)}
        note={
          totals && (totals.anomalyShare === null ? "none to find" : `${percent(totals.anomalyShare)} of the pictures`)
        }
      />
      <Tile isSmall title="Invalid" value={totals && count(totals.invalid)} note="refused at the door" />
      <Tile
        isSmall
        title="Mean time"
        value={totals && milliseconds(totals.inspectionMsMean)}
        note={totals && `${milliseconds(totals.inferenceMsMean)} in the model`}
      />
    </SimpleGrid>
  );
}
