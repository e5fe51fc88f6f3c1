import type { ChatMessage, Engine } from '../../lib/src/index.ts';
import type { AnswerFigures } from './answer.ts';
import { Answering, conversationFull, type Watcher } from './answering.ts';
import { CacheKeeper } from './cache-keeper.ts';
import type { Conversation } from './conversation.ts';
import type { EngineStore } from './engine-store.ts';
import type { HistoryStore } from './history-store.ts';
import { lastOpen, rememberOpen } from './last-open.ts';
import type { Settings } from './settings.ts';
import { Store } from './store.ts';
import { Thread } from './thread.ts';
import type { Turn } from './tree.ts';

export type { AnswerFigures } from './answer.ts';
export type { Turn, TurnToken } from './tree.ts';

/** What waits for the engine or for the end of the running answer. */
type Job =
  | { kind: 'send'; text: string; parent: string | null }
  | { kind: 'answer'; parent: string }
  | { kind: 'resume'; id: string };

/** The conversation on the page: sends, streams, stops, and holds a message until it can go. */
export class ChatStore extends Store {
  figures: AnswerFigures | undefined;
  /** How many of the oldest messages the model no longer sees. */
  dropped = 0;

  readonly #engines: EngineStore;
  readonly #history: HistoryStore;
  readonly #watcher: Watcher | undefined;
  readonly #caches: CacheKeeper;
  readonly #told = () => this.changed();
  #thread: Thread;
  #next: Job | undefined;
  #running: Answering | undefined;

