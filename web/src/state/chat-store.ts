import type { ChatMessage, Engine, Figures, MixtabError, Usage } from '../../lib/src/index.ts';
import { asMixtabError, type EngineStore } from './engine-store.ts';
import { Store } from './store.ts';

/** One message as it is shown. A changed turn is a new object. */
export interface Turn {
  readonly id: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly state: 'streaming' | 'done' | 'stopped' | 'cut' | 'failed';
  readonly error?: MixtabError;
}

/** What the last answer cost, and while it streams what is known so far. */
export interface AnswerFigures {
  tokensPerSecond: number;
  firstTokenMs: number;
  contextTokens: number | undefined;
}

/** The conversation: sends, streams, stops, and holds a message until it can go. */
export class ChatStore extends Store {
  turns: readonly Turn[] = [];
  /** A message that waits for the engine or for the end of the running answer. */
  pending: string | undefined;
  figures: AnswerFigures | undefined;
  /** How many of the oldest messages the model no longer sees. */
  dropped = 0;

  readonly #engines: EngineStore;
  #running: AbortController | undefined;
  #lastId = 0;

  constructor(engines: EngineStore) {
    super();
    this.#engines = engines;
    engines.subscribe(() => this.#sendPending());
  }

  get answering(): boolean {
    return this.#running !== undefined;
  }

  /** Takes a message; it waits where it cannot go at once. False: one is waiting already. */
  send(text: string): boolean {
    if (this.pending !== undefined || text.trim() === '') return false;
    this.pending = text;
    this.changed();
    this.#sendPending();
    return true;
  }

  /** Gives the waiting message back to the composer. */
  takeBack(): string {
    const text = this.pending ?? '';
    this.pending = undefined;
    this.changed();
    return text;
  }

  stop(): void {
    this.#running?.abort();
  }

  #sendPending(): void {
    const { state } = this.#engines;
    if (this.pending === undefined || this.answering || state.kind !== 'ready') return;
    const text = this.takeBack();
    this.#add({ role: 'user', text, state: 'done' });
    void this.#answer(state.engine);
  }

  async #answer(engine: Engine): Promise<void> {
    const messages = this.#messages();
    const running = new AbortController();
    this.#running = running;
    const id = this.#add({ role: 'assistant', text: '', state: 'streaming' });
    const sent = performance.now();
    let first = 0;
    let text = '';
    try {
      const stream = await engine.chat.completions.create(
        { messages, stream: true, mixtab: { overflow: 'drop' } },
        { signal: running.signal },
      );
      for await (const { choices, usage, x_mixtab: figures } of stream) {
        const [choice] = choices;
        text += choice?.delta.content ?? '';
        if ('completion_tokens' in figures) {
          const now = performance.now();
          first ||= now;
          const decoded = figures.completion_tokens - 1;
          this.figures = {
            tokensPerSecond: now > first ? (decoded * 1000) / (now - first) : 0,
            firstTokenMs: first - sent,
            contextTokens: undefined,
          };
          this.#change(id, { text });
        } else {
          this.#finish(id, figures, usage, choice?.finish_reason === 'length');
        }
      }
    } catch (error) {
      this.#change(id, { state: 'failed', error: asMixtabError(error) });
    } finally {
      this.#running = undefined;
      this.changed();
      this.#sendPending();
    }
  }

  #finish(id: number, figures: Figures, usage: Usage | undefined, cut: boolean): void {
    this.dropped = figures.dropped_messages;
    if (usage && usage.completion_tokens > 0) {
      this.figures = {
        tokensPerSecond: figures.tokens_per_second,
        firstTokenMs: figures.prefill_ms,
        contextTokens: usage.total_tokens,
      };
    }
    this.#change(id, { state: figures.cancelled ? 'stopped' : cut ? 'cut' : 'done' });
  }

  /** What the model is sent: every turn that says something. */
  #messages(): ChatMessage[] {
    return this.sent.map(({ role, text }) => ({ role, content: text }));
  }

  /** The turns that the model is sent; dropped counts from the first of them. */
  get sent(): readonly Turn[] {
    return this.turns.filter(turn => turn.text !== '');
  }

  #add(turn: Omit<Turn, 'id'>): number {
    const id = ++this.#lastId;
    this.turns = [...this.turns, { ...turn, id }];
    this.changed();
    return id;
  }

  #change(id: number, part: Partial<Turn>): void {
    this.turns = this.turns.map(turn => (turn.id === id ? { ...turn, ...part } : turn));
    this.changed();
  }
}
