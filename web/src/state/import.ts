// Reads files of conversations. Such a file may come from anywhere: each value is looked at,
// only what is known is taken over, and the first thing that is wrong is told with its place.

import type { Conversation } from './conversation.ts';
import type { Settings } from './settings.ts';
import type { KeptTurn, TurnState } from './tree.ts';

/** The name and version of such a file; no other is read. */
export const format = 'mixtab.conversations';
export const formatVersion = 1;

export type Imported = Omit<Conversation, 'draft'> & { readonly turns: readonly KeptTurn[] };

/** The file is not what it should be. */
export class ImportError extends Error {
  /** Where in the file, as "conversations[2].turns[0].role"; empty: the file as a whole. */
  readonly place: string;

  constructor(place: string, problem: string) {
    super(place === '' ? problem : `${place}: ${problem}`);
    this.place = place;
  }
}

const longestText = 10_000_000;
const longestTitle = 500;
const longestId = 64;

export function importedFrom(text: string): Imported[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new ImportError('', `this is not JSON (${error instanceof Error ? error.message : error})`);
  }
  const { format: named, version, conversations } = asObject(file, '');
  if (named !== format) throw new ImportError('format', `${show(named)} is not ${show(format)}`);
  if (version !== formatVersion) {
    throw new ImportError('version', `${show(version)} is not known here; this page reads ${formatVersion}`);
  }
  const ids = new Set<string>();
  return asList(conversations, 'conversations').map((value, index) => {
    const place = `conversations[${index}]`;
    const conversation = asConversation(value, place);
    if (ids.has(conversation.id)) throw new ImportError(`${place}.id`, 'it is there twice');
    ids.add(conversation.id);
    return conversation;
  });
}

function asConversation(value: unknown, place: string): Imported {
  const object = asObject(value, place);
  const list = asList(object.turns, `${place}.turns`);
  if (list.length === 0) throw new ImportError(`${place}.turns`, 'at least one message is needed');
  const turns = new Map<string, KeptTurn>();
  list.forEach((item, index) => {
    const turn = asTurn(item, turns, `${place}.turns[${index}]`);
    turns.set(turn.id, turn);
  });
  const leaf = object.leaf ?? null;
  if (leaf !== null && !turns.has(asText(leaf, `${place}.leaf`, longestId))) {
    throw new ImportError(`${place}.leaf`, `there is no message ${show(leaf)}`);
  }
  return {
    id: asId(object.id, `${place}.id`),
    title: asText(object.title, `${place}.title`, longestTitle),
    pinned: asBoolean(object.pinned, `${place}.pinned`),
    created: asTime(object.created, `${place}.created`),
    changed: asTime(object.changed, `${place}.changed`),
    settings: asSettings(object.settings, `${place}.settings`),
    full: object.full === 'drop' ? 'drop' : 'ask',
    leaf: leaf as string | null,
    turns: [...turns.values()],
  };
}

/** A message comes behind the one that it answers, so that no path through them is endless. */
function asTurn(value: unknown, before: ReadonlyMap<string, KeptTurn>, place: string): KeptTurn {
  const object = asObject(value, place);
  const id = asId(object.id, `${place}.id`);
  if (before.has(id)) throw new ImportError(`${place}.id`, 'it is there twice');
  const { role, parent } = object;
  if (role !== 'user' && role !== 'assistant') {
    throw new ImportError(`${place}.role`, `${show(role)} is neither "user" nor "assistant"`);
  }
  if (parent !== null && (typeof parent !== 'string' || !before.has(parent))) {
    throw new ImportError(`${place}.parent`, `${show(parent)} is not the id of a message before it`);
  }
  return {
    ...{ id, parent, role },
    text: asText(object.text, `${place}.text`, longestText),
    state: asState(object.state, `${place}.state`),
    created: asTime(object.created, `${place}.created`),
  };
}

/** Why an answer failed, and that it streamed, is over. */
function asState(value: unknown, place: string): TurnState {
  switch (value) {
    case 'done':
    case 'stopped':
    case 'cut':
      return value;
    case 'streaming':
    case 'failed':
      return 'stopped';
    default:
      throw new ImportError(place, `${show(value)} is no state of a message`);
  }
}

const numbers = [
  'temperature',
  'topP',
  'topK',
  'minP',
  'frequencyPenalty',
  'presencePenalty',
  'repetitionPenalty',
  'maxTokens',
  'seed',
] as const satisfies (keyof Settings)[];

function asSettings(value: unknown, place: string): Settings {
  const object = asObject(value ?? {}, place);
  const settings: Settings = {};
  for (const key of numbers) {
    if (object[key] !== undefined) settings[key] = asNumber(object[key], `${place}.${key}`);
  }
  if (object.system !== undefined) settings.system = asText(object.system, `${place}.system`, longestText);
  if (object.stop !== undefined) {
    settings.stop = asList(object.stop, `${place}.stop`).map((text, index) =>
      asText(text, `${place}.stop[${index}]`, longestTitle),
    );
  }
  return settings;
}

function asObject(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ImportError(place, `an object is needed, not ${show(value)}`);
}

function asList(value: unknown, place: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ImportError(place, `a list is needed, not ${show(value)}`);
}

function asText(value: unknown, place: string, longest: number): string {
  if (typeof value !== 'string') throw new ImportError(place, `a text is needed, not ${show(value)}`);
  if (value.length <= longest) return value;
  throw new ImportError(place, `a text of ${value.length} characters is too long; ${longest} are possible`);
}

function asId(value: unknown, place: string): string {
  if (typeof value === 'string' && value.length <= longestId && /^[\w-]+$/.test(value)) return value;
  throw new ImportError(place, `${show(value)} is no id: letters, digits, "_" and "-", at most ${longestId}`);
}

function asBoolean(value: unknown, place: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ImportError(place, `true or false is needed, not ${show(value)}`);
}

function asNumber(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ImportError(place, `a number is needed, not ${show(value)}`);
}

/** A day of these centuries, so that dates can be shown and compared. */
function asTime(value: unknown, place: string): number {
  const time = asNumber(value, place);
  if (time >= 0 && time < 1e14) return time;
  throw new ImportError(place, `${time} is no time in milliseconds since 1970`);
}

/** A value in short. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
