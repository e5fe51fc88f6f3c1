import type { see as english } from '../en/see.ts';
import type { Same } from '../same.ts';

export const see: Same<typeof english> = {};
