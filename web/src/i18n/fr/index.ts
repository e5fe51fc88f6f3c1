import type { Texts } from '../en/index.ts';
import { history } from './history.ts';
import { models } from './models.ts';
import { offline } from './offline.ts';
import { page } from './page.ts';
import { see } from './see.ts';
import { talk } from './talk.ts';
import { tune } from './tune.ts';

export const texts: Texts = { ...page, history, talk, tune, models, see, offline };
