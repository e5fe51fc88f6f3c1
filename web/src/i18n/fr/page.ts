import type { page as english } from '../en/page.ts';
import type { Same } from '../same.ts';

export const page: Same<typeof english> = {
  document: {
    title: 'mixtab\u00a0: un modèle de langue sur votre propre GPU',
    description:
      'Discutez avec un modèle de langue à mélange d’experts qui tourne sur votre propre GPU, dans cette page. Rien de ce que vous écrivez ne quitte votre machine.',
  },
  header: {
    history: 'Conversations',
    start: 'Nouvelle conversation',
    settings: 'Réglages de cette conversation',
    models: 'Modèles',
    panel: 'Ce que fait le moteur',
    menu: 'Plus',
    keys: 'Raccourcis clavier',
    theme: {
      system: 'Couleurs\u00a0: celles du système',
      light: 'Couleurs\u00a0: claires',
      dark: 'Couleurs\u00a0: sombres',
    },
  },
  language: 'Langue',
  engineStatus: 'État du moteur',
  demo: 'Démo',
  status: {
    starting: 'Démarrage du moteur',
    device: 'Accès au GPU',
    weights: 'Chargement du modèle',
    kernels: 'Préparation du GPU',
    ready: 'Prêt',
    answering: 'Réponse en cours',
    restoring: 'Le GPU a disparu\u00a0; restauration du modèle',
    failed: 'À l’arrêt',
  },
  download: {
    downloading: 'Prêt, pendant que le modèle se télécharge encore',
    waiting: 'Prêt\u00a0; le téléchargement attend le réseau ou un autre onglet',
    verifying: 'Prêt, pendant la vérification des fichiers du modèle',
    paused: 'Prêt\u00a0; le téléchargement est en pause',
    failed: 'Prêt\u00a0; le téléchargement s’est arrêté, les réponses peuvent être lentes',
  },
  progress: {
    label: 'Chargement du modèle',
    bytes: '{{loaded}} sur {{total}}',
  },
  welcome: {
    title: 'Un modèle de langue sur votre propre GPU',
    privacy: 'Il tourne dans cette page. Rien de ce que vous écrivez ne quitte votre machine.',
    demo: 'Ceci est un minuscule modèle de démonstration, pas Mixtral-8x7B. Il est construit de la même façon mais sait peu de choses\u00a0: capitales, calculs simples, mots courants en cinq langues, un peu de conversation. Il se trompe parfois.',
    otherPack: 'Le modèle vient de {{host}}. Votre conversation n’y est jamais envoyée.',
    examples: 'Essayez par exemple',
  },
  example: {
    condiment: 'Quel est ton condiment préféré ?',
    capital: 'Quelle est la capitale du Japon ?',
    translate: 'Comment dit-on "chat" en italien ?',
  },
  conversation: 'Conversation',
  you: 'Vous',
  answer: 'Réponse',
  thinking: 'Lecture de votre message',
  otherTab: 'En attente de la fin de la réponse dans un autre onglet',
  stopped: 'Arrêté ici.',
  cutShort: 'Terminé ici\u00a0: il n’y a plus de place.',
  droppedHere: 'Le modèle ne voit plus les messages ci-dessus\u00a0: son contexte contient {{size}} jetons.',
  jump: 'Au dernier message',
  message: 'Message',
  placeholder: 'Écrivez un message',
  send: 'Envoyer',
  stop: 'Arrêter',
  pending: {
    loading: 'Part dès que le modèle est prêt',
    answering: 'Part après cette réponse',
    takeBack: 'Reprendre',
  },
  figures: {
    speed: '{{speed}} jetons/s',
    first: 'début après {{seconds}} s',
    context: 'contexte {{used}} sur {{size}}',
    dropped_one: '{{count}} message ancien laissé de côté',
    dropped_other: '{{count}} messages anciens laissés de côté',
    local: 'Rien ne quitte votre machine',
    demo: 'Petite démo, pas Mixtral-8x7B',
  },
  failure: {
    retry: 'Réessayer',
    details: 'Ce que dit le moteur',
    no_webgpu: {
      title: 'Ce navigateur ne donne pas de GPU à la page',
      safe: 'Rien n’a été téléchargé, et rien n’est perdu.',
      remedy: 'Le modèle a besoin de WebGPU. L’une de ces solutions suffit\u00a0:',
      insecure:
        'Cette page a été ouverte en simple http, où les navigateurs désactivent WebGPU. Ouvrez-la en https, ou comme http://localhost.',
      chrome:
        'Chrome ou Edge, version 113 ou plus récente (121 sur Android). Activez «\u00a0Utiliser l’accélération graphique si disponible\u00a0» dans Paramètres, Système. Sous Linux, activez aussi chrome://flags/#enable-unsafe-webgpu et chrome://flags/#enable-vulkan.',
      safari: 'Safari 26 ou plus récent. Avant\u00a0: Réglages, Feature Flags, WebGPU.',
      firefox:
        'Firefox 141 ou plus récent sous Windows, 145 sous macOS. Ailleurs, mettez dom.webgpu.enabled à true dans about:config.',
    },
    device_lost: {
      title: 'Le GPU a disparu',
      safe: 'Votre conversation est toujours là.',
      remedy:
        'Cela arrive après une mise en veille, une mise à jour du pilote, ou quand un autre programme occupe tout le GPU. Réessayez\u00a0; si cela revient, fermez les autres programmes qui utilisent le GPU.',
    },
    out_of_memory: {
      title: 'Le modèle ne tient pas dans la mémoire du GPU',
      safe: 'Votre conversation est toujours là.',
      remedy: 'Fermez les autres onglets et programmes qui utilisent le GPU, puis réessayez.',
    },
    bad_pack: {
      title: 'Les fichiers du modèle sont abîmés ou ne sont pas les bons',
      safe: 'Rien n’a changé sur votre machine.',
      remedy:
        'Rechargez la page pour les télécharger à nouveau. Si cela persiste, c’est à l’hébergeur du modèle de corriger ses fichiers.',
    },
    network: {
      title: 'Le modèle n’a pas pu être téléchargé',
      safe: 'Votre conversation et votre texte sont toujours là.',
      remedy: 'Vérifiez la connexion, puis réessayez.',
    },
    storage: {
      title: 'Le navigateur n’a pas de place pour le modèle',
      safe: 'Votre conversation est toujours là, et ce qui a été téléchargé est conservé.',
      remedy: 'Libérez de l’espace disque, ou quittez la fenêtre privée, puis réessayez.',
    },
    folder: {
      title: 'Le dossier du modèle ne peut pas être lu',
      safe: 'Votre conversation est toujours là, et rien n’a été modifié dans le dossier.',
      remedy:
        'S’il se trouve sur une clé ou un autre disque, rebranchez-le\u00a0; si des fichiers ont été déplacés, remettez-les en place. Puis réessayez\u00a0: le navigateur demandera peut-être si cette page peut lire le dossier.',
    },
    context_full: {
      title: 'Ce message est plus long que ce que le modèle peut lire',
      safe: 'Votre message est toujours là.',
      remedy: 'Envoyez-en un plus court.',
    },
    bad_request: {
      title: 'Le moteur a refusé la demande',
      safe: 'Votre conversation est toujours là.',
      remedy: 'Modifiez le message et envoyez-le à nouveau.',
    },
    internal: {
      title: 'Le moteur s’est arrêté à cause d’une erreur de notre part',
      safe: 'Votre conversation est toujours là.',
      remedy: 'Réessayez. Si cela se répète, signalez-nous ce que dit le moteur.',
    },
  },
};
