/** How long a training still takes, and how many epochs of it fit into a budget of time. */

export class TrainingClock {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #before: number;
  /** Of this process: steps made, time in them with the waiting for batches, time between epochs. */
  #steps = 0;
  #stepMs = 0;
  #evaluations = 0;
  #evaluationMs = 0;

  /** @param elapsedMs What the training took before a break. */
  constructor(elapsedMs: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    this.#before = elapsedMs;
  }

  get elapsedMs(): number {
    return this.#before + this.#now() - this.#startedAt;
  }

  get nowMs(): number {
    return this.#now();
  }

  addStep(ms: number): void {
    this.#steps++;
    this.#stepMs += ms;
  }

  addEvaluation(ms: number): void {
    this.#evaluations++;
    this.#evaluationMs += ms;
  }

  remainingMs(steps: number, epochs: number): number {
    const perStep = this.#steps > 0 ? this.#stepMs / this.#steps : 0;
    const perEvaluation = this.#evaluations > 0 ? this.#evaluationMs / this.#evaluations : 0;
    return steps * perStep + epochs * perEvaluation;
  }
}

/**
 * How many epochs to plan for after `done` of them, so that the schedule ends where the budget does: never more than
 * wanted, never fewer than are done.
 */
export function plannedEpochs(wanted: number, done: number, elapsedMs: number, budgetMs: number): number {
  if (done === 0) return wanted;
  const fitting = Math.floor((budgetMs - elapsedMs) / (elapsedMs / done));
  return Math.max(done, Math.min(wanted, done + Math.max(0, fitting)));
}
