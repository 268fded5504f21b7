/**
 * Pictures that were set aside measure a network, then it learns on from them too: of few pictures none is to be wasted. What
 * is told of it was measured before. A list of the dataset's own is never learnt from.
 */
import type { NetContext } from "./method.js";

export interface DividedEpochs {
  readonly epochs: number;
  /** After so many the held-out pictures have measured; as many as `epochs` where nothing is learnt from them. */
  readonly measuredEpochs: number;
}

/** So much longer it takes. */
const longer = 0.3;
/** Fewer epochs than this, asked for by a person, aren't divided. */
const leastDivided = 5;

/** @param usualEpochs with held-out pictures, where no person asked for a number of epochs in all */
export function dividedEpochs(
  {
    epochs: wanted,
    isValidationSetAside,
    validation,
  }: Pick<NetContext, "epochs" | "isValidationSetAside" | "validation">,
  usualEpochs: number,
): DividedEpochs {
  if (!isValidationSetAside || validation.length === 0 || (wanted ?? leastDivided) < leastDivided)
    return { epochs: wanted ?? usualEpochs, measuredEpochs: wanted ?? usualEpochs };
  if (wanted !== undefined) return { epochs: wanted, measuredEpochs: Math.round(wanted / (1 + longer)) };
  return { epochs: usualEpochs + Math.max(1, Math.round(longer * usualEpochs)), measuredEpochs: usualEpochs };
}
