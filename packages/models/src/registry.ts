/** The methods of learning, one row each; a new method is a folder, a row here and a name in method-names.ts. */
import { classifier } from "./classifier/classifier.js";
import { detector } from "./detector/detector.js";
import { distilled } from "./distilled/distilled.js";
import { finetune } from "./finetune/finetune.js";
import type { Method } from "./method.js";
import type { MethodName } from "./method-names.js";
import { patchcore } from "./patchcore/patchcore.js";
import { pruned } from "./pruned/pruned.js";
import { student } from "./student/student.js";
import { synthetic } from "./synthetic/synthetic.js";
import { tiny } from "./tiny/tiny.js";

export {
  isNetMethod,
  type MethodChoice,
  type MethodName,
  methodChoices,
  methodNames,
  parseMethodChoice,
} from "./method-names.js";

export const methods = {
  patchcore,
  classifier,
  finetune,
  tiny,
  distilled,
  pruned,
  detector,
  synthetic,
  student,
} satisfies Record<MethodName, Method>;
