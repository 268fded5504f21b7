/** For tests of methods: a training on one thread that nobody watches, stops or limits. */
import { readBackbone } from "./backbone.js";
import type { NetContext, NetMethod } from "./method.js";
import { readOptions } from "./method-options.js";

type Given = Pick<NetContext, "task" | "labels" | "training" | "validation" | "targetOf">;

/** @param limits of the training, where a test sets some */
export function quietContext(method: NetMethod, given: Given, limits: Partial<NetContext> = {}): NetContext {
  return {
    ...given,
    isValidationSetAside: false,
    backbone: readBackbone(),
    seed: 1,
    threads: 1,
    signal: undefined,
    finishEarly: undefined,
    onProgress: () => {},
    onEpoch: () => {},
    leftMs: () => undefined,
    batchSize: undefined,
    maxMemoryBytes: undefined,
    checkpointEveryMs: undefined,
    epochs: undefined,
    checkpoint: undefined,
    options: readOptions("the method", method.options, {}),
    ...limits,
  };
}
