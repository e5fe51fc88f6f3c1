// The experts' colours: seen on the paper, and told apart by every eye.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');

type Rgb = readonly [number, number, number];
const themes = ['light', 'dark'] as const;

/** A colour of tokens.css in linear light. */
function color(name: string, theme: (typeof themes)[number]): Rgb {
  const pair = css.match(new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`));
  const hex = pair?.[theme === 'light' ? 1 : 2];
  if (!hex) throw new Error(`tokens.css has no --${name} in the form that this test reads`);
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(0), channel(2), channel(4)];
}

/** As WCAG 2 has it. */
function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** What an eye makes of linear light: matrices of Machado, Oliveira and Fernandes (2009), severity 1. */
const eyes: Record<string, readonly Rgb[]> = {
  'all cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue cones': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function times(matrix: readonly Rgb[], [r, g, b]: Rgb): Rgb {
  return matrix.map(row => row[0] * r + row[1] * g + row[2] * b) as unknown as Rgb;
}

/** OKLab, where equal distances look equally far. */
function oklab(rgb: Rgb): Rgb {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb.map(value => Math.max(0, value)) as unknown as Rgb,
  ).map(Math.cbrt) as unknown as Rgb;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

const experts = Array.from({ length: 8 }, (_, expert) => `expert-${expert + 1}`);

describe.each(themes)('%s', theme => {
  it.each(experts)('%s stands out from the paper', name => {
    expect(contrast(color(name, theme), color('paper', theme))).toBeGreaterThanOrEqual(3);
    expect(contrast(color(name, theme), color('raised', theme))).toBeGreaterThanOrEqual(3);
  });

  // Neighbours of a single hue that people just tell apart are 0.02 away from each other.
  it.each(Object.entries(eyes))('any two are far apart for eyes with %s', (_, matrix) => {
    const seen = experts.map(name => oklab(times(matrix, color(name, theme))));
    for (const [i, a] of seen.entries()) {
      for (const [j, b] of seen.slice(0, i).entries()) {
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
        expect(distance, `${experts[i]} and ${experts[j]}`).toBeGreaterThan(0.09);
      }
    }
  });
});
