import { describe, expect, it } from 'vitest';
import { isLeaf, type KeptTurn, newestLeaf, newId, parentsFirst, path, sibling } from '../src/state/tree.ts';

/** Turns of ids "a", "b", …, each with the id of its parent, in the order of writing. */
function tree(parents: Record<string, string | null>): Map<string, KeptTurn> {
  return new Map(
    Object.entries(parents).map(([id, parent], index) => [
      id,
      { id, parent, role: 'user', text: id, state: 'done', created: index },
    ]),
  );
}

// a ─ b ─ c
//   │   └ d
//   └ e
// f
const branched = tree({ a: null, b: 'a', c: 'b', d: 'b', e: 'a', f: null });
const ids = (turns: readonly KeptTurn[]) => turns.map(turn => turn.id).join('');

describe('path', () => {
  it.each([
    ['d', 'abd', ['0/2', '0/2', '1/2']],
    ['e', 'ae', ['0/2', '1/2']],
    ['f', 'f', ['1/2']],
    ['a', 'a', ['0/2']],
    [null, '', []],
    ['gone', '', []],
  ])('to %s', (leaf, want, branches) => {
    const turns = path(branched, leaf);
    expect(ids(turns)).toBe(want);
    expect(turns.map(({ branch }) => `${branch.index}/${branch.count}`)).toEqual(branches);
  });

  it('keeps the objects of turns that are as they were', () => {
    const before = path(branched, 'c');
    const grown = new Map(branched).set('g', { ...branched.get('c'), id: 'g', parent: 'c' } as KeptTurn);
    const after = path(grown, 'g', before);
    expect(after.slice(0, 3).every((turn, index) => turn === before[index])).toBe(true);
    const another = new Map(branched).set('g', { ...branched.get('e'), id: 'g', created: 9 } as KeptTurn);
    expect(path(another, 'c', before)[1]).not.toBe(before[1]);
  });
});

describe('newestLeaf', () => {
  it.each([
    [null, 'f'],
    ['a', 'e'],
    ['b', 'd'],
    ['c', 'c'],
  ])('behind %s is %s', (from, want) => {
    expect(newestLeaf(branched, from)).toBe(want);
  });
});

it('goes to siblings in their order', () => {
  expect(sibling(branched, 'b', 1)?.id).toBe('e');
  expect(sibling(branched, 'e', -1)?.id).toBe('b');
  expect(sibling(branched, 'b', -1)).toBeUndefined();
  expect(sibling(branched, 'c', 2)).toBeUndefined();
  expect(sibling(branched, 'gone', 0)).toBeUndefined();
});

it('knows leaves', () => {
  expect([...branched.keys()].filter(id => isLeaf(branched, id)).join('')).toBe('cdef');
});

it('lists parents before what answers them, in whatever order they come', () => {
  const order = parentsFirst([...branched.values()].reverse()).map(turn => turn.id);
  expect(order).toHaveLength(6);
  for (const { id, parent } of branched.values()) {
    if (parent) expect(order.indexOf(parent)).toBeLessThan(order.indexOf(id));
  }
});

it('makes ids that differ and grow', () => {
  const many = Array.from({ length: 1000 }, newId);
  expect(new Set(many).size).toBe(1000);
  expect([...many].sort()).toEqual(many);
});
