/** Runs a child process to its end and passes on the signals that reach us meanwhile. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Resolves to the child's exit code as a shell counts it: 128 + the signal's number when a signal ended it.
 * Under npm the death of our parent counts as SIGTERM: npm passes its signals to a shell, which dies of them without a word to us.
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    let passedOn;
    const passOn = (signal) => {
      passedOn = signal;
      child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, passOn);
    const parent = process.ppid;
    const watch =
      process.env.npm_lifecycle_event === undefined
        ? undefined
        : setInterval(() => {
            if (process.ppid === parent) return;
            clearInterval(watch);
            child.kill("SIGTERM");
          }, 250);
    const stopListening = () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, passOn);
    };
    child.on("error", (error) => {
      stopListening();
      reject(error);
    });
    child.on("close", (code, signal) => {
      stopListening();
      // npm ends with 1 when it is interrupted, as if it had failed by itself.
      const endedBy = signal ?? (code !== 0 ? passedOn : undefined);
      resolve(endedBy === undefined ? code : 128 + constants.signals[endedBy]);
    });
  });
}

/** True for exit codes that say a person or the system stopped the child, so that nobody is told of a failure. */
export function wasStopped(code) {
  return [constants.signals.SIGINT, constants.signals.SIGTERM, constants.signals.SIGHUP].includes(code - 128);
}
