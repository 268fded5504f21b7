/** A training's progress as a person reads it. */
import type { Progress } from "@sightline/models/train";
import { rounded } from "./outcome.js";

/** What happens now, in one line: for a network its epoch, loss, metric, speed and time left. */
export function lineOf({ step, live }: Progress): string {
  if (live === undefined) return step;
  const { epoch, epochs, loss, metric, picturesPerSecond, waitedShare, secondsLeft } = live;
  return [
    `epoch ${epoch} of ${epochs}`,
    `loss ${loss.toPrecision(3)}`,
    ...(metric === null ? [] : [`held out ${rounded(metric)}`]),
    `${Math.round(picturesPerSecond)} pictures/s`,
    `waited ${Math.round(waitedShare * 100)} %`,
    ...(secondsLeft === null ? [] : [`${timeOf(secondsLeft)} left`]),
  ].join(", ");
}

function timeOf(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
