/** Gets a training ready: its options checked, its graph built, its checkpoint read, its session open. */

import { NnError } from "../errors.js";
import { chooseTarget } from "../lowering/choose-target.js";
import { lower, type Target } from "../lowering.js";
import type { Weights } from "../network.js";
import { openGraphSession } from "../session/session.js";
import { type CheckpointStore, decodeCheckpoint } from "./checkpoint.js";
import { startingWeights, written } from "./definition.js";
import { type Fingerprint, fingerprint, refuseOther } from "./fingerprint.js";
import { refuseTooLarge } from "./memory.js";
import { firstPosition, type Position } from "./position.js";
import { type StepGraph, type StepOptions, stateNames, stepGraph } from "./step-graph.js";
import { firstState, type State, Stepper } from "./stepper.js";
import type { TrainingOptions } from "./training.js";

export interface OpenTraining {
  readonly graph: StepGraph;
  readonly stepOptions: StepOptions;
  readonly starting: Weights;
  readonly target: Target;
  readonly stepper: Stepper;
  readonly position: Position;
  readonly best: State | null;
  readonly isResumed: boolean;
  dispose(): Promise<void>;
}

/** @throws NnError as `trainNetwork` says. */
export async function openTraining(options: TrainingOptions): Promise<OpenTraining> {
  checkOptions(options);
  const { definition, batchSize, seed, threads } = options;
  const stepOptions: StepOptions = {
    batchSize,
    optimizer: options.optimizer,
    groups: options.groups,
    clipNorm: options.clipNorm,
    averageDecay: options.ema?.decay,
  };
  const { net } = written(definition, { mode: "evaluate", batch: batchSize });
  checkGroups(
    options.groups,
    [...net.parameters.values()].map(({ group }) => group),
  );
  const starting = startingWeights(net, seed, options.initial);
  const graph = stepGraph(definition, starting, stepOptions);
  const saved = await load(options.checkpoint, fingerprint(options, graph.graph, starting), graph.state);
  // A run goes on as it began, but for a block that this processor hasn't: then it is chosen anew.
  const isSavedPortable = saved?.position.target.kind === "portable";
  const target = options.target ?? (isSavedPortable ? { kind: "portable" } : await chooseTarget({ threads }));
  const lowered = lower(graph.graph, target);
  refuseTooLarge(lowered, options.maxBytes, batchSize, (size) =>
    lower(stepGraph(definition, starting, { ...stepOptions, batchSize: size }).graph, target),
  );
  const session = await openGraphSession(lowered, { threads, spinning: options.spinning ?? false });
  const state =
    saved?.state ??
    firstState(graph, graph.parameters.gather(starting.parameters), graph.statistics.gather(starting.statistics));
  return {
    graph,
    stepOptions,
    starting,
    target,
    stepper: new Stepper(session, graph, state, seed),
    position: saved?.position ?? firstPosition(fingerprint(options, graph.graph, starting), target, options.epochs),
    best: saved?.best ?? null,
    isResumed: saved !== null,
    dispose: () => session.dispose(),
  };
}

function checkOptions({ batchSize, epochs, source, definition }: TrainingOptions): void {
  for (const [name, value] of Object.entries({ batchSize, epochs, "source.batches": source.batches })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new NnError("WRONG_INPUT", `"${name}" must be a whole number of at least 1, got ${value}.`);
    }
  }
  for (const [name, { dims }] of Object.entries(definition.inputs)) {
    if (dims[0] !== "N" || dims.slice(1).some((size) => !Number.isInteger(size))) {
      throw new NnError("WRONG_INPUT", `Input "${name}" must have "N" first, then numbers, got (${dims.join(", ")}).`);
    }
  }
}

function checkGroups(groups: TrainingOptions["groups"], known: readonly string[]): void {
  for (const group of Object.keys(groups ?? {})) {
    if (!known.includes(group)) {
      const names = [...new Set(known)].join(", ");
      throw new NnError("WRONG_INPUT", `The model has no parameter group "${group}". Its groups are ${names}.`);
    }
  }
}

/** The training that a checkpoint keeps, or `null` when there is none. */
async function load(store: CheckpointStore | undefined, own: Fingerprint, vectors: ReadonlyMap<string, number>) {
  const bytes = await store?.load();
  if (!bytes) return null;
  const { header: position, vectors: saved } = decodeCheckpoint<Position>(bytes);
  refuseOther(position.fingerprint, own);
  const state: State = new Map([...vectors.keys()].map((name) => [name, saved.get(name) ?? missing(name)]));
  const kept = [stateNames.parameters, stateNames.statistics].flatMap((name) => {
    const values = saved.get(`best ${name}`);
    return values ? [[name, values] as const] : [];
  });
  return { position, state, best: kept.length > 0 ? (new Map(kept) as State) : null };
}

function missing(name: string): never {
  throw new NnError("CHECKPOINT_INVALID", `The checkpoint lacks "${name}". Delete it to train from the start.`);
}
