/** The figures of the window: how many, how many bad, how fast. */
import { SimpleGrid } from "@mantine/core";
import type { Stats } from "@sightline/api/inspections";
import { count, milliseconds, percent } from "../../components/format.js";
import { Tile } from "../../components/tile.js";
import { tellsClasses } from "./tells-classes.js";

export function StatTiles({ stats }: { stats: Stats | undefined }) {
  const totals = stats?.totals;
  const isClasses = stats !== undefined && tellsClasses(stats);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "sm", md: "lg" }}>
      <Tile title="Inspected" value={totals && count(totals.inspected)} note={totals && rateOf(stats)} />
      {isClasses ? (
        <Tile
          title="Classes seen"
          value={count(stats.byLabel.length)}
          note={stats.byLabel.map((one) => one.label).join(", ")}
        />
      ) : (
        <Tile
          title="Defects"
          value={totals && count(totals.anomalous)}
          note={
            totals &&
            (totals.inspected === 0 ? "no inspection yet" : `${percent(totals.anomalous / totals.inspected)} of all`)
          }
        />
      )}
      <Tile
        title="Waiting"
        value={totals && count(totals.queued + totals.waiting)}
        note={totals && (totals.waiting > 0 ? `${count(totals.waiting)} need a model` : "in the queue now")}
      />
      <Tile
        title="Time per picture"
        value={totals && milliseconds(totals.inferenceMsMean)}
        note={totals && (totals.failed > 0 ? `${count(totals.failed)} failed` : "none failed")}
      />
    </SimpleGrid>
  );
}

function rateOf(stats: Stats): string {
  const minutes = (Date.parse(stats.to) - Date.parse(stats.from)) / 60_000;
  const active = stats.buckets.filter((bucket) => bucket.inspected > 0).length / Math.max(1, stats.buckets.length);
  const perMinute = stats.totals.inspected / Math.max(minutes * active, 1 / 60);
  if (stats.totals.inspected === 0) return "in this window";
  return `${perMinute >= 10 ? perMinute.toFixed(0) : perMinute.toFixed(1)} a minute`;
}
