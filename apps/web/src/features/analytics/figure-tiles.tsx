/** The figures of the chosen time at a glance. */
import { SimpleGrid } from "@mantine/core";
import type { MistakeCosts } from "@sightline/api/projects";
import { count, percent } from "../../components/format.js";
import { amount, costOf } from "../../components/mistake-costs.js";
import { Tile } from "../../components/tile.js";
import { anomalyRate, type Counts, firstPassYield } from "./counts.js";

export function FigureTiles({ totals, costs }: { totals: Counts; costs: MistakeCosts | null }) {
  const good = totals.confirmed - totals.confirmedAnomalous;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing={{ base: "sm", md: "md" }}>
      <Tile isSmall title="Inspected" value={count(totals.inspected)} note="pictures with a verdict" />
      <Tile
        isSmall
        title="First-pass yield"
        value={percent(firstPassYield(totals))}
        note={`${count(totals.firstNormal)} of ${count(totals.firstJudged)} parts`}
      />
      <Tile
        isSmall
        title="Anomaly rate"
        value={percent(anomalyRate(totals))}
        note={`${count(totals.anomalous)} of ${count(totals.judged)} pictures`}
      />
      <Tile
        isSmall
        title="Escapes"
        value={totals.confirmedAnomalous === 0 ? "–" : count(totals.escapes)}
        note={`of ${count(totals.confirmedAnomalous)} known anomalies`}
      />
      <Tile
        isSmall
        title="False rejects"
        value={good === 0 ? "–" : count(totals.falseRejects)}
        note={`of ${count(good)} known good ones`}
      />
      <Tile
        isSmall
        title="Cost of mistakes"
        value={costs === null || totals.confirmed === 0 ? "–" : amount(costOf(totals, costs), costs)}
        note={costs === null ? "not yet said, below" : `in ${count(totals.confirmed)} known pictures`}
      />
    </SimpleGrid>
  );
}
