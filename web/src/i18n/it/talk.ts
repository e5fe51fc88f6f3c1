import type { talk as english } from '../en/talk.ts';
import type { Same } from '../same.ts';

export const talk: Same<typeof english> = {};
