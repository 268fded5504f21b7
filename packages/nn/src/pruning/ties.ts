/** Numbered channels that are tied to each other, and those that must stay. */

export class Ties {
  /** A channel's parent; one that is its own stands for all that are tied to it (union and find). */
  readonly #parents: number[] = [];
  /** The layer that first made it. */
  readonly #layers: number[] = [];
  readonly #kept = new Set<number>();
  #layerCount = 0;

  /** New channels of one layer. */
  add(count: number): readonly number[] {
    const first = this.#parents.length;
    for (let i = 0; i < count; i++) {
      this.#parents.push(first + i);
      this.#layers.push(this.#layerCount);
    }
    this.#layerCount++;
    return Array.from({ length: count }, (_, i) => first + i);
  }

  tie(a: number, b: number): void {
    const [low, high] = [this.find(a), this.find(b)].sort((one, other) => one - other) as [number, number];
    this.#parents[high] = low;
  }

  keep(channels: readonly number[]): void {
    for (const channel of channels) this.#kept.add(channel);
  }

  /** The channel that stands for this one and all tied to it. */
  find(channel: number): number {
    let top = channel;
    while (this.#parents[top] !== top) top = this.#parents[top] as number;
    // Shortens the way for the next one who asks.
    for (let at = channel; at !== top; ) {
      const next = this.#parents[at] as number;
      this.#parents[at] = top;
      at = next;
    }
    return top;
  }

  /** Those that need not stay, by the layer that made them. */
  groups(): number[][] {
    const kept = new Set([...this.#kept].map((channel) => this.find(channel)));
    const byLayer = new Map<number, number[]>();
    for (const channel of this.#parents.keys()) {
      if (this.find(channel) !== channel || kept.has(channel)) continue;
      const layer = this.#layers[channel] as number;
      byLayer.set(layer, [...(byLayer.get(layer) ?? []), channel]);
    }
    return [...byLayer.values()];
  }
}
