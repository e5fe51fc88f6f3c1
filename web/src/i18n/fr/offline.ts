import type { offline as english } from '../en/offline.ts';
import type { Same } from '../same.ts';

export const offline: Same<typeof english> = {
  label: 'À propos de cette page',
  update: 'Une nouvelle version de cette page est prête. Vos conversations restent.',
  reload: 'Recharger',
  later: 'Plus tard',
  dismiss: 'Fermer',
  evicted:
    'Votre navigateur avait supprimé le modèle pour libérer de l’espace disque\u00a0; il est donc téléchargé à nouveau.',
  evictedOffline:
    'Votre navigateur a supprimé le modèle pour libérer de l’espace disque. Connectez-vous au réseau et réessayez\u00a0; vos conversations sont toujours là.',
  unkept:
    'Ce navigateur ne permet pas de garder la page pour une utilisation sans réseau, comme souvent en navigation privée. Tout le reste fonctionne.',
  install: 'Installer comme application',
};
