/** Trains for a few steps and prints what that took beside its estimate, as JSON: for the test that compares them. */

import { lower } from "../lowering.js";
import { memorySource } from "./batch-source.js";
import { startingWeights, written } from "./definition.js";
import { barsTraining, drawnBars } from "./drawn-bars.js";
import { estimateGraphBytes } from "./memory.js";
import { stepGraph } from "./step-graph.js";
import { trainNetwork } from "./training.js";

const batchSize = 2048;
const target = { kind: "portable" } as const;
const options = { ...barsTraining(), batchSize, target, epochs: 3 };
const source = memorySource(drawnBars(batchSize, 1), { batchSize, seed: 1 });
const weights = startingWeights(written(options.definition, { mode: "evaluate", batch: batchSize }).net, 1);
const step = stepGraph(options.definition, weights, { batchSize, optimizer: options.optimizer });
const estimated = estimateGraphBytes(lower(step.graph, target));
const before = process.memoryUsage().rss;
await trainNetwork({ ...options, source });
// In kilobytes, by getrusage.
const taken = process.resourceUsage().maxRSS * 1024 - before;
process.stdout.write(JSON.stringify({ estimated, taken }));
