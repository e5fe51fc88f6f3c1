import { type ChatMessage, type Engine, packs } from '../../lib/src/index.ts';
import type { EngineStore } from './engine-store.ts';

/** A shorter conversation is read again sooner than its cache is written. In tokens. */
const worthFrom = 512;

/** An answer is followed by a pause for reading; the engine is free then. */
const idleFor = 8000;

/**
 * Keeps what the engine has computed of long conversations, so that one that is opened again
 * goes on at once. Nothing depends on it but time.
 */
export class CacheKeeper {
  readonly #engines: EngineStore;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: string | undefined;

  constructor(engines: EngineStore) {
    this.#engines = engines;
    engines.subscribe(() => this.#restore());
  }

  /** A conversation is on the page; its cache is wanted back. */
  opened(id: string): void {
    clearTimeout(this.#timer);
    this.#wanted = id;
    this.#restore();
  }

  /** An answer begins; from now on the engine has the conversation itself. */
  asked(): void {
    clearTimeout(this.#timer);
    this.#wanted = undefined;
  }

  /** The answer is the last of the messages. */
  answered(id: string, messages: ChatMessage[], tokens: number): void {
    clearTimeout(this.#timer);
    if (tokens < worthFrom) return;
    this.#timer = setTimeout(() => this.#ask('kept', engine => engine.kv.save(id, messages)), idleFor);
  }

  left(): void {
    clearTimeout(this.#timer);
    this.#wanted = undefined;
  }

  removed(id: string): void {
    if (this.#engines.state.kind === 'ready') this.#ask('dropped', engine => engine.kv.drop(id));
    else packs.forget(id).catch(error => this.#warn('dropped', error));
  }

  #restore(): void {
    const id = this.#wanted;
    if (id === undefined || this.#engines.state.kind !== 'ready') return;
    this.#wanted = undefined;
    this.#ask('restored', engine => engine.kv.restore(id));
  }

  #ask(what: string, question: (engine: Engine) => Promise<unknown>): void {
    const { state } = this.#engines;
    if (state.kind !== 'ready') return;
    question(state.engine).catch(error => this.#warn(what, error));
  }

  #warn(what: string, error: unknown): void {
    console.warn(`What was computed of a conversation could not be ${what}:`, error);
  }
}
