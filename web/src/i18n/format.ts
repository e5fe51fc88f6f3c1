// Numbers in the reader's format.

import { language } from './index.ts';

const formats = new Map<string, Intl.NumberFormat>();

function format(value: number, options: Intl.NumberFormatOptions): string {
  const key = `${language()} ${JSON.stringify(options)}`;
  let formatter = formats.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(language(), options);
    formats.set(key, formatter);
  }
  return formatter.format(value);
}

export function integer(value: number): string {
  return format(value, { maximumFractionDigits: 0 });
}

/** One digit after the point where it tells something. */
export function decimal(value: number): string {
  return format(value, { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** As it would be typed: up to three digits after the point, none grouped. */
export function plain(value: number): string {
  return format(value, { maximumFractionDigits: 3, useGrouping: false });
}

export function percent(share: number): string {
  return format(share, { style: 'percent', maximumFractionDigits: 0 });
}

/** A probability: one below 1 % is not nothing. */
export function chance(share: number): string {
  return format(share, { style: 'percent', maximumFractionDigits: share < 0.01 ? 1 : 0 });
}

/** Megabytes below a gigabyte, which is how packs are told apart. */
export function bytes(value: number): string {
  const giga = value >= 1e9;
  return format(value / (giga ? 1e9 : 1e6), {
    style: 'unit',
    unit: giga ? 'gigabyte' : 'megabyte',
    unitDisplay: 'short',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

/** Of files that may be small: bytes, kilobytes or megabytes. */
export function fileSize(value: number): string {
  const power = value < 1e3 ? 0 : value < 1e6 ? 1 : 2;
  return format(value / 1e3 ** power, {
    style: 'unit',
    unit: ['byte', 'kilobyte', 'megabyte'][power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 2 ? 1 : 0,
  });
}

/** "12.3 MB/s" */
export function rate(bytesPerSecond: number): string {
  return format(bytesPerSecond / 1e6, {
    style: 'unit',
    unit: 'megabyte-per-second',
    unitDisplay: 'short',
    maximumFractionDigits: bytesPerSecond < 1e8 ? 1 : 0,
  });
}

/** In the largest unit of which there is one, as nobody can tell it better. */
export function duration(seconds: number): string {
  const [unit, value] =
    seconds >= 5400
      ? ['hour', seconds / 3600]
      : seconds >= 90
        ? ['minute', seconds / 60]
        : ['second', seconds];
  return format(Math.ceil(value as number), { style: 'unit', unit: unit as string, unitDisplay: 'short' });
}
