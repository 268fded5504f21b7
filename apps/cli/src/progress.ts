/** Progress on stderr: a bar on a terminal, else a plain line now and then. stdout stays free for results. */
import type { SingleBar } from "cli-progress";

export interface Progress {
  /** @param fraction 0 to 1. @param step what is being done, for people. */
  report(fraction: number, step: string): void;
  /** Removes the bar, so that what is written next has the terminal for itself. */
  end(): void;
}

export type ErrorStream = NodeJS.WriteStream;

/** A plain line is written when the step changes or when this much was done since the last one. */
const plainStride = 0.1;

export async function openProgress(stream: ErrorStream): Promise<Progress> {
  return stream.isTTY ? await openBar(stream) : openLines(stream);
}

async function openBar(stream: ErrorStream): Promise<Progress> {
  const { default: cliProgress } = await import("cli-progress");
  let bar: SingleBar | undefined;
  return {
    report(fraction, step) {
      if (bar === undefined) {
        bar = new cliProgress.SingleBar({
          stream,
          format: "{bar} {percentage} %  {step}",
          barCompleteChar: "█",
          barIncompleteChar: "░",
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(100, 0, { step });
      }
      bar.update(Math.round(fraction * 100), { step });
    },
    end() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function openLines(stream: ErrorStream): Progress {
  let lastStep: string | undefined;
  let lastFraction = 0;
  return {
    report(fraction, step) {
      // "picture 12 of 300" and "picture 13 of 300" are the same step.
      const kind = step.replace(/\d+/g, "#");
      if (kind === lastStep && fraction < lastFraction + plainStride) return;
      lastStep = kind;
      lastFraction = fraction;
      stream.write(`${String(Math.round(fraction * 100)).padStart(3)} %  ${step}\n`);
    },
    end() {},
  };
}
