/** A trial in figures. */
import type { Trial } from "@sightline/api/reviews";

export const sourceTitles: Readonly<Record<Trial["source"], string>> = {
  pictures: "New pictures",
  inspections: "Recent inspections",
  shadow: "Beside the running version",
};

export interface Tally {
  all: number;
  /** Pictures that its version has answered. */
  judged: number;
  said: number;
  /** Of those that a person looked at. */
  rightShare: number | null;
  /** Of those that the line had judged, too. */
  agreedShare: number | null;
}

export function tally({ counts, source }: Trial): Tally {
  const { queued, open, agreed, failed, dismissed, correct, wrong, differing } = counts;
  const said = correct + wrong;
  const judged = open + agreed + dismissed + said;
  return {
    all: judged + queued + failed,
    judged,
    said,
    rightShare: said === 0 ? null : correct / said,
    agreedShare: source === "pictures" || judged === 0 ? null : 1 - differing / judged,
  };
}
