import type { tune as english } from '../en/tune.ts';
import type { Same } from '../same.ts';

export const tune: Same<typeof english> = {
  title: 'Réglages de cette conversation',
  about: 'Vos changements valent dès la prochaine réponse, dans cette conversation seulement.',
  close: 'Fermer',
  more: 'Autres réglages',
  reset: 'Revenir aux réglages du modèle',
  modelsOwn: 'celui du modèle',
  random: 'au hasard',
  noLimit: 'sans limite',
  fault: {
    number: 'Ce n’est pas un nombre.',
    whole: 'Il faut ici un nombre entier.',
    range: 'Il faut ici un nombre de {{min}} à {{max}}.',
    least: 'Il faut ici un nombre d’au moins {{min}}.',
  },
  preset: {
    legend: 'Réglages tout prêts',
    precise: {
      name: 'Précis',
      hint: 'S’en tient aux mots les plus probables\u00a0: pour les faits, le code, la traduction.',
    },
    balanced: {
      name: 'Équilibré',
      hint: 'Les réglages du modèle.',
    },
    imaginative: {
      name: 'Imaginatif',
      hint: 'Ose des mots moins probables et se répète moins\u00a0: pour les récits et les idées.',
    },
    none: 'Vos propres réglages.',
    keep: 'Garder ces réglages',
    nameOf: 'Nom',
    save: 'Garder',
    saved: 'Gardé dans ce navigateur sous le nom «\u00a0{{name}}\u00a0».',
    notSaved: 'Ce navigateur ne garde rien, peut-être parce que la fenêtre est privée.',
    delete: 'Supprimer «\u00a0{{name}}\u00a0»',
    deleted: '«\u00a0{{name}}\u00a0» a été supprimé.',
  },
  system: {
    name: 'Consignes',
    placeholder: 'Réponds brièvement, comme à un enfant.',
    hint: 'Ce que le modèle lit avant la conversation\u00a0: qui il est, comment il doit répondre.',
  },
  temperature: {
    name: 'Température',
    hint: 'La liberté dans le choix des mots\u00a0: à 0 toujours le plus probable, plus haut plus surprenant.',
  },
  topP: {
    name: 'Top-p',
    hint: 'Choisit seulement parmi les mots les plus probables qui réunissent cette probabilité\u00a0; 1 n’en écarte aucun.',
  },
  topK: {
    name: 'Top-k',
    hint: 'Choisit seulement parmi ce nombre de mots les plus probables\u00a0; 0 n’en écarte aucun.',
  },
  minP: {
    name: 'Min-p',
    hint: 'Écarte les mots moins probables que cette part du plus probable.',
  },
  repetitionPenalty: {
    name: 'Pénalité de répétition',
    hint: 'Au-dessus de 1, les mots déjà présents dans la réponse deviennent moins probables.',
  },
  frequencyPenalty: {
    name: 'Pénalité de fréquence',
    hint: 'Rend un mot moins probable à chaque emploi\u00a0; en dessous de 0, plus probable.',
  },
  presencePenalty: {
    name: 'Pénalité de présence',
    hint: 'Rend un mot moins probable dès son premier emploi, ce qui amène de nouveaux sujets.',
  },
  maxTokens: {
    name: 'Longueur maximale',
    hint: 'La réponse s’arrête après ce nombre de jetons\u00a0; un jeton vaut environ trois quarts de mot.',
  },
  seed: {
    name: 'Graine',
    hint: 'Le même nombre redonne la même réponse à la même conversation.',
  },
  stop: {
    name: 'Textes d’arrêt',
    hint: 'La réponse s’arrête avant l’un de ces textes, un par ligne.',
  },
};
