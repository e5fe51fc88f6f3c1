import type { see as english } from '../en/see.ts';
import type { Same } from '../same.ts';

export const see: Same<typeof english> = {
  title: 'Ce que fait le moteur',
  open: 'Voir ce que fait le moteur',
  close: 'Fermer',
  experts: 'Experts',
  engine: 'Moteur',
  notYet: 'Le modèle ne tourne pas. Ce qu’il fait apparaîtra ici dès qu’il tournera.',

  explain: {
    title: 'Comment le lire',
    experts:
      'Dans chacune de ses {{layers}} couches, ce modèle a {{experts}} experts, de petits réseaux placés côte à côte.',
    router:
      'Pour chaque jeton, un routeur en choisit {{picked}} par couche et mêle ce qu’ils disent selon leur poids\u00a0; les autres se reposent.',
    picture:
      'Ici, chaque colonne est un jeton et chaque ligne une couche\u00a0: la couleur désigne l’expert, la hauteur son poids, et celui qui est pâle et encadré a d’abord dû être chargé dans la mémoire du GPU.',
  },
  empty: 'Posez une question\u00a0: les jetons de la réponse apparaissent ici au fur et à mesure.',
  picture: 'Experts par jeton et par couche',
  pictureKeys: 'Les flèches passent d’une case à l’autre.',
  hint: 'Pointez une case, ou parcourez-les avec les flèches.',
  place: 'Couche {{layer}}, jeton {{token}} «\u00a0{{text}}\u00a0»',
  column: 'Jeton {{token}} «\u00a0{{text}}\u00a0»',
  share: 'expert {{expert}} à {{share}}',
  shareFetched: 'expert {{expert}} à {{share}}, chargé d’abord',
  expert: 'Expert {{expert}}',
  fetched: 'chargé d’abord',

  showTable: 'Voir en tableau',
  showPicture: 'Voir en image',
  table: 'Experts et poids des derniers jetons',
  tableOne: 'Experts et poids du jeton choisi',
  layer: 'Couche',
  savePicture: 'Enregistrer l’image',
  saveNumbers: 'Enregistrer les chiffres',
  saveFailed: 'Le fichier n’a pas pu être créé\u00a0: {{reason}}',

  usage: 'Combien de fois chaque expert a été choisi',
  usageNote_one: 'Sur toutes les couches de {{count}} jeton\u00a0; le trait marque une part égale.',
  usageNote_other: 'Sur toutes les couches de {{count}} jetons\u00a0; le trait marque une part égale.',
  fetching: 'Chargement des experts',
  hitRate: 'Déjà dans la mémoire du GPU',
  moved: 'Chargé dans celle-ci',
  waited: 'Temps d’attente',
  sinceOpened: 'Depuis l’ouverture du modèle.',
  milliseconds: '{{ms}} ms',
  seconds: '{{seconds}} s',

  probabilities: 'Montrer les probabilités des jetons',
  probabilitiesHelp:
    'Dès la prochaine réponse\u00a0: pointez un jeton de la réponse, ou parcourez-la avec les flèches, pour voir ce que le modèle aurait pu écrire d’autre. Ces réponses s’affichent en texte brut.',
  answerTokens: 'Réponse, jeton par jeton',
  answerTokensKeys: 'Les flèches passent d’un jeton à l’autre.',
  candidate: '«\u00a0{{text}}\u00a0» {{share}}',
  instead: 'Aurait pu être aussi\u00a0: {{others}}',
  nextToken: 'Ce que le modèle aurait pu écrire ici',

  speed: 'Vitesse',
  tokensPerSecond: 'Jetons par seconde',
  firstToken: 'Délai du premier jeton',
  pace: 'Jetons par seconde au fil de la dernière réponse, de {{low}} à {{high}}',
  context: 'Contexte',
  used: 'Occupé',
  contextUsed: '{{used}} jetons sur {{size}}',
  contextHelp:
    'Ce que le modèle peut voir d’un coup. Quand il est plein, les messages les plus anciens sont laissés de côté.',
  memory: 'Mémoire',
  budget: 'Mémoire du GPU pour les experts',
  budgetValue: '{{slots}} experts sur {{all}}, {{size}}',
  budgetMeans: {
    resident: 'Les {{all}} experts y tiennent tous\u00a0: aucun jeton n’attend.',
    slots:
      '{{slots}} experts sur {{all}} y tiennent, et un jeton en demande {{needed}}. Ceux qui manquent sont d’abord chargés\u00a0: il faudra attendre.',
    pool: '{{slots}} experts sur {{all}} y tiennent, moins que les {{needed}} que demande un jeton. Chaque couche attend\u00a0: les réponses seront lentes.',
  },
  budgetHelp: 'Les réponses restent les mêmes quel que soit votre choix\u00a0; seule leur vitesse change.',
  budgetFailed: 'Rien n’a changé\u00a0: {{reason}}',
  gpuMemory: 'Mémoire du GPU utilisée',
  heap: 'Mémoire du programme',
  dispatches: 'Commandes au GPU par jeton',
  machine: 'Machine',
  adapter: 'GPU',
  model: 'Modèle',
  connection: 'Connexion',
  online: 'En ligne (les réponses n’en ont pas besoin)',
  offline: 'Hors ligne',
  unknown: 'pas encore connu',
  expertsFit: '{{slots}} experts sur {{all}} en mémoire',
};
