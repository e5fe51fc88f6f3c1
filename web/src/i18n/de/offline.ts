import type { offline as english } from '../en/offline.ts';
import type { Same } from '../same.ts';

export const offline: Same<typeof english> = {
  label: 'Zu dieser Seite',
  update: 'Eine neue Version dieser Seite ist bereit. Ihre Unterhaltungen bleiben.',
  reload: 'Neu laden',
  later: 'Später',
  dismiss: 'Schließen',
  evicted:
    'Der Browser hatte das Modell gelöscht, um Speicherplatz freizugeben; es wird deshalb noch einmal heruntergeladen.',
  evictedOffline:
    'Der Browser hat das Modell gelöscht, um Speicherplatz freizugeben. Verbinden Sie sich mit dem Netz und versuchen Sie es erneut; Ihre Unterhaltungen sind noch da.',
  unkept:
    'Dieser Browser lässt nicht zu, dass die Seite für die Nutzung ohne Netz aufbewahrt wird, wie in privaten Fenstern üblich. Alles andere funktioniert.',
  install: 'Als App installieren',
};
