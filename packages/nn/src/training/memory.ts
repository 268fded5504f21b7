/**
 * How much memory a training takes: each value of the step's graph lives from the node that makes it to the last one that
 * reads it, and ONNX Runtime frees it then. The greatest sum over all nodes, the constants and the state twice (a step reads
 * one set and writes the other) make the estimate.
 */

import { NnError } from "../errors.js";
import type { Dimension, Graph } from "../graph.js";
import { blockedOperators } from "../lowering/blocked-operators.js";
import { Call, type Value } from "../operator.js";
import { inferNode } from "../operators.js";
import { knownValues, nodeInputs } from "../shapes.js";
import { type ElementType, elementCount, elementTypes } from "../tensor.js";

/** The runtime's arena grows by doubling and keeps gaps: it takes up to this many times the values themselves (README). */
const arenaFactor = 2.4;
/** The runtime's library, its threads and Node's own heap. */
const baseBytes = 120 * 2 ** 20;
const defaultShareOfFree = 0.8;

/** Bytes that running this graph takes at most, beside what the process has already. All shapes must be known. */
export function estimateGraphBytes(graph: Graph): number {
  const values = shapesOf(graph);
  const bytes = (name: string) => {
    const value = values.get(name);
    return value ? elementCount(value.dims.map(sizeOf)) * bytesOf(value.type) : 0;
  };
  // A reshaped value is the same memory under another name.
  const sources = new Map<string, string>();
  const owner = (name: string) => sources.get(name) ?? name;
  const lastRead = new Map<string, number>();
  for (const [at, { operator, inputs, outputs }] of graph.nodes.entries()) {
    for (const name of inputs) lastRead.set(owner(name), at);
    if (operator === "Reshape") sources.set(outputs[0] ?? "", owner(inputs[0] ?? ""));
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const fixed = [...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name), ...outputs];
  const isFixed = new Set(fixed);
  let [live, peak] = [0, 0];
  for (const [at, node] of graph.nodes.entries()) {
    for (const name of node.outputs) if (!isFixed.has(name) && !sources.has(name)) live += bytes(name);
    peak = Math.max(peak, live);
    const dead = new Set([...node.inputs, ...node.outputs].map(owner));
    for (const name of dead) {
      const isDone = (lastRead.get(name) ?? -1) <= at;
      if (isDone && !isFixed.has(name)) live -= bytes(name);
    }
  }
  const kept = fixed.reduce((total, name) => total + bytes(name), 0);
  return Math.ceil(kept + peak * arenaFactor) + baseBytes;
}

/**
 * Refuses a step that needs more than it may take.
 *
 * @param graphFor The step for another batch.
 * @throws NnError `TRAINING_OUT_OF_MEMORY` naming the largest batch that fits.
 */
export function refuseTooLarge(
  graph: Graph,
  maxBytes = freeBytes() * defaultShareOfFree,
  batchSize: number,
  graphFor: (batchSize: number) => Graph,
): void {
  const needed = estimateGraphBytes(graph);
  if (needed <= maxBytes) return;
  const fitting = largestFitting(batchSize, (size) => estimateGraphBytes(graphFor(size)) <= maxBytes);
  throw new NnError(
    "TRAINING_OUT_OF_MEMORY",
    `Training with batches of ${batchSize} takes about ${megabytes(needed)}, ${megabytes(maxBytes)} may be taken. ` +
      (fitting > 0
        ? `The largest batch that fits is ${fitting}.`
        : "Not even a batch of 1 fits: take smaller pictures, a smaller network, or a machine with more memory."),
  );
}

/** The largest number below `limit` that fits, by halving; 0 where none does. */
function largestFitting(limit: number, fits: (size: number) => boolean): number {
  let [low, high] = [0, limit];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** What this process may still take: free memory of the machine, or of its container where that is less. */
function freeBytes(): number {
  return process.availableMemory();
}

/** Every value's shape, in a graph that may hold operators of the blocked layout. */
function shapesOf(graph: Graph): Map<string, Value> {
  const values = knownValues(graph);
  for (const node of graph.nodes) {
    const inputs = nodeInputs(values, node);
    const made = blockedOperators[node.operator]?.infer(new Call(node, inputs)) ?? inferNode(node, inputs);
    for (const [index, name] of node.outputs.entries()) {
      const value = made[index];
      if (value) values.set(name, value);
    }
  }
  return values;
}

function sizeOf(size: Dimension): number {
  if (typeof size === "number") return size;
  throw new NnError("GRAPH_INVALID", `The memory of a graph with the open dimension "${size}" can't be told.`);
}

function bytesOf(type: ElementType): number {
  return elementTypes[type].array.BYTES_PER_ELEMENT;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
