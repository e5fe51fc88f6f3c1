import type { MixtabError } from '../../lib/src/index.ts';
import { t } from '../i18n/index.ts';

/** What the store tells by a word of its own, and the visitor can do something about. */
const reasons = [
  ...(['empty', 'checkpoint', 'newer', 'incomplete', 'away', 'locked'] as const),
  ...(['network', 'missing', 'damaged', 'quota', 'unavailable', 'busy', 'deleted'] as const),
];

/** What went wrong with a pack and what to do, in the visitor's words. */
export function problemText(error: MixtabError): string {
  const reason = reasons.find(known => known === error.reason);
  if (reason) return t(`models.problem.${reason}`);
  if (error.code === 'bad_request') return t('models.problem.address');
  return `${t(`failure.${error.code}.title`)}. ${t(`failure.${error.code}.remedy`)}`;
}
