import type { ChatCompletionChunk, Engine, EngineStats } from '../../lib/src/index.ts';
import { tokensOf } from './answer.ts';
import type { Watcher } from './answering.ts';
import type { EngineStore } from './engine-store.ts';
import { RoutingLog } from './routing-log.ts';
import { Store } from './store.ts';
import type { TurnToken } from './tree.ts';

/** A place in the picture: a token by its number in the log, and a layer where only one is meant. */
export interface Cell {
  readonly token: number;
  readonly layer: number | undefined;
}

/** A token of an answer on the page. */
export interface TokenPlace {
  readonly turn: string;
  readonly index: number;
}

/** A token that the model wrote, with its probability where that was asked for. */
export type SeenToken = Pick<TurnToken, 'text'> & Partial<TurnToken>;

/** An answer whose tokens are in the log: what the router's records do not say of it. */
interface Answer {
  /** In the log. */
  readonly number: number;
  /** Its turn in the conversation; "" where somebody else asked. */
  turn: string;
  /** Tokens that the turn had when this answer, which goes on with it, began. */
  before: number;
  readonly tokens: SeenToken[];
}

const optionKey = 'mixtab.probabilities';

/** So often at most are the engine's counters asked for, in milliseconds. */
const countersEvery = 500;

/** Over fewer tokens than this, what is on its way to the GPU blurs their cost. */
const fewest = 8;

/**
 * What the engine does while it answers: the router's choices, the tokens' probabilities, the pace
 * and the counters. It listens to the router only while somebody watches.
 */
export class SeeStore extends Store implements Watcher {
  log: RoutingLog | undefined;
  /** Where the reader points, in the picture or in the text. */
  cell: Cell | undefined;
  /** The same in the conversation. */
  place: TokenPlace | undefined;
  counters: EngineStats | undefined;
  /** When each token of the last answer came, in milliseconds. */
  arrivals: number[] = [];
  /** Of the last answer, as far as somebody watched. */
  dispatchesPerToken: number | undefined;

  readonly #engines: EngineStore;
  /** By the library's name for them. */
  readonly #answers = new Map<string, Answer>();
  readonly #byNumber = new Map<number, Answer>();
  #engine: Engine | undefined;
  #watchers = 0;
  #listening: AsyncIterator<unknown> | undefined;
  #probabilities = readOption();
  /** The turn that is answered now, and its tokens before. */
  #running: Pick<Answer, 'turn' | 'before'> | undefined;
  #lastNumber = 0;
  #countersAt = 0;
  #firstCount: { tokens: number; dispatches: number } | undefined;

