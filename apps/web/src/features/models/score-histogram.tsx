/** How the test scores lie: good parts upwards, defects downwards, the threshold across both. */
import type { ScoredSample } from "@sightline/api/models";
import { useMemo } from "react";
import css from "./score-histogram.module.css";
import { histogram } from "./threshold.js";

const bins = 50;
const half = 62;
const width = 1000;

export interface ScoreHistogramProps {
  scores: readonly ScoredSample[];
  threshold: number;
  inForce: number;
}

export function ScoreHistogram({ scores, threshold, inForce }: ScoreHistogramProps) {
  const columns = useMemo(() => histogram(scores, bins), [scores]);
  const most = Math.max(1, ...columns.map((bin) => Math.max(bin.good, bin.defects)));
  // Square roots keep a single picture visible beside a bin of fifty.
  const tall = (count: number) => (count === 0 ? 0 : Math.max(4, Math.sqrt(count / most) * half));
  const step = width / bins;
  return (
    <figure className={css.figure}>
      <svg
        viewBox={`0 0 ${width} ${half * 2 + 2}`}
        preserveAspectRatio="none"
        className={css.plot}
        role="img"
        aria-label="Scores of good parts above, of defects below, from 0 to 1"
      >
        {columns.map((bin) => {
          const x = bin.from * width + step * 0.12;
          const middle = (bin.from + bin.to) / 2;
          return (
            <g key={bin.from}>
              <rect
                className={css.good}
                data-wrong={middle >= threshold || undefined}
                x={x}
                width={step * 0.76}
                y={half - tall(bin.good)}
                height={tall(bin.good)}
              />
              <rect
                className={css.defect}
                data-wrong={middle < threshold || undefined}
                x={x}
                width={step * 0.76}
                y={half + 2}
                height={tall(bin.defects)}
              />
            </g>
          );
        })}
        <line className={css.axis} x1={0} x2={width} y1={half + 1} y2={half + 1} />
      </svg>
      <span className={css.inForce} style={{ left: `${inForce * 100}%` }} />
      <span className={css.threshold} style={{ left: `${threshold * 100}%` }} />
      <figcaption className={css.legend}>
        <span>
          <i className={css.goodKey} /> good parts (up)
        </span>
        <span>
          <i className={css.defectKey} /> defects (down)
        </span>
        <span>
          <i className={css.wrongKey} /> outlined: judged wrongly
        </span>
      </figcaption>
    </figure>
  );
}
