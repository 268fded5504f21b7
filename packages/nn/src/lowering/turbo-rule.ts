/** What a turbo rule is given and what it gives. */

import type { Call } from "../operator.js";
import type { Activation, BlockedMaps } from "./blocked-maps.js";

export interface Site {
  readonly maps: BlockedMaps;
  /** The node with what is known about its inputs, as the graph that is lowered has them. */
  readonly call: Call;
  /** The node's inputs by name. */
  readonly inputs: readonly string[];
  /** What its first output is passed through by its only reader, which the rule must do too; empty for nothing. */
  readonly activation: Activation;
}

export type Lowered = { readonly blocked: string } | { readonly plain: string };

/** The outputs in the form they were made in; `null` leaves the node to its portable form. */
export type TurboRule = (site: Site) => readonly Lowered[] | null;