  constructor(engines: EngineStore) {
    super();
    this.#engines = engines;
    engines.subscribe(() => this.#adopt());
    this.#adopt();
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** Answers are asked with the probabilities of their tokens; kept from visit to visit. */
  get probabilities(): boolean {
    return this.#probabilities;
  }

  set probabilities(on: boolean) {
    this.#probabilities = on;
    writeOption(on);
    this.changed();
  }

  /** Listens until the returned function is called. */
  watch(): () => void {
    this.#watchers++;
    this.#listen();
    void this.#count();
    return () => {
      this.#watchers--;
      if (this.#watchers > 0) return;
      void this.#listening?.return?.();
      this.#listening = undefined;
    };
  }

  /** An answer begins, or goes on with a turn that has so many tokens already. */
  begin(turn: string, before: number): void {
    this.#running = { turn, before };
    this.arrivals = [];
    this.dispatchesPerToken = undefined;
    this.#firstCount = undefined;
    this.changed();
  }

  /** A piece of the answer came. */
  heard(chunk: ChatCompletionChunk): void {
    const { x_mixtab: figures } = chunk;
    if (!this.#running || !('completion_tokens' in figures)) return;
    const answer = this.#answer(chunk.id);
    Object.assign(answer, this.#running);
    const { tokens } = answer;
    const now = performance.now();
    const due = this.arrivals.length === 0 || now - this.#countersAt > countersEvery;
    while (this.arrivals.length < figures.completion_tokens) this.arrivals.push(now);
    const told = tokensOf(chunk);
    if (told.length > 0) tokens.push(...told);
    else tokens[figures.completion_tokens - 1] = { text: chunk.choices[0]?.delta.content ?? '' };
    if (this.#watchers > 0 && due) void this.#count();
    this.changed();
  }

  /** The answer is over. */
  end(): void {
    void this.#count();
  }

  /** Points at a cell, a column, or nothing. */
  point(cell: Cell | undefined): void {
    if (this.cell?.token === cell?.token && this.cell?.layer === cell?.layer) return;
    this.cell = cell;
    this.place = cell && this.#placeOf(cell.token);
    this.changed();
  }

  /** Points at the column of a turn's token, if it was seen. */
  pointAt(turn: string, index: number): void {
    for (const answer of this.#answers.values()) {
      if (answer.turn !== turn) continue;
      const token = this.log?.find(answer.number, index - answer.before);
      if (token !== undefined) this.point({ token, layer: this.cell?.layer });
    }
  }

  /** What a column of the picture is a token of. */
  token(number: number): SeenToken | undefined {
    if (!this.log) return undefined;
    return this.#byNumber.get(this.log.answer(number))?.tokens[this.log.index(number)];
  }

  /** Changes the memory for experts; rejects with the engine's reason where it cannot. */
  async setBudget(bytes: number): Promise<void> {
    const engine = this.#engine;
    if (!engine) return;
    const experts = await engine.setExpertBudget(bytes);
    if (engine === this.#engine && this.counters) this.counters = { ...this.counters, experts };
    this.changed();
  }

  #placeOf(token: number): TokenPlace | undefined {
    const answer = this.log && this.#byNumber.get(this.log.answer(token));
    if (!this.log || !answer) return undefined;
    return { turn: answer.turn, index: answer.before + this.log.index(token) };
  }

  #adopt(): void {
    const { state } = this.#engines;
    const engine = state.kind === 'ready' ? state.engine : undefined;
    if (engine === this.#engine) return;
    this.#engine = engine;
    this.changed();
    if (!engine) return;
    this.log = new RoutingLog(engine.info);
    this.cell = undefined;
    this.place = undefined;
    this.counters = undefined;
    this.#answers.clear();
    this.#byNumber.clear();
    this.#listening = undefined;
    this.#listen();
    void this.#count();
  }

  #listen(): void {
    const { log } = this;
    if (this.#watchers === 0 || this.#listening || !this.#engine || !log) return;
    const routing = this.#engine.routing[Symbol.asyncIterator]();
    this.#listening = routing;
    void (async () => {
      for (let next = await routing.next(); !next.done; next = await routing.next()) {
        const { number } = this.#answer(next.value.id);
        // Where another tab takes an answer over, a token may be told again.
        if (log.find(number, next.value.index) === undefined) log.add(number, next.value);
        this.changed();
      }
    })().catch(() => {}); // The loss of the engine is told where it can be helped.
  }

  /** An answer by its name; a new one takes the place of those that have no token here any more. */
  #answer(id: string): Answer {
    const known = this.#answers.get(id);
    if (known) return known;
    const here = new Set([this.#lastNumber]);
    const { log } = this;
    for (let token = log?.first ?? 0; log && token < log.end; token++) here.add(log.answer(token));
    for (const [old, { number }] of this.#answers) {
      if (here.has(number)) continue;
      this.#answers.delete(old);
      this.#byNumber.delete(number);
    }
    const answer: Answer = { number: ++this.#lastNumber, turn: '', before: 0, tokens: [] };
    this.#answers.set(id, answer);
    this.#byNumber.set(answer.number, answer);
    return answer;
  }

  async #count(): Promise<void> {
    const engine = this.#engine;
    if (!engine) return;
    this.#countersAt = performance.now();
    const tokens = this.arrivals.length;
    const counters = await engine.stats().catch(() => undefined); // As above.
    if (!counters || engine !== this.#engine) return;
    this.counters = counters;
    if (tokens > 0) {
      this.#firstCount ??= { tokens, dispatches: counters.dispatches };
      const more = tokens - this.#firstCount.tokens;
      if (more >= fewest)
        this.dispatchesPerToken = (counters.dispatches - this.#firstCount.dispatches) / more;
    }
    this.changed();
  }
}

function readOption(): boolean {
  try {
    return localStorage.getItem(optionKey) === 'on';
  } catch {
    return false;
  }
}

/** Where storage is switched off, the choice lasts for this visit. */
function writeOption(on: boolean): void {
  try {
    localStorage.setItem(optionKey, on ? 'on' : 'off');
  } catch {}
}
