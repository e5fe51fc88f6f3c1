// A conversation is a tree: an edited message and another answer are siblings of what was
// there. What is shown is one path through it, from a first message to a leaf.

/** A token of an answer, and what else it could have been. */
export interface TurnToken {
  readonly text: string;
  readonly logprob: number;
  readonly top: readonly { readonly text: string; readonly logprob: number }[];
}

/** Why an answer ended early; the codes are the engine's, and "conversation_full" where the engine was asked not to leave any message out. */
export interface TurnError {
  readonly code: string;
  readonly message: string;
}

export type TurnState = 'streaming' | 'done' | 'stopped' | 'cut' | 'failed';

/** One message as it is kept. A changed turn is a new object. */
export interface KeptTurn {
  readonly id: string;
  /** The message before it; null: it is a first one. */
  readonly parent: string | null;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly state: TurnState;
  /** Milliseconds since 1970; siblings stand in this order. */
  readonly created: number;
  readonly error?: TurnError;
  /** Of an answer, where the engine told them. */
  readonly tokens?: readonly TurnToken[];
}

/** One message as it is shown: which of its siblings it is, counted from 0. */
export interface Turn extends KeptTurn {
  readonly branch: { readonly index: number; readonly count: number };
}

export type Tree = ReadonlyMap<string, KeptTurn>;

/** The path that ends in a leaf. Turns that are as they were in before stay the same objects. */
export function path(tree: Tree, leaf: string | null, before: readonly Turn[] = []): Turn[] {
  const families = childrenOf(tree);
  const known = new Map(before.map(turn => [turn.id, turn]));
  const turns: Turn[] = [];
  for (let kept = find(tree, leaf); kept; kept = find(tree, kept.parent)) {
    const siblings = families.get(kept.parent) ?? [];
    const branch = { index: siblings.indexOf(kept), count: siblings.length };
    const old = known.get(kept.id);
    turns.push(old && same(old, kept, branch) ? old : { ...kept, branch });
  }
  return turns.reverse();
}

/** The leaf of the newest messages behind a turn; null asks for the newest of the whole tree. */
export function newestLeaf(tree: Tree, from: string | null): string | null {
  const families = childrenOf(tree);
  let leaf = from;
  for (let next = families.get(leaf)?.at(-1); next; next = families.get(leaf)?.at(-1)) leaf = next.id;
  return leaf;
}

/** The sibling so many steps away; undefined: there is none. */
export function sibling(tree: Tree, id: string, step: number): KeptTurn | undefined {
  const turn = tree.get(id);
  const siblings = turn ? (childrenOf(tree).get(turn.parent) ?? []) : [];
  return siblings[siblings.findIndex(other => other.id === id) + step];
}

export function isLeaf(tree: Tree, id: string): boolean {
  for (const turn of tree.values()) if (turn.parent === id) return false;
  return true;
}

/** The turns in an order where each comes behind the one that it answers. */
export function parentsFirst(turns: Iterable<KeptTurn>): KeptTurn[] {
  const families = childrenOf(new Map([...turns].map(turn => [turn.id, turn])));
  const ordered = [...(families.get(null) ?? [])];
  for (const turn of ordered) ordered.push(...(families.get(turn.id) ?? []));
  return ordered;
}

let lastTime = 0;

/** Ids grow with time, so that a list in their order is in the order of writing. */
export function newId(): string {
  lastTime = Math.max(lastTime + 1, Date.now());
  const random = crypto.getRandomValues(new Uint8Array(8));
  return (
    lastTime.toString(36).padStart(9, '0') +
    Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('')
  );
}

/** Each message's replies, the oldest first. */
function childrenOf(tree: Tree): Map<string | null, KeptTurn[]> {
  const families = new Map<string | null, KeptTurn[]>();
  for (const turn of tree.values()) {
    const family = families.get(turn.parent);
    if (family) family.push(turn);
    else families.set(turn.parent, [turn]);
  }
  for (const family of families.values()) family.sort(byAge);
  return families;
}

function byAge(a: KeptTurn, b: KeptTurn): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

function find(tree: Tree, id: string | null): KeptTurn | undefined {
  return id === null ? undefined : tree.get(id);
}

function same(old: Turn, kept: KeptTurn, branch: Turn['branch']): boolean {
  return (
    old.text === kept.text &&
    old.state === kept.state &&
    old.error === kept.error &&
    old.tokens === kept.tokens &&
    old.branch.index === branch.index &&
    old.branch.count === branch.count
  );
}
