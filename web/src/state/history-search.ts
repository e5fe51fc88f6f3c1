import type { HistoryStore } from './history-store.ts';

/** Where a conversation says what was looked for; empty: in its title. */
export type Hits = ReadonlyMap<string, string>;

const around = 40;

/**
 * Finds a text in titles and messages, whatever its case and accents. Tells what it has found so
 * far: titles at once, messages as they are read.
 */
export async function search(
  history: HistoryStore,
  wanted: string,
  signal: AbortSignal,
  found: (hits: Hits) => void,
): Promise<void> {
  const needle = plain(wanted.trim());
  const hits = new Map<string, string>();
  for (const { id, title } of history.heads) if (plain(title).includes(needle)) hits.set(id, '');
  found(new Map(hits));
  for await (const turns of history.everyTurn()) {
    if (signal.aborted) return;
    const before = hits.size;
    for (const { conversation, text } of turns) {
      if (hits.has(conversation) || !history.head(conversation)) continue;
      const at = plain(text).indexOf(needle);
      if (at >= 0) hits.set(conversation, excerpt(text, at, needle.length));
    }
    if (hits.size > before) found(new Map(hits));
  }
}

/** A text without case and accents, each character where it was. */
export function plain(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, character => character.normalize('NFD').charAt(0)).toLowerCase();
}

function excerpt(text: string, at: number, length: number): string {
  const from = Math.max(0, at - around);
  const to = Math.min(text.length, at + length + around);
  const part = text.slice(from, to).replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '…' : ''}${part}${to < text.length ? '…' : ''}`;
}
