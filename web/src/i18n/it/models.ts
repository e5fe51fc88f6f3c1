import type { models as english } from '../en/models.ts';
import type { Same } from '../same.ts';

export const models: Same<typeof english> = {};
