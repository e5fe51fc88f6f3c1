import type { ChatCompletionChunk, ChatMessage, Engine, MixtabParams } from '../../lib/src/index.ts';
import { type Answer, type AnswerFigures, stream } from './answer.ts';
import { type Conversation, newConversation, titleOf } from './conversation.ts';
import type { EngineStore } from './engine-store.ts';
import { type Settings, samplingOf } from './settings.ts';
import { Store } from './store.ts';
import { isLeaf, type KeptTurn, newestLeaf, newId, path, sibling, type Turn } from './tree.ts';

export type { AnswerFigures } from './answer.ts';
export type { Turn, TurnToken } from './tree.ts';

/** What waits for the engine or for the end of the running answer. */
type Job =
  | { kind: 'send'; text: string; parent: string | null }
  | { kind: 'answer'; parent: string }
  | { kind: 'resume'; id: string };

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

/** The conversation on the page: sends, streams, stops, branches, and holds a message until it can go. */
export class ChatStore extends Store {
  conversation: Conversation = newConversation();
  /** The path that is shown. */
  turns: readonly Turn[] = [];
  figures: AnswerFigures | undefined;
  /** How many of the oldest messages the model no longer sees. */
  dropped = 0;

  readonly #engines: EngineStore;
  readonly #watcher: Watcher | undefined;
  #tree = new Map<string, KeptTurn>();
  #next: Job | undefined;
  #running: AbortController | undefined;

  constructor(engines: EngineStore, watcher?: Watcher) {
    super();
    this.#engines = engines;
    this.#watcher = watcher;
    engines.subscribe(() => this.#go());
  }

  get answering(): boolean {
    return this.#running !== undefined;
  }

  /** A message that waits for the engine or for the end of the running answer. */
  get pending(): string | undefined {
    return this.#next?.kind === 'send' ? this.#next.text : undefined;
  }

  /** The turns that the model is sent; dropped counts from the first of them. */
  get sent(): readonly Turn[] {
    return this.turns.filter(turn => turn.text !== '');
  }

  /** Takes a message; it waits where it cannot go at once. False: something is waiting already. */
  send(text: string): boolean {
    return text.trim() !== '' && this.#queue({ kind: 'send', text, parent: this.conversation.leaf });
  }

  /** Gives the waiting message back to the composer. */
  takeBack(): string {
    const text = this.pending ?? '';
    this.#next = undefined;
    this.changed();
    return text;
  }

  stop(): void {
    this.#running?.abort();
  }

  /** Says something else in a message's place; what was said there stays as a branch. */
  edit(id: string, text: string): boolean {
    const turn = this.#tree.get(id);
    if (turn?.role !== 'user' || text.trim() === '') return false;
    return this.#instead({ kind: 'send', text, parent: turn.parent });
  }

  /** Asks for another answer; the one there stays as a branch. */
  regenerate(id: string): boolean {
    const turn = this.#tree.get(id);
    if (turn?.role !== 'assistant' || turn.parent === null) return false;
    return this.#instead({ kind: 'answer', parent: turn.parent });
  }

  /** Goes on with an answer that ended early, the last one shown. */
  resume(id: string): boolean {
    const turn = this.#tree.get(id);
    if (turn?.role !== 'assistant' || turn.state === 'done' || turn.state === 'streaming') return false;
    return isLeaf(this.#tree, id) && this.#queue({ kind: 'resume', id });
  }

  /** Shows another branch where a turn has siblings: 1 is the next, -1 the one before. */
  choose(id: string, step: number): void {
    const other = sibling(this.#tree, id, step);
    if (!other || this.answering) return;
    this.#show(newestLeaf(this.#tree, other.id));
  }

  /** Begins a new conversation. */
  start(): void {
    this.stop();
    this.#running = undefined;
    this.#next = undefined;
    this.conversation = newConversation();
    this.#tree = new Map();
    this.turns = [];
    this.figures = undefined;
    this.dropped = 0;
    this.changed();
  }

  setDraft(draft: string): void {
    this.#describe({ draft });
  }

  /** Changes some settings of this conversation; undefined takes one back to the pack's. */
  setSettings(part: { [K in keyof Settings]?: Settings[K] | undefined }): void {
    const all = Object.entries({ ...this.conversation.settings, ...part });
    this.#describe({ settings: Object.fromEntries(all.filter(([, value]) => value !== undefined)) });
  }

  #queue(job: Job): boolean {
    if (this.#next) return false;
    this.#next = job;
    this.changed();
    this.#go();
    return true;
  }

  /** As queue, but nobody waits for the end of an answer that this takes the place of. */
  #instead(job: Job): boolean {
    const taken = this.#queue(job);
    if (taken) this.stop();
    return taken;
  }

  #go(): void {
    const { state } = this.#engines;
    const job = this.#next;
    if (!job || this.answering || state.kind !== 'ready') return;
    this.#next = undefined;
    switch (job.kind) {
      case 'send':
        if (this.#tree.size === 0) this.#describe({ title: titleOf(job.text) });
        this.#answer(state.engine, this.#add(job.parent, 'user', job.text));
        break;
      case 'answer':
        this.#answer(state.engine, job.parent);
        break;
      case 'resume':
        this.#resume(state.engine, job.id);
        break;
    }
  }

  #answer(engine: Engine, parent: string): void {
    this.#show(parent);
    const messages = this.#messages();
    void this.#stream(engine, this.#add(parent, 'assistant', ''), messages);
  }

  #resume(engine: Engine, id: string): void {
    const messages = this.#messages();
    this.#change(id, { state: 'streaming', error: undefined });
    void this.#stream(engine, id, messages);
  }

