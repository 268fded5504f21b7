/** Checks what a run is given against what the model takes, before any native code reads it. */

import { NnError } from "../errors.js";
import type { ValueInfo } from "../graph.js";
import type { Tensor } from "../tensor.js";
import { elementCount } from "../tensor.js";

/** Throws `WRONG_INPUT` with the input's name, what was expected and what came. */
export function checkFeeds(inputs: readonly ValueInfo[], feeds: Readonly<Record<string, Tensor>>): void {
  const names = inputs.map((input) => input.name);
  const strange = Object.keys(feeds).find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new NnError("WRONG_INPUT", `The model has no input "${strange}"; its inputs are ${names.join(", ")}.`);
  }
  /** What each named dimension turned out to be. */
  const sizes = new Map<string, number>();
  for (const { name, type, dims } of inputs) {
    const feed = feeds[name];
    const expected = `${type} (${dims.join(", ")})`;
    if (!feed) throw new NnError("WRONG_INPUT", `Input "${name}" must be ${expected}, got nothing.`);
    const fits =
      feed.type === type &&
      feed.dims.length === dims.length &&
      feed.data.length === elementCount(feed.dims) &&
      dims.every((size, axis) => {
        const got = feed.dims[axis] ?? 0;
        if (typeof size === "number") return got === size;
        const before = sizes.get(size);
        sizes.set(size, got);
        return before === undefined || before === got || size === "?";
      });
    if (!fits) {
      const got = `${feed.type} (${feed.dims.join(", ")}) with ${feed.data.length} elements`;
      throw new NnError("WRONG_INPUT", `Input "${name}" must be ${expected}, got ${got}.`);
    }
  }
}
