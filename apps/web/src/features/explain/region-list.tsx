/** The strongest regions with their values: orange bars speak for the answer, blue ones against it. */
import { Text } from "@mantine/core";
import type { ExplainedRegion, ExplanationResult } from "@sightline/api/explanations";
import { percent } from "../../components/format.js";
import css from "./explain.module.css";
import { valueText } from "./value-text.js";

/** More are noise to whoever reads them; the map shows all. */
const listed = 8;

export interface RegionListProps {
  result: ExplanationResult;
  chosen: ExplainedRegion | undefined;
  onChosen: (region: ExplainedRegion | undefined) => void;
}

export function RegionList({ result, chosen, onChosen }: RegionListProps) {
  const largest = Math.max(...result.regions.map(({ value }) => Math.abs(value)), 1e-12);
  return (
    <ol className={css.rows} aria-label="Strongest regions" onMouseLeave={() => onChosen(undefined)}>
      {result.regions.slice(0, listed).map((region, i) => {
        const share = (50 * Math.abs(region.value)) / largest;
        const isAgainst = region.value < 0;
        return (
          <li key={region.region}>
            <button
              type="button"
              className={css.row}
              data-chosen={region === chosen || undefined}
              aria-pressed={region === chosen}
              aria-label={`Region ${i + 1}: ${valueText(region.value)}, ${percent(region.share)} of the picture`}
              onMouseEnter={() => onChosen(region)}
              onFocus={() => onChosen(region)}
              onClick={() => onChosen(region)}
            >
              <span className={css.number}>{i + 1}</span>
              <span className={css.bar}>
                <span
                  data-against={isAgainst || undefined}
                  style={isAgainst ? { right: "50%", width: `${share}%` } : { left: "50%", width: `${share}%` }}
                />
              </span>
              <span className={css.value}>{valueText(region.value)}</span>
              <Text span size="xs" c="dimmed" ta="right">
                {region.error === null ? "" : `± ${region.error.toFixed(2)}`}
              </Text>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
