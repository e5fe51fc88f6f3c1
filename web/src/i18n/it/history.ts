import type { history as english } from '../en/history.ts';
import type { Same } from '../same.ts';

export const history: Same<typeof english> = {};
