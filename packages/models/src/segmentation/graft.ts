/** Joins two networks that begin alike into one: what both compute is computed once. */
import type { Graph, Node } from "@sightline/nn/graph";
import type { Tensor } from "@sightline/nn/tensor";

export interface Grafted {
  /** The host with the scion's further nodes; its outputs are the host's. */
  readonly graph: Graph;
  /** What a value of the scion is called there. */
  readonly nameOf: (value: string) => string;
}

/**
 * Puts the nodes of `scion` into `host`, whose inputs have the same names. A node that the host has already, with the same
 * weights on the same values, is shared; others get `prefix` before their names.
 */
export function graft(host: Graph, scion: Graph, prefix: string): Grafted {
  const names = new Map(scion.inputs.map(({ name }) => [name, name]));
  const nodes = [...host.nodes];
  const initializers = new Map(host.initializers);
  const known = new Map<string, Node[]>();
  const keyOf = (operator: string, first: string | undefined): string => `${operator} ${first ?? ""}`;
  for (const node of host.nodes) {
    const key = keyOf(node.operator, node.inputs[0]);
    known.set(key, [...(known.get(key) ?? []), node]);
  }
  const isSameInput = (theirs: string, ours: string): boolean => {
    if (theirs === "" || ours === "") return theirs === ours;
    const weights = scion.initializers.get(ours);
    if (weights === undefined) return names.get(ours) === theirs;
    const others = host.initializers.get(theirs);
    return others !== undefined && isSameTensor(weights, others);
  };
  for (const node of scion.nodes) {
    const first = node.inputs[0] ?? "";
    const same = (known.get(keyOf(node.operator, names.get(first))) ?? []).find(
      (other) =>
        other.inputs.length === node.inputs.length &&
        other.inputs.every((name, i) => isSameInput(name, node.inputs[i] as string)) &&
        isSameAttributes(other, node),
    );
    if (same !== undefined) {
      for (const [i, output] of node.outputs.entries()) names.set(output, same.outputs[i] as string);
      continue;
    }
    const inputs = node.inputs.map((name) => {
      const weights = scion.initializers.get(name);
      if (weights === undefined) return name === "" ? "" : (names.get(name) as string);
      initializers.set(`${prefix}${name}`, weights);
      return `${prefix}${name}`;
    });
    for (const output of node.outputs) names.set(output, `${prefix}${output}`);
    nodes.push({
      ...node,
      name: `${prefix}${node.name}`,
      inputs,
      outputs: node.outputs.map((name) => `${prefix}${name}`),
    });
  }
  return { graph: { ...host, nodes, initializers }, nameOf: (value) => names.get(value) ?? value };
}

function isSameAttributes(a: Node, b: Node): boolean {
  return JSON.stringify(Object.entries(a.attributes).sort()) === JSON.stringify(Object.entries(b.attributes).sort());
}

function isSameTensor(a: Tensor, b: Tensor): boolean {
  if (a.type !== b.type || a.dims.join() !== b.dims.join()) return false;
  if (a.data === b.data) return true;
  const bytes = ({ data }: Tensor): Uint8Array =>
    new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}
