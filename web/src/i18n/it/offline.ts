import type { offline as english } from '../en/offline.ts';
import type { Same } from '../same.ts';

export const offline: Same<typeof english> = {
  label: 'Su questa pagina',
  update: 'È pronta una nuova versione di questa pagina. Le tue conversazioni restano.',
  reload: 'Ricarica',
  later: 'Più tardi',
  dismiss: 'Chiudi',
  evicted:
    'Il browser aveva eliminato il modello per liberare spazio su disco, perciò lo si sta scaricando di nuovo.',
  evictedOffline:
    'Il browser ha eliminato il modello per liberare spazio su disco. Collegati alla rete e riprova; le tue conversazioni sono ancora qui.',
  unkept:
    'Questo browser non permette di conservare la pagina per l’uso senza rete, come succede nelle finestre private. Tutto il resto funziona.',
  install: 'Installa come app',
};
