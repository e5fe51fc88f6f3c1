import type { tune as english } from '../en/tune.ts';
import type { Same } from '../same.ts';

export const tune: Same<typeof english> = {};
