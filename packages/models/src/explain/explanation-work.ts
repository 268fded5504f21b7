/** What every way to explain works on: the scene, the question, the regions, the model. */
import type { RegionMap } from "@sightline/vision/regions";
import type { AskedModel } from "./asked-network.js";
import type { ExplainOptions } from "./explanation.js";
import type { Question } from "./question.js";
import type { Scene } from "./scene.js";

export interface Work {
  readonly scene: Scene;
  readonly question: Question;
  readonly regions: RegionMap;
  readonly options: ExplainOptions;
  readonly model: AskedModel;
}