  constructor(engines: EngineStore, history: HistoryStore, watcher?: Watcher) {
    super();
    this.#engines = engines;
    this.#history = history;
    this.#watcher = watcher;
    this.#caches = new CacheKeeper(engines);
    this.#thread = Thread.fresh(history, this.#told);
    engines.subscribe(() => this.#go());
    history.subscribe(() => this.#thread.takeHead());
    history.listen((id, turns) => void this.#heard(id, turns));
  }

  get conversation(): Conversation {
    return this.#thread.conversation;
  }

  /** The path that is shown. */
  get turns(): readonly Turn[] {
    return this.#thread.turns;
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

  /** The conversation no longer fits, and what to do about it is the visitor's choice. */
  get full(): boolean {
    return this.turns.at(-1)?.error?.code === conversationFull;
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
    this.#running?.stop();
  }

  /** Stops, and resolves when what came is in its turn; or soon, where the engine does not answer. */
  async stopped(): Promise<void> {
    this.stop();
    const end = performance.now() + 3000;
    while (this.answering && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
  }

  /** Says something else in a message's place; what was said there stays as a branch. */
  edit(id: string, text: string): boolean {
    const turn = this.#thread.turn(id);
    if (turn?.role !== 'user' || text.trim() === '') return false;
    return this.#instead({ kind: 'send', text, parent: turn.parent });
  }

  /** Asks for another answer; the one there stays as a branch. */
  regenerate(id: string): boolean {
    const turn = this.#thread.turn(id);
    if (turn?.role !== 'assistant' || turn.parent === null) return false;
    return this.#instead({ kind: 'answer', parent: turn.parent });
  }

  /** Goes on with an answer that ended early, the last one shown. */
  resume(id: string): boolean {
    const turn = this.#thread.turn(id);
    if (turn?.role !== 'assistant' || turn.state === 'done' || turn.state === 'streaming') return false;
    return this.#thread.isLeaf(id) && this.#queue({ kind: 'resume', id });
  }

  /** Leaves the oldest messages out from now on, and asks again. */
  dropOldest(): void {
    this.#thread.describe({ full: 'drop' });
    const last = this.turns.at(-1);
    if (last) this.resume(last.id);
  }

  /** Takes the last message into a new conversation, to be sent there. */
  startAnew(): void {
    const last = this.turns.findLast(turn => turn.role === 'user');
    this.start();
    if (last) this.setDraft(last.text);
  }

  /** Shows another branch where a turn has siblings: 1 is the next, -1 the one before. */
  choose(id: string, step: number): void {
    if (!this.answering) this.#thread.choose(id, step);
  }

  /** Shows a kept conversation. False: there is none of that id. */
  async open(id: string): Promise<boolean> {
    return id === this.conversation.id || this.#open(id, () => true);
  }

  /** Begins a new conversation, with the draft that was left in the last such one. */
  start(): void {
    const fresh = Thread.fresh(this.#history, this.#told);
    this.#show(fresh);
    rememberOpen(undefined);
    void this.#history.unbegun().then(({ draft, settings }) => {
      const same = this.#thread === fresh && this.turns.length === 0 && this.pending === undefined;
      if (!same || this.conversation.draft !== '') return;
      fresh.conversation = {
        ...this.conversation,
        draft,
        settings: { ...settings, ...this.conversation.settings },
      };
      this.changed();
    });
  }

  /** At the page's start: what this tab showed last, unless something was written already. */
  async restore(): Promise<void> {
    const first = this.conversation;
    const untouched = () => this.conversation === first && this.pending === undefined;
    const id = lastOpen();
    if (id !== undefined && (await this.#open(id, untouched))) return;
    if (untouched()) this.start();
  }

  setDraft(draft: string): void {
    this.#thread.conversation = { ...this.conversation, draft };
    this.#saveDraft();
    this.changed();
  }

  /** Changes some settings of this conversation; undefined takes one back to the pack's. */
  setSettings(part: { [K in keyof Settings]?: Settings[K] | undefined }): void {
    const all = Object.entries({ ...this.conversation.settings, ...part });
    this.#thread.describe({ settings: Object.fromEntries(all.filter(([, value]) => value !== undefined)) });
  }

  /** Saves what the running answer has so far. */
  save(): void {
    this.#running?.save();
  }

  #queue(job: Job): boolean {
    if (this.#next) return false;
    this.#next = job;
    this.#saveDraft();
    this.changed();
    this.#go();
    return true;
  }

  /** As queue, but nobody waits for the end of an answer that this takes the place of. */
  #instead(job: Job): boolean {
    if (this.#next) return false;
    this.stop();
    return this.#queue(job);
  }

  #go(): void {
    const { state } = this.#engines;
    const job = this.#next;
    if (!job || this.answering || state.kind !== 'ready') return;
    this.#next = undefined;
    switch (job.kind) {
      case 'send':
        if (!this.#thread.begun) {
          this.#thread.begin(job.text);
          rememberOpen(this.conversation.id);
        }
        this.#answer(state.engine, this.#thread.add(job.parent, 'user', job.text));
        this.#saveDraft();
        break;
      case 'answer':
        this.#answer(state.engine, job.parent);
        break;
      case 'resume':
        this.#thread.change(job.id, { state: 'streaming', error: undefined });
        void this.#stream(state.engine, job.id, this.#messages());
        break;
    }
  }

  #answer(engine: Engine, parent: string): void {
    this.#thread.show(parent);
    const messages = this.#messages();
    void this.#stream(engine, this.#thread.add(parent, 'assistant', ''), messages);
  }

  async #stream(engine: Engine, turn: string, messages: ChatMessage[]): Promise<void> {
    const running = new Answering(this.#thread, turn, this.#watcher);
    this.#running = running;
    this.#caches.asked();
    this.#history.saveHead(this.conversation.id, { changed: Date.now() });
    this.changed();
    const ended = await running.run(engine, messages, ({ figures, dropped }) => {
      if (figures) this.figures = figures;
      if (dropped !== undefined) this.dropped = dropped;
    });
    if (!ended) return; // Another conversation was opened.
    this.#running = undefined;
    this.#caches.answered(this.conversation.id, this.#messages(), this.figures?.contextTokens ?? 0);
    this.changed();
    this.#go();
  }

  #messages(): ChatMessage[] {
    const { system } = this.conversation.settings;
    const messages: ChatMessage[] = this.sent.map(({ role, text }) => ({ role, content: text }));
    return system?.trim() ? [{ role: 'system', content: system }, ...messages] : messages;
  }

  /** A message that waits is kept as a draft: where the page ends before it went, it is in the composer again. */
  #saveDraft(): void {
    const draft = [this.pending ?? '', this.conversation.draft].filter(text => text !== '').join('\n');
    this.#thread.keep({ draft });
  }

  async #open(id: string, still: () => boolean): Promise<boolean> {
    const thread = await Thread.read(this.#history, this.#told, id);
    if (!thread || !still()) {
      thread?.leave();
      return false;
    }
    this.#show(thread);
    this.#caches.opened(id);
    rememberOpen(id);
    return true;
  }

  /** Goes from the conversation on the page to another one; what is answered there stops. */
  #show(thread: Thread): void {
    this.#running?.leave();
    this.#running = undefined;
    this.#next = undefined;
    this.#caches.left();
    this.#thread.leave();
    this.#thread = thread;
    this.figures = undefined;
    this.dropped = 0;
    this.changed();
  }

  /** Takes in what another tab said in this conversation. */
  async #heard(id: string, ids: readonly string[] | 'gone'): Promise<void> {
    if (ids === 'gone') this.#caches.removed(id);
    if (id !== this.conversation.id) return;
    if (ids === 'gone') {
      this.start();
      return;
    }
    const turns = await this.#history.turns(id, ids);
    if (id === this.conversation.id) this.#thread.takeTurns(turns, this.#running?.turn);
  }
}
