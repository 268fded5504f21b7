/** Figures on a line from 0 to 1: one with its interval, or one of several trainings. */
import type { Figure } from "@sightline/api/evaluations";
import type { ReactNode } from "react";

const [left, width] = [5, 110];
const at = (share: number) => left + Math.min(1, Math.max(0, share)) * width;

/** Says nothing that the row beside it does not say: hidden from those who can't see it. */
export function IntervalBar({ figure: { value, low, high } }: { figure: Figure }) {
  if (value === null) return null;
  return (
    <Line>
      {low !== null && high !== null && (
        <line x1={at(low)} x2={at(high)} y1={7} y2={7} stroke="var(--curve-2)" strokeWidth={4} />
      )}
      <circle cx={at(value)} cy={7} r={4.5} fill="var(--curve-2)" />
    </Line>
  );
}

/** A dot for each value; where many lie on each other it is darker. */
export function DotsBar({ values }: { values: readonly number[] }) {
  return (
    <Line>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the values of one report never move
        <circle key={i} cx={at(value)} cy={7} r={4} fill="var(--curve-2)" opacity={0.6} />
      ))}
    </Line>
  );
}

function Line({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 120 14" width={120} height={14} aria-hidden style={{ display: "block" }}>
      <line x1={left} x2={left + width} y1={7} y2={7} stroke="var(--edge)" strokeWidth={2} />
      {children}
    </svg>
  );
}
