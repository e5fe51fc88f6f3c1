/** Which experts the router chose for one generated token, layer by layer. */
export interface Routing {
  /** Of the token in its answer. */
  readonly index: number;
  /** [layers, expertsPerToken] */
  readonly experts: ArrayLike<number>;
  /** The share that each of them had in its layer's sum; of experts' shape. */
  readonly weights: ArrayLike<number>;
  /** Positions in experts of those that had to be loaded first. */
  readonly loads: ArrayLike<number>;
}

/** What a model's router chooses from. */
export interface RouterShape {
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
}

/**
 * The last tokens' routing, in memory that does not grow. Tokens are numbered from the first
 * that was ever added; of these, first up to (not including) end are still here.
 */
export class RoutingLog {
  readonly shape: RouterShape;
  readonly capacity: number;
  /** Over the tokens that are here, how often each expert was chosen. */
  readonly usage: Uint32Array;
  end = 0;

  readonly #width: number;
  readonly #experts: Uint8Array;
  readonly #weights: Float32Array;
  readonly #loaded: Uint8Array;
  readonly #answers: Float64Array;
  readonly #indices: Uint32Array;

  constructor(shape: RouterShape, capacity = 4096) {
    this.shape = shape;
    this.capacity = capacity;
    this.#width = shape.layers * shape.expertsPerToken;
    this.usage = new Uint32Array(shape.experts);
    this.#experts = new Uint8Array(capacity * this.#width);
    this.#weights = new Float32Array(capacity * this.#width);
    this.#loaded = new Uint8Array(capacity * this.#width);
    this.#answers = new Float64Array(capacity);
    this.#indices = new Uint32Array(capacity);
  }

  get first(): number {
    return Math.max(0, this.end - this.capacity);
  }

  get size(): number {
    return this.end - this.first;
  }

  /** Adds an answer's next token; the oldest makes room where there is none. */
  add(answer: number, routing: Routing): void {
    if (routing.experts.length !== this.#width || routing.weights.length !== this.#width) {
      throw new RangeError(
        `routing: ${routing.experts.length} experts and ${routing.weights.length} weights came for a token, not ${this.#width}`,
      );
    }
    const slot = this.end % this.capacity;
    const at = slot * this.#width;
    if (this.end >= this.capacity) this.#count(at, -1);
    this.#experts.set(routing.experts, at);
    this.#weights.set(routing.weights, at);
    this.#loaded.fill(0, at, at + this.#width);
    for (const position of Array.from(routing.loads)) this.#loaded[at + position] = 1;
    this.#answers[slot] = answer;
    this.#indices[slot] = routing.index;
    this.#count(at, 1);
    this.end++;
  }

  /** The number of an answer's token, while it is here. */
  find(answer: number, index: number): number | undefined {
    for (let token = this.end - 1; token >= this.first; token--) {
      if (this.answer(token) === answer && this.index(token) === index) return token;
    }
    return undefined;
  }

  answer(token: number): number {
    return this.#answers[token % this.capacity] ?? 0;
  }

  /** Of the token in its answer. */
  index(token: number): number {
    return this.#indices[token % this.capacity] ?? 0;
  }

  expert(token: number, layer: number, rank: number): number {
    return this.#experts[this.#at(token, layer, rank)] ?? 0;
  }

  weight(token: number, layer: number, rank: number): number {
    return this.#weights[this.#at(token, layer, rank)] ?? 0;
  }

  loaded(token: number, layer: number, rank: number): boolean {
    return this.#loaded[this.#at(token, layer, rank)] === 1;
  }

  #at(token: number, layer: number, rank: number): number {
    return (token % this.capacity) * this.#width + layer * this.shape.expertsPerToken + rank;
  }

  #count(at: number, by: number): void {
    for (let i = at; i < at + this.#width; i++) {
      const expert = this.#experts[i] ?? 0;
      this.usage[expert] = (this.usage[expert] ?? 0) + by;
    }
  }
}
