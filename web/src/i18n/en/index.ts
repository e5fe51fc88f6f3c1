// All English texts, a file for each area of the page.

import type { Same } from '../same.ts';
import { history } from './history.ts';
import { models } from './models.ts';
import { offline } from './offline.ts';
import { page } from './page.ts';
import { see } from './see.ts';
import { talk } from './talk.ts';
import { tune } from './tune.ts';

export const texts = { ...page, history, talk, tune, models, see, offline };

/** The texts of any language. */
export type Texts = Same<typeof texts>;
