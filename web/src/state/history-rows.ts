// The list of conversations as rows of known heights, of which only those in sight are drawn.

import type { Head } from './conversation.ts';
import type { Hits } from './history-search.ts';

export type Group = 'pinned' | 'today' | 'yesterday' | 'week' | 'month' | 'earlier';

/** Positions and heights are in rem. */
export type Row =
  | { kind: 'group'; group: Group; top: number; height: number }
  | { kind: 'item'; head: Head; excerpt: string; index: number; top: number; height: number };

const heights = { group: 2.25, item: 2.25, excerpt: 3.5 };

/** Rows of all conversations, or of those that were found, in groups by their day. */
export function rowsOf(heads: readonly Head[], hits: Hits | undefined, now: Date): Row[] {
  const shown = hits ? heads.filter(head => hits.has(head.id)) : heads;
  const groupOf = grouping(now);
  const groups = new Map<Group, Head[]>();
  for (const group of ['pinned', 'today', 'yesterday', 'week', 'month', 'earlier'] as const)
    groups.set(group, []);
  for (const head of shown) groups.get(head.pinned ? 'pinned' : groupOf(head.changed))?.push(head);

  const rows: Row[] = [];
  let top = 0;
  let index = 0;
  for (const [group, members] of groups) {
    if (members.length === 0) continue;
    rows.push({ kind: 'group', group, top, height: heights.group });
    top += heights.group;
    for (const head of members) {
      const excerpt = hits?.get(head.id) ?? '';
      const height = excerpt === '' ? heights.item : heights.excerpt;
      rows.push({ kind: 'item', head, excerpt, index: index++, top, height });
      top += height;
    }
  }
  return rows;
}

/** The rows between two heights. */
export function rowsWithin(rows: readonly Row[], from: number, to: number): Row[] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && row.top + row.height <= from) low = middle + 1;
    else high = middle;
  }
  const within: Row[] = [];
  for (let row = rows[low]; row && row.top < to; row = rows[++low]) within.push(row);
  return within;
}

function grouping(now: Date): (time: number) => Group {
  const midnight = (daysAgo: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
  const starts: [number, Group][] = [
    [midnight(0), 'today'],
    [midnight(1), 'yesterday'],
    [midnight(7), 'week'],
    [midnight(30), 'month'],
  ];
  return time => starts.find(([start]) => time >= start)?.[1] ?? 'earlier';
}
