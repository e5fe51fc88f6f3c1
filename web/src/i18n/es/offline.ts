import type { offline as english } from '../en/offline.ts';
import type { Same } from '../same.ts';

export const offline: Same<typeof english> = {};