  /** Streams into a turn; what it says already is the last of the messages, and goes on. */
  async #stream(engine: Engine, id: string, messages: ChatMessage[]): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.changed();
    const begun = this.#tree.get(id);
    const watcher = this.#watcher;
    watcher?.begin(id, begun?.tokens?.length ?? 0);
    const { settings, full } = this.conversation;
    const overflow = full === 'drop' ? 'drop' : 'error';
    const mixtab = (!begun?.text ? { overflow } : { overflow, continue: true }) as MixtabParams;
    const logprobs = watcher?.probabilities ? { logprobs: true, top_logprobs: alternatives } : {};
    const params = { ...samplingOf(settings), ...logprobs, messages, mixtab };
    for await (const answer of stream(engine, params, running.signal, chunk => watcher?.heard(chunk))) {
      if (this.#running !== running) return; // Another conversation was opened.
      this.#take(id, begun, answer);
    }
    watcher?.end();
    this.#running = undefined;
    this.changed();
    this.#go();
  }

  #take(id: string, begun: KeptTurn | undefined, answer: Answer): void {
    const { text, state, error, figures, dropped } = answer;
    // Tokens stand for the whole text or not at all.
    const before = begun?.text ? begun.tokens : [];
    const tokens =
      text === ''
        ? begun?.tokens
        : answer.tokens.length > 0 && before
          ? [...before, ...answer.tokens]
          : undefined;
    if (figures) this.figures = figures;
    if (dropped !== undefined) this.dropped = dropped;
    this.#change(id, { text: (begun?.text ?? '') + text, tokens, state, ...(error && { error }) });
  }

  #messages(): ChatMessage[] {
    const { system } = this.conversation.settings;
    const messages: ChatMessage[] = this.sent.map(({ role, text }) => ({ role, content: text }));
    return system?.trim() ? [{ role: 'system', content: system }, ...messages] : messages;
  }

  #add(parent: string | null, role: KeptTurn['role'], text: string): string {
    const id = newId();
    const state = role === 'user' ? 'done' : 'streaming';
    this.#tree.set(id, { id, parent, role, text, state, created: Date.now() });
    this.#show(id);
    return id;
  }

  #change(id: string, part: { [K in keyof KeptTurn]?: KeptTurn[K] | undefined }): void {
    const turn = this.#tree.get(id);
    if (!turn) return;
    this.#tree.set(id, { ...turn, ...part } as KeptTurn);
    this.turns = this.turns.map(shown => (shown.id === id ? ({ ...shown, ...part } as Turn) : shown));
    this.changed();
  }

  #show(leaf: string | null): void {
    this.#describe({ leaf });
    this.turns = path(this.#tree, leaf, this.turns);
  }

  #describe(part: Partial<Conversation>): void {
    this.conversation = { ...this.conversation, ...part };
    this.changed();
  }
}
