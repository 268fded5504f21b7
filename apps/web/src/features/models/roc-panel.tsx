/** The ROC curve, with the point where the chosen threshold stands. */
import type { RocPoint } from "@sightline/api/models";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import css from "./roc-panel.module.css";
import { type Outcome, rocMark } from "./threshold.js";

const size = 260;
const left = 40;
const bottom = 34;
const x = (share: number) => left + share * size;
const y = (share: number) => 8 + (1 - share) * size;

export function RocPanel({
  roc,
  auroc,
  outcome,
}: {
  roc: readonly RocPoint[];
  auroc: number | null;
  outcome: Outcome;
}) {
  const sorted = roc.toSorted(
    (a, b) => a.falsePositiveRate - b.falsePositiveRate || a.truePositiveRate - b.truePositiveRate,
  );
  const path = sorted
    .map(({ falsePositiveRate, truePositiveRate }) => `${x(falsePositiveRate)},${y(truePositiveRate)}`)
    .join(" ");
  const mark = rocMark(outcome);
  return (
    <Panel title="ROC" note={`Area under the curve ${percent(auroc)}. The dot is the threshold above.`}>
      <svg
        viewBox={`0 0 ${left + size + 12} ${size + bottom + 12}`}
        className={css.plot}
        role="img"
        aria-label={`ROC curve, area ${percent(auroc)}; at the threshold ${percent(mark.truePositiveRate)} of defects found, ${percent(mark.falsePositiveRate)} of good parts rejected`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
            <text className={css.label} x={left - 6} y={y(tick) + 4} textAnchor="end">
              {tick * 100}
            </text>
            <text className={css.label} x={x(tick)} y={y(0) + 16} textAnchor="middle">
              {tick * 100}
            </text>
          </g>
        ))}
        <line className={css.chance} x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        <polygon className={css.area} points={`${x(0)},${y(0)} ${path} ${x(1)},${y(0)}`} />
        <polyline className={css.curve} points={path} />
        <circle className={css.mark} cx={x(mark.falsePositiveRate)} cy={y(mark.truePositiveRate)} r={6} />
        <text className={css.label} x={x(0.5)} y={y(0) + 32} textAnchor="middle">
          good parts rejected, %
        </text>
        <text className={css.label} transform={`translate(10 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
          defects found, %
        </text>
      </svg>
    </Panel>
  );
}
