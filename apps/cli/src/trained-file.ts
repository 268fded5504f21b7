/** Hands a trained model over as the file that was asked for. */
import { join } from "node:path";
import { modelOf } from "@sightline/models/run-folder";
import { about } from "./cli-error.js";
import type { TrainingDone, TrainingOrder } from "./training-order.js";
import type { ReservedFile } from "./whole-file.js";

/** The trained model is not lost where it can't be written: a run has its own copy. */
export async function deliver(target: ReservedFile, done: TrainingDone, order: TrainingOrder): Promise<void> {
  try {
    await about(target.path, target.commit(done.bytes));
  } catch (error) {
    if (done.runId === null || done.troubles.length > 0 || !(error instanceof Error)) throw error;
    const copy = modelOf({ folder: join(order.runs, done.runId) });
    throw Object.assign(error, { message: `${error.message} The finished model is in "${copy}".` });
  }
}
