import { type Conversation, type Detail, emptyDetail, newConversation, titleOf } from './conversation.ts';
import type { HistoryStore } from './history-store.ts';
import { isLeaf, type KeptTurn, newestLeaf, newId, path, sibling, type Turn } from './tree.ts';

/** An answer that streams is saved this often, and at its end. */
export const saveEvery = 1000;

/** One that streams in another tab and is silent for longer has ended with that tab. */
const silentAfter = 2 * saveEvery;

type Part<T> = { [K in keyof T]?: T[K] | undefined };

/** One conversation: its turns with all branches, the path that is shown, and the keeping of whatever changes. */
export class Thread {
  conversation: Conversation;
  /** The path that is shown. */
  turns: readonly Turn[] = [];

  readonly #history: HistoryStore;
  readonly #changed: () => void;
  readonly #tree: Map<string, KeptTurn>;
  /** By the turns that stream in other tabs. */
  readonly #silences = new Map<string, ReturnType<typeof setTimeout>>();

  private constructor(
    history: HistoryStore,
    changed: () => void,
    conversation: Conversation,
    turns: readonly KeptTurn[],
  ) {
    this.#history = history;
    this.#changed = changed;
    this.conversation = conversation;
    this.#tree = new Map(turns.map(turn => [turn.id, turn]));
    const { leaf } = conversation;
    this.turns = path(
      this.#tree,
      leaf !== null && this.#tree.has(leaf) ? leaf : newestLeaf(this.#tree, null),
    );
    for (const turn of turns) this.#awaitSilence(turn);
  }

  /** One in which nothing was said yet. */
  static fresh(history: HistoryStore, changed: () => void): Thread {
    return new Thread(history, changed, newConversation(), []);
  }

  /** One that is kept; undefined: there is none of that id. */
  static async read(history: HistoryStore, changed: () => void, id: string): Promise<Thread | undefined> {
    const kept = await history.read(id);
    return kept && new Thread(history, changed, { ...kept.head, ...kept.detail }, kept.turns);
  }

  get id(): string {
    return this.conversation.id;
  }

  /** Something was said in it, so that it is kept under its own id. */
  get begun(): boolean {
    return this.#tree.size > 0;
  }

  /** The page shows another one. */
  leave(): void {
    for (const silence of this.#silences.values()) clearTimeout(silence);
  }

  turn(id: string): KeptTurn | undefined {
    return this.#tree.get(id);
  }

  isLeaf(id: string): boolean {
    return isLeaf(this.#tree, id);
  }

  /** The first message makes a conversation that is kept. */
  begin(text: string): void {
    this.conversation = { ...this.conversation, title: titleOf(text) };
    this.#history.create(this.conversation, []);
    this.#history.saveDetail(undefined, emptyDetail);
  }

  add(parent: string | null, role: KeptTurn['role'], text: string): string {
    const id = newId();
    const state = role === 'user' ? 'done' : 'streaming';
    const turn: KeptTurn = { id, parent, role, text, state, created: Date.now() };
    this.#tree.set(id, turn);
    this.#history.saveTurn(this.id, turn);
    this.show(id);
    return id;
  }

  /** Changes a turn that save saves. */
  change(id: string, part: Part<KeptTurn>): void {
    const turn = this.#tree.get(id);
    if (!turn) return;
    this.#tree.set(id, { ...turn, ...part } as KeptTurn);
    this.turns = this.turns.map(shown => (shown.id === id ? ({ ...shown, ...part } as Turn) : shown));
    this.#changed();
  }

  /** Saves what a streaming answer has so far; of its tokens, which are many, only at its end. */
  save(id: string): void {
    const turn = this.#tree.get(id);
    if (!turn) return;
    const { tokens: _tokens, ...rest } = turn;
    this.#history.saveTurn(this.id, turn.state === 'streaming' ? rest : turn);
  }

  /** Shows the path that ends here. */
  show(leaf: string | null): void {
    this.turns = path(this.#tree, leaf, this.turns);
    this.describe({ leaf });
  }

  /** Shows another branch where a turn has siblings: 1 is the next, -1 the one before. */
  choose(id: string, step: number): void {
    const other = sibling(this.#tree, id, step);
    if (other) this.show(newestLeaf(this.#tree, other.id));
  }

  describe(part: Partial<Detail>): void {
    this.conversation = { ...this.conversation, ...part };
    this.keep(part);
    this.#changed();
  }

  /** Keeps some details that may be others than those on the page. */
  keep(part: Partial<Detail>): void {
    this.#history.saveDetail(this.begun ? this.id : undefined, part);
  }

  /** Takes in what the list knows of it: another title or time. */
  takeHead(): void {
    const head = this.#history.head(this.id);
    if (!head || !this.begun) return;
    const { title, pinned, changed } = this.conversation;
    if (head.title === title && head.pinned === pinned && head.changed === changed) return;
    this.conversation = { ...this.conversation, ...head };
    this.#changed();
  }

  /** Takes in turns that another tab wrote, but for the one that is answered here, and shows what was said last. */
  takeTurns(turns: readonly KeptTurn[], answering: string | undefined): void {
    for (const turn of turns) {
      if (turn.id === answering) continue;
      this.#tree.set(turn.id, turn);
      this.#awaitSilence(turn);
    }
    const { leaf } = this.conversation;
    this.turns = path(this.#tree, answering ? leaf : newestLeaf(this.#tree, leaf), this.turns);
    this.conversation = { ...this.conversation, leaf: this.turns.at(-1)?.id ?? null };
    this.#changed();
  }

  /** An answer that streams in another tab is over when nothing more comes. */
  #awaitSilence({ id, state }: KeptTurn): void {
    clearTimeout(this.#silences.get(id));
    this.#silences.delete(id);
    if (state !== 'streaming') return;
    const over = () => this.change(id, { state: 'stopped' });
    this.#silences.set(id, setTimeout(over, silentAfter));
  }
}
