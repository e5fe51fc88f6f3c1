import type { models as english } from '../en/models.ts';
import type { Same } from '../same.ts';

export const models: Same<typeof english> = {
  title: 'Modèles',
  close: 'Fermer',
  intro:
    'Un modèle est un dossier de fichiers, un paquet. Il tourne sur cette machine, d’où que viennent les fichiers.',
  list: 'Modèles que cette page connaît',
  demo: 'Démo intégrée',
  inUse: 'En service',
  licence: 'Licence\u00a0: {{licence}}',
  source: 'Vient de {{source}}',
  torrent: 'Télécharger par torrent',
  torrentHint:
    'n’importe quel logiciel BitTorrent le récupère\u00a0; choisissez ensuite son dossier plus bas.',
  quality: {
    f32: 'exactement comme publié',
    f16: 'pratiquement comme publié',
    q8: 'arrondi à 8 bits\u00a0: presque aucune perte',
    q4: 'arrondi à 4 bits\u00a0: légère perte, deux fois plus petit qu’à 8 bits',
  },
  state: {
    stored: 'Il est entièrement dans ce navigateur.',
    none: 'Pas encore téléchargé.',
    partly: '{{share}} du modèle, soit {{stored}}, est dans ce navigateur.',
    ready: 'Lu dans un dossier de cette machine.',
    locked:
      'Il est dans un dossier de cette machine, que le navigateur ne laisse lire qu’après une nouvelle autorisation de votre part.',
    away: 'Son dossier est introuvable. Branchez le disque où il se trouve, ou choisissez de nouveau le dossier.',
  },
  work: {
    downloading: 'Téléchargement',
    copying: 'Copie',
    verifying: 'Vérification',
    waiting: 'En attente du réseau ou d’un autre onglet',
  },
  done: '{{done}} sur {{total}}, vérifiés à l’arrivée',
  left: 'encore {{time}}',
  short: 'Selon l’estimation du navigateur, il manquera {{size}}.',
  verified_one: 'Le fichier est tel qu’il doit être.',
  verified_other: 'Les {{files}} fichiers sont tels qu’ils doivent être.',
  damaged_one: '{{files}} fichier était endommagé et a été téléchargé de nouveau.',
  damaged_other: '{{files}} fichiers étaient endommagés et ont été téléchargés de nouveau.',
  damagedInFolder_one: '{{files}} fichier du dossier est endommagé ou absent. Recopiez-y le paquet.',
  damagedInFolder_other: '{{files}} fichiers du dossier sont endommagés ou absents. Recopiez-y le paquet.',
  action: {
    allow: 'Autoriser la lecture',
    use: 'Utiliser ce modèle',
    startNow: 'Commencer à discuter',
    download: 'Télécharger {{size}}',
    resume: 'Reprendre, encore {{size}}',
    copy: 'Copier {{size}} dans le stockage du navigateur',
    resumeCopy: 'Continuer la copie, encore {{size}}',
    pause: 'Pause',
    cancel: 'Annuler',
    stop: 'Arrêter la vérification',
    measure: 'Est-ce que ça tient\u00a0?',
    verify: 'Vérifier',
    remove: 'Supprimer',
    forget: 'Oublier',
  },
  ask: {
    remove: 'Le supprimer de ce navigateur\u00a0? Cela libère {{size}}.',
    forget: 'Oublier ce dossier\u00a0? Rien n’y est modifié.',
    yes: 'Le supprimer',
    yesForget: 'L’oublier',
    no: 'Le garder',
  },
  removed: '{{name}} est supprimé.',
  forgotten: 'Le dossier de {{name}} est oublié.',
  undo: 'Rétablir',
  check: {
    title: 'Est-ce que ça tient\u00a0?',
    disk: 'Disque',
    memory: 'Mémoire du GPU',
    speed: 'Vitesse',
    measuring: 'Mesure de la mémoire et de la vitesse, avec un expert du modèle…',
    about:
      'Un expert est une partie du modèle\u00a0; chaque mot en utilise deux par couche. Mesuré sur {{adapter}}, à un facteur deux près.',
    against: '{{have}} disponibles, {{need}} nécessaires',
    paced: '{{have}} attendus\u00a0; on en lit environ {{need}}',
    pace: '{{words}} mots/s',
  },
  disk: {
    stored: 'Il n’y a plus rien à télécharger.',
    folder: 'Il est lu là où il est, sans copie.',
    fits: 'Il tient sur le disque.',
    short: 'Il ne tient pas sur le disque\u00a0: il manque {{size}}.',
    unkept: 'Cette fenêtre ne garde pas de fichiers\u00a0: il est téléchargé à chaque visite.',
  },
  gpu: {
    all: 'Tous les experts tiennent dans votre GPU\u00a0; attendez-vous à {{expect}}.',
    half: 'La moitié des experts tient dans votre GPU\u00a0; attendez-vous à {{expect}}.',
    share: '{{share}} des experts tiennent dans votre GPU\u00a0; attendez-vous à {{expect}}.',
    none: 'Votre GPU n’a pas assez de mémoire pour lui.',
    words: 'environ {{words}} mots par seconde',
    seconds: 'environ {{seconds}} secondes par mot',
  },
  add: {
    title: 'Ajouter un modèle',
    address: 'Depuis une adresse',
    addressHint:
      'L’adresse du dossier qui contient manifest.json. Ce que le modèle demande est montré avant le téléchargement.',
    look: 'Examiner',
    looking: 'Recherche…',
    folder: 'Depuis cette machine',
    folderHint:
      'Un dossier sur un disque ou une clé, choisi ou déposé ici. Il est lu là où il est\u00a0; rien n’est copié.',
    choose: 'Choisir un dossier',
  },
  problem: {
    details: 'Détails',
    list: 'La liste des modèles n’a pas pu être lue.',
    address: 'Ce n’est pas une adresse. Elle commence par https:// et finit par le dossier du paquet.',
    file: 'Ce n’est pas un dossier. Déposez le dossier qui contient manifest.json, pas ses fichiers.',
    empty:
      'Ce dossier n’est pas un paquet\u00a0: il n’a pas de manifest.json. Rien n’y a été modifié. Choisissez le dossier qui en a un.',
    checkpoint:
      'C’est un modèle tel que Hugging Face le publie, pas encore empaqueté. Empaquetez-le une fois avec «\u00a0go run ./tools/pack -in DOSSIER -out PAQUET -format q4\u00a0» depuis les sources de mixtab, puis choisissez PAQUET.',
    newer:
      'Ce paquet a été fait pour une version plus récente de mixtab. Rechargez la page\u00a0; si cela ne suffit pas, c’est à l’hébergeur de mettre mixtab à jour.',
    incomplete:
      'Il manque au dossier des fichiers du paquet. Rien n’est perdu. Recopiez-y le paquet, ou remettez les fichiers, puis réessayez.',
    away: 'Le dossier est introuvable. Rien n’est perdu. Branchez le disque où il se trouve, ou choisissez de nouveau le dossier.',
    locked:
      'Le navigateur ne laisse pas la page lire ce dossier. Choisissez «\u00a0Autoriser la lecture\u00a0» et acceptez.',
    network:
      'Le serveur est injoignable ou a coupé. Ce qui est arrivé est gardé. Vérifiez la connexion et réessayez.',
    missing:
      'Il n’y a pas de paquet à cette adresse, ou pas en entier. Vérifiez l’adresse\u00a0: c’est celle du dossier qui contient manifest.json.',
    damaged:
      'Ces fichiers ne sont pas un paquet, ou sont endommagés. Vérifiez que c’est le bon endroit\u00a0; si oui, il faut y recopier le paquet.',
    quota:
      'Le navigateur n’a plus de place. Ce qui est arrivé est gardé. Libérez de l’espace ou supprimez un autre modèle, puis reprenez.',
    unavailable:
      'Cette fenêtre ne garde pas de fichiers, peut-être parce qu’elle est privée. Le modèle fonctionne quand même, mais il est téléchargé à chaque fois. Un dossier de cette machine ne demande pas de téléchargement.',
    busy: 'Un autre onglet utilise ces fichiers. Fermez les autres onglets de cette page et réessayez.',
    deleted: 'Le modèle a été supprimé de ce navigateur entre-temps. Téléchargez-le de nouveau.',
  },
  storage: {
    title: 'Stockage',
    used: 'Cette page utilise {{used}} sur les {{quota}} que le navigateur offre.',
    kept: 'Le navigateur le garde jusqu’à ce que vous le supprimiez.',
    unsure: 'Le navigateur peut le supprimer de lui-même quand le disque est plein.',
    ask: 'Demander au navigateur de le garder',
    private:
      'Cette fenêtre ne garde pas de fichiers, peut-être parce qu’elle est privée. Les modèles sont téléchargés à chaque visite\u00a0; un dossier de cette machine ne demande pas de téléchargement.',
  },
  chip: {
    open: '{{model}}\u00a0: ouvrir la liste des modèles',
    ready: 'prêt',
    loading: 'chargement',
    paused: 'en pause',
    stopped: 'téléchargement arrêté',
    failed: 'à l’arrêt',
    other: 'Modèle',
  },
};
