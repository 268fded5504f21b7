/** What every measuring process does: takes one order at low priority, answers once, and ends. */
import { constants, setPriority } from "node:os";
import type { MeasureReport } from "./measuring-queue.js";

/** Inspection comes first: the scheduler gives this process what is left. */
export function answerOneOrder<Order, Result>(measure: (order: Order) => Promise<Result>): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  // Without its service a measurement has nobody to work for.
  process.on("disconnect", () => process.exit(1));
  process.once("message", (order: Order) => {
    void measure(order)
      .then((result): MeasureReport<Result> => ({ kind: "done", result }))
      .catch((error: unknown) => failure(error))
      // Ends only when the report has left: a process that exits earlier loses it.
      .then((report) => process.send?.(report, () => process.exit(report.kind === "done" ? 0 : 1)));
  });
}

export function tell(progress: number, step: string): void {
  process.send?.({ kind: "progress", progress, step } satisfies MeasureReport<never>);
}

/** An error with a code was made for people (labels that differ, no readable picture); any other is a bug. */
function failure(error: unknown): MeasureReport<never> {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const isForPeople = /^[A-Z][A-Z0-9_]+$/.test(code) && !code.startsWith("ERR_");
  if (!isForPeople) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", message, isBug: !isForPeople };
}
