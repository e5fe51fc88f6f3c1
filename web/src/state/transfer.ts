// Conversations as files: JSON that can be taken in again, Markdown to be read.

import type { HistoryStore } from './history-store.ts';
import { format, formatVersion, type Imported, importedFrom } from './import.ts';
import { newId, parentsFirst, path } from './tree.ts';

/** The conversations of these ids, or all, as one file. */
export async function asJson(history: HistoryStore, ids?: readonly string[]): Promise<Blob> {
  const wanted = ids ?? history.heads.map(head => head.id);
  const parts: string[] = [];
  for (const id of wanted) {
    const kept = await history.read(id);
    if (!kept) continue;
    const { title, pinned, created, changed } = kept.head;
    const { settings, full, leaf } = kept.detail;
    // What the model thought of each token is too much for a file, and says nothing elsewhere.
    const turns = parentsFirst(kept.turns).map(({ tokens: _tokens, ...turn }) => turn);
    parts.push(JSON.stringify({ id, title, pinned, created, changed, settings, full, leaf, turns }));
  }
  const head = JSON.stringify({ format, version: formatVersion, exported: new Date().toISOString() });
  const text = [`${head.slice(0, -1)},"conversations":[\n`, parts.join(',\n'), '\n]}\n'];
  return new Blob(text, { type: 'application/json' });
}

/** What is shown of one conversation. */
export async function asMarkdown(
  history: HistoryStore,
  id: string,
  speakers: { user: string; assistant: string },
): Promise<Blob | undefined> {
  const kept = await history.read(id);
  if (!kept) return undefined;
  const tree = new Map(kept.turns.map(turn => [turn.id, turn]));
  const said = path(tree, kept.detail.leaf)
    .filter(turn => turn.text !== '')
    .map(turn => `**${speakers[turn.role]}**\n\n${turn.text.trim()}\n`);
  return new Blob([`# ${kept.head.title}\n\n`, said.join('\n')], { type: 'text/markdown' });
}

export interface ImportResult {
  added: number;
  /** Were here already, unchanged. */
  known: number;
}

/** So many conversations are written at a time. */
const batch = 100;

/** Adds what a file has. Nothing that is here is changed; throws ImportError and adds nothing where the file is not right. */
export async function importInto(history: HistoryStore, text: string): Promise<ImportResult> {
  const conversations = importedFrom(text);
  let added = 0;
  for (const conversation of conversations) {
    if (await isKnown(history, conversation)) continue;
    const { turns, ...rest } = conversation;
    const id = history.head(rest.id) ? newId() : rest.id;
    history.create({ ...rest, id, draft: '' }, turns);
    added++;
    if (added % batch === 0) await history.flush();
  }
  await history.flush();
  return { added, known: conversations.length - added };
}

async function isKnown(history: HistoryStore, { id, changed, turns }: Imported): Promise<boolean> {
  if (history.head(id)?.changed !== changed) return false;
  const here = await history.read(id);
  const texts = new Map(here?.turns.map(turn => [turn.id, turn.text]));
  return turns.every(turn => texts.get(turn.id) === turn.text);
}

/** A file name from a title. */
export function fileName(title: string, extension: string): string {
  const name = title
    .replace(/[\p{C}\\/:*?"<>|.]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `${name.slice(0, 60) || 'mixtab'}.${extension}`;
}

/** Hands a file to the browser's downloads. */
export function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
