import type { ChatCompletionChunk, ChatMessage, Engine } from '../../lib/src/index.ts';
import { type Answer, stream } from './answer.ts';
import { samplingOf } from './settings.ts';
import { saveEvery, type Thread } from './thread.ts';
import type { KeptTurn, TurnError } from './tree.ts';

/** Who looks at answers as they come; says whether it wants their tokens' probabilities. */
export interface Watcher {
  readonly probabilities: boolean;
  /** An answer begins, or goes on with a turn that has so many tokens with probabilities. */
  begin(turn: string, before: number): void;
  heard(chunk: ChatCompletionChunk): void;
  end(): void;
}

/** How many alternatives a token's probability is asked with. */
const alternatives = 5;

/** The code of a turn that was not answered because the conversation has become too long. */
export const conversationFull = 'conversation_full';

/** One answer on its way from the engine into a turn of its thread. */
export class Answering {
  readonly turn: string;
  readonly #thread: Thread;
  readonly #watcher: Watcher | undefined;
  /** The turn as it was before. */
  readonly #begun: KeptTurn | undefined;
  readonly #stop = new AbortController();
  #left = false;
  /** When the turn was last saved. */
  #saved = Date.now();

  constructor(thread: Thread, turn: string, watcher: Watcher | undefined) {
    this.turn = turn;
    this.#thread = thread;
    this.#watcher = watcher;
    this.#begun = thread.turn(turn);
  }

  /**
   * Streams into the turn, and tells the answer at each step before the turn changes; what the turn
   * says already is the last of the messages, and goes on. False: it was left before its end.
   */
  async run(engine: Engine, messages: ChatMessage[], tell: (answer: Answer) => void): Promise<boolean> {
    const watcher = this.#watcher;
    watcher?.begin(this.turn, this.#begun?.tokens?.length ?? 0);
    const { settings, full } = this.#thread.conversation;
    const overflow = full === 'drop' ? 'drop' : 'error';
    const mixtab = { overflow, continue: Boolean(this.#begun?.text) } as const;
    const logprobs = watcher?.probabilities ? { logprobs: true, top_logprobs: alternatives } : {};
    const params = { ...samplingOf(settings), ...logprobs, messages, mixtab };
    const heard = (chunk: ChatCompletionChunk) => {
      if (!this.#left) watcher?.heard(chunk);
    };
    for await (const answer of stream(engine, params, this.#stop.signal, heard)) {
      if (this.#left) return false;
      tell(answer);
      this.#take(answer);
    }
    watcher?.end();
    return true;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Stops at once: what the engine still says is for nobody. */
  leave(): void {
    this.#thread.change(this.turn, { state: 'stopped' });
    this.save();
    this.#watcher?.end();
    this.#left = true;
    this.stop();
  }

  /** Saves what the turn has so far. */
  save(): void {
    this.#thread.save(this.turn);
  }

  #take({ text, state, error, tokens: heard }: Answer): void {
    // Tokens stand for the whole text or not at all.
    const before = this.#begun?.text ? this.#begun.tokens : [];
    const tokens =
      text === '' ? this.#begun?.tokens : heard.length > 0 && before ? [...before, ...heard] : undefined;
    this.#thread.change(this.turn, {
      ...{ text: (this.#begun?.text ?? '') + text, tokens, state },
      ...(error && { error: this.#blamed(error) }),
    });
    if (state === 'streaming' && Date.now() - this.#saved < saveEvery) return;
    this.#saved = Date.now();
    this.save();
  }

  /** A message that is too long by itself is told apart from a conversation that has become so. */
  #blamed(error: TurnError): TurnError {
    const { turns, conversation } = this.#thread;
    const several = turns.filter(turn => turn.role === 'user').length > 1;
    const full = error.code === 'context_full' && conversation.full === 'ask' && several;
    return full ? { ...error, code: conversationFull } : error;
  }
}
