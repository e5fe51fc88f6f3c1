// The budget for experts, counted in experts.

import type { ExpertStats, Regime } from '../../lib/src/index.ts';
import type { RouterShape } from '../state/routing-log.ts';

export function expertsOf({ layers, experts }: RouterShape): number {
  return layers * experts;
}

/** What one takes on the GPU, where it may be more than in the pack. */
export function expertBytes({ budgetBytes, slots }: ExpertStats): number {
  return budgetBytes / slots;
}

/** The engine refuses less than one layer's experts. */
export function fewestExperts({ experts }: RouterShape): number {
  return experts;
}

export function regimeOf(shape: RouterShape, slots: number): Exclude<Regime, 'too small'> {
  if (slots >= expertsOf(shape)) return 'resident';
  return slots >= shape.layers * shape.expertsPerToken ? 'slots' : 'pool';
}
