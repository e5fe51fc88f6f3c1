import { decompose } from '../text/attachments.ts';
import type { Settings } from './settings.ts';
import { newId } from './tree.ts';

/** What the list of conversations needs of one. */
export interface Head {
  readonly id: string;
  readonly title: string;
  readonly pinned: boolean;
  /** Milliseconds since 1970, as all times here. */
  readonly created: number;
  /** When something was last said. */
  readonly changed: number;
}

/** What the conversation on the page needs beside its messages. */
export interface Detail {
  readonly settings: Settings;
  /** A message that is not sent yet. */
  readonly draft: string;
  /** The end of the path that is shown. */
  readonly leaf: string | null;
  /** When the context is full: ask what to do, or leave the oldest messages out. */
  readonly full: 'ask' | 'drop';
}

export type Conversation = Head & Detail;

export const emptyDetail: Detail = { settings: {}, draft: '', leaf: null, full: 'ask' };

/** One that nobody has written in yet. */
export function newConversation(): Conversation {
  const now = Date.now();
  return { id: newId(), title: '', pinned: false, created: now, changed: now, ...emptyDetail };
}

const longestTitle = 60;

/** A title from a first message: its first line, cut between two words; of files alone, the first one's name. */
export function titleOf(message: string): string {
  const { text, attachments } = decompose(message);
  const said = text.trim() || (attachments[0]?.name ?? '');
  const line = said.split('\n', 1)[0]?.replace(/\s+/g, ' ').trim() ?? '';
  if (line.length <= longestTitle) return line;
  const cut = line.slice(0, longestTitle);
  const space = cut.lastIndexOf(' ');
  return `${(space > longestTitle / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
