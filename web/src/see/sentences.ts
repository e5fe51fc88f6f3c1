// What a cell or a column shows, in words.

import { percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { RoutingLog } from '../state/routing-log.ts';
import type { Cell, SeeStore } from '../state/see-store.ts';
import { shown } from './words.ts';

/** "Layer 3, token 17 “lemon”", or without the layer where the whole column is meant. */
export function placeOf(see: SeeStore, log: RoutingLog, { token, layer }: Cell): string {
  const place = { token: log.index(token) + 1, text: shown(see.token(token)?.text ?? '') };
  return layer === undefined ? t('see.column', place) : t('see.place', { ...place, layer: layer + 1 });
}

/** "expert 5 with 62 %, expert 1 with 38 %" */
export function sharesOf(log: RoutingLog, token: number, layer: number): string {
  return Array.from({ length: log.shape.expertsPerToken }, (_, rank) =>
    t(log.loaded(token, layer, rank) ? 'see.shareFetched' : 'see.share', {
      expert: log.expert(token, layer, rank) + 1,
      share: percent(log.weight(token, layer, rank)),
    }),
  ).join(', ');
}
