// What can be set of an answer: the numbers, their ranges, and presets of them.

import type { Settings } from './settings.ts';

/** The settings that are numbers. */
export type NumberKey = {
  [K in keyof Settings]-?: NonNullable<Settings[K]> extends number ? K : never;
}[keyof Settings];

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of the slider; none: there is no slider. A whole step asks for whole numbers. */
  readonly step: number | undefined;
  /** What holds where nothing is set, if that is the same for every pack. */
  readonly standard: number | undefined;
}

/** What is sensible of what the engine takes; the most tokens are as many as the context holds. */
export const ranges: Readonly<Record<NumberKey, Range>> = {
  temperature: { min: 0, max: 2, step: 0.05, standard: undefined },
  topP: { min: 0.01, max: 1, step: 0.01, standard: 1 },
  topK: { min: 0, max: 200, step: 1, standard: 0 },
  minP: { min: 0, max: 1, step: 0.01, standard: 0 },
  repetitionPenalty: { min: 0.5, max: 2, step: 0.05, standard: 1 },
  frequencyPenalty: { min: -2, max: 2, step: 0.1, standard: 0 },
  presencePenalty: { min: -2, max: 2, step: 0.1, standard: 0 },
  maxTokens: { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1, standard: undefined },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, step: undefined, standard: undefined },
};

/** What is wrong with a number. */
export type Fault = 'number' | 'whole' | 'range';

/** Whether a range is of whole numbers. */
export function isWhole({ step }: Range): boolean {
  return step === undefined || Number.isInteger(step);
}

/** Reads what was typed: a number, none for an empty field, or what is wrong with it. */
export function readNumber(typed: string, range: Range): { value: number | undefined } | { fault: Fault } {
  const text = typed.trim().replace(',', '.');
  if (text === '') return { value: undefined };
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return { fault: 'number' };
  if (isWhole(range) && !Number.isInteger(value)) return { fault: 'whole' };
  if (value < range.min || value > range.max) return { fault: 'range' };
  return { value };
}

/** A named set of settings. */
export interface Preset {
  readonly name: string;
  readonly settings: Settings;
}

/** Ours; their names are texts of the page. */
export const presets = {
  precise: { temperature: 0.2, topP: 0.9 },
  balanced: {},
  imaginative: { temperature: 1, topP: 0.95, presencePenalty: 0.3 },
} as const satisfies Record<string, Settings>;

export type PresetName = keyof typeof presets;

const chosen = [
  ...['temperature', 'topP', 'topK', 'minP'],
  ...['repetitionPenalty', 'frequencyPenalty', 'presencePenalty'],
] as readonly NumberKey[];
const all = [...chosen, 'maxTokens', 'seed', 'stop', 'system'] as readonly (keyof Settings)[];

/** The change that makes settings those of one of our presets, which only say how words are chosen. */
export function usePreset(name: PresetName): Settings {
  return only(presets[name], chosen);
}

/** The change that makes settings these, whatever they are. */
export function replaceBy(settings: Settings): Settings {
  return only(settings, all);
}

/** Which of our presets the settings are. */
export function presetOf(settings: Settings): PresetName | undefined {
  const names = Object.keys(presets) as PresetName[];
  return names.find(name => {
    const preset: Settings = presets[name];
    return chosen.every(key => settings[key] === preset[key]);
  });
}

/** Whether two settings say the same. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return all.every(key => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

function only(settings: Settings, keys: readonly (keyof Settings)[]): Settings {
  return Object.fromEntries(keys.map(key => [key, settings[key]]));
}

const storageKey = 'mixtab.presets';

/** The visitor's own presets. What is damaged in the browser's storage is left out. */
export function ownPresets(): Preset[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(kept) ? kept.flatMap(preset => asPreset(preset) ?? []) : [];
  } catch {
    return [];
  }
}

/** Keeps a preset in place of one of the same name; false: the browser keeps nothing. */
export function keepPreset(preset: Preset): boolean {
  const others = ownPresets().filter(({ name }) => name !== preset.name);
  return store([...others, preset].sort((a, b) => a.name.localeCompare(b.name)));
}

export function deletePreset(name: string): void {
  store(ownPresets().filter(preset => preset.name !== name));
}

function store(own: readonly Preset[]): boolean {
  try {
    localStorage.setItem(storageKey, JSON.stringify(own));
    return true;
  } catch {
    return false;
  }
}

function asPreset(value: unknown): Preset | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, settings } = value as Record<string, unknown>;
  if (typeof name !== 'string' || typeof settings !== 'object' || settings === null) return undefined;
  return { name, settings: soundSettings(settings as Record<string, unknown>) };
}

/** What of settings from outside is as it should be. */
export function soundSettings(from: Readonly<Record<string, unknown>>): Settings {
  const settings: Settings = {};
  for (const key of Object.keys(ranges) as NumberKey[]) {
    const read = typeof from[key] === 'number' ? readNumber(String(from[key]), ranges[key]) : undefined;
    if (read && 'value' in read && read.value !== undefined) settings[key] = read.value;
  }
  if (typeof from.system === 'string') settings.system = from.system;
  const { stop } = from;
  if (Array.isArray(stop)) settings.stop = stop.filter(text => typeof text === 'string' && text !== '');
  return settings;
}
