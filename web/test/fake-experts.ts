// The part of the pretended engine that a mixture of experts would be: the same every time.

import type { EngineStats, Opened, Routing } from '../lib/src/protocol.ts';

const experts = 8;
const expertsPerToken = 2;
const dispatchesPerLayer = 7;

/** Routes by a fixed rule, and keeps in each layer the experts that it used last. */
export class FakeExperts {
  readonly #layers: number;
  readonly #totalBytes: number;
  readonly #held: number[][];
  #budgetBytes: number;
  #tokens = 0;
  #loads = 0;

  constructor(layers: number, totalBytes: number) {
    this.#layers = layers;
    this.#totalBytes = totalBytes;
    this.#budgetBytes = totalBytes;
    this.#held = Array.from({ length: layers }, () => []);
  }

  get shape(): Pick<Opened, 'layers' | 'experts' | 'expertsPerToken'> {
    return { layers: this.#layers, experts, expertsPerToken };
  }

  /** What the router chooses for a token: by its place in the answer and the layer alone. */
  route(index: number): Omit<Routing, 'type' | 'id' | 'index'> {
    const routing = { experts: [] as number[], weights: [] as number[], loads: [] as number[] };
    for (let layer = 0; layer < this.#layers; layer++) {
      const best = noise(index, layer) % experts;
      const second = (best + 1 + (noise(layer, index) % (experts - 1))) % experts;
      const weight = 0.5 + (noise(index + layer, 7) % 45) / 100;
      for (const expert of [best, second]) {
        const loaded = this.#load(layer, expert);
        if (loaded && index > 0) routing.loads.push(routing.experts.length); // As the engine has it.
        routing.experts.push(expert);
      }
      routing.weights.push(weight, 1 - weight);
    }
    this.#tokens++;
    return routing;
  }

  setBudget(bytes: number): void {
    this.#budgetBytes = bytes || this.#totalBytes;
  }

  stats(): EngineStats {
    const uses = this.#tokens * this.#layers * expertsPerToken;
    const expertBytes = this.#totalBytes / (this.#layers * experts);
    return {
      ...{ dispatches: 1 + this.#tokens * (this.#layers * dispatchesPerLayer + 3), submits: this.#tokens },
      ...{ hostCalls: this.#tokens, gpuBytes: this.#totalBytes, goHeapBytes: 12_000_000 },
      experts: {
        ...{ budgetBytes: this.#budgetBytes, totalBytes: this.#totalBytes, slots: this.#slots() },
        ...{
          resident: this.#slots() === this.#layers * experts,
          sharedPool: this.#slots() < expertsPerToken * this.#layers,
        },
        ...{ uses, loads: this.#loads, hitRate: uses > 0 ? 1 - this.#loads / uses : 1 },
        ...{ loadedBytes: this.#loads * expertBytes, waitMs: this.#loads * 2 },
      },
    };
  }

  #slots(): number {
    const all = this.#layers * experts;
    return Math.min(all, Math.floor((this.#budgetBytes * all) / this.#totalBytes));
  }

  /** True where the expert had to be loaded. */
  #load(layer: number, expert: number): boolean {
    if (this.#slots() === this.#layers * experts) return false;
    const held = this.#held[layer] ?? [];
    const place = held.indexOf(expert);
    if (place >= 0) held.splice(place, 1);
    held.push(expert);
    while (held.length > this.#slots() / this.#layers) held.shift();
    if (place >= 0) return false;
    this.#loads++;
    return true;
  }
}

/** Looks like chance and is none. */
function noise(a: number, b: number): number {
  let mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
