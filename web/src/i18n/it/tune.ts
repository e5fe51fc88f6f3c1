import type { tune as english } from '../en/tune.ts';
import type { Same } from '../same.ts';

export const tune: Same<typeof english> = {
  title: 'Impostazioni di questa conversazione',
  about: 'Le modifiche valgono dalla prossima risposta, solo in questa conversazione.',
  close: 'Chiudi',
  more: 'Altre impostazioni',
  reset: 'Torna alle impostazioni del modello',
  modelsOwn: 'quella del modello',
  random: 'a caso',
  noLimit: 'senza limite',
  fault: {
    number: 'Non è un numero.',
    whole: 'Qui serve un numero intero.',
    range: 'Qui serve un numero da {{min}} a {{max}}.',
    least: 'Qui serve un numero non minore di {{min}}.',
  },
  preset: {
    legend: 'Impostazioni pronte',
    precise: {
      name: 'Preciso',
      hint: 'Resta sulle parole più probabili: per fatti, codice e traduzioni.',
    },
    balanced: {
      name: 'Equilibrato',
      hint: 'Le impostazioni del modello.',
    },
    imaginative: {
      name: 'Fantasioso',
      hint: 'Osa parole meno probabili e si ripete meno: per racconti e idee.',
    },
    none: 'Le tue impostazioni.',
    keep: 'Conserva queste impostazioni',
    nameOf: 'Nome',
    save: 'Conserva',
    saved: 'Conservate in questo browser come «{{name}}».',
    notSaved: 'Questo browser non conserva nulla, forse perché la finestra è privata.',
    delete: 'Elimina «{{name}}»',
    deleted: '«{{name}}» è stata eliminata.',
  },
  system: {
    name: 'Istruzioni',
    placeholder: 'Rispondi in breve, come a un bambino.',
    hint: 'Ciò che il modello legge prima della conversazione: chi è, come deve rispondere.',
  },
  temperature: {
    name: 'Temperatura',
    hint: 'Quanto liberamente si scelgono le parole: a 0 sempre la più probabile, più in alto più sorprendente.',
  },
  topP: {
    name: 'Top-p',
    hint: 'Sceglie solo tra le parole più probabili che insieme hanno questa probabilità; 1 non ne esclude nessuna.',
  },
  topK: {
    name: 'Top-k',
    hint: 'Sceglie solo tra questo numero di parole più probabili; 0 non ne esclude nessuna.',
  },
  minP: {
    name: 'Min-p',
    hint: 'Esclude le parole meno probabili di questa quota della più probabile.',
  },
  repetitionPenalty: {
    name: 'Penalità di ripetizione',
    hint: 'Sopra 1, le parole già presenti nella risposta diventano meno probabili.',
  },
  frequencyPenalty: {
    name: 'Penalità di frequenza',
    hint: 'Rende una parola meno probabile a ogni uso; sotto 0, più probabile.',
  },
  presencePenalty: {
    name: 'Penalità di presenza',
    hint: 'Rende una parola meno probabile dopo il primo uso, e così porta nuovi argomenti.',
  },
  maxTokens: {
    name: 'Lunghezza massima',
    hint: 'La risposta finisce dopo questo numero di token; un token è circa tre quarti di parola.',
  },
  seed: {
    name: 'Seme',
    hint: 'Lo stesso numero ridà la stessa risposta alla stessa conversazione.',
  },
  stop: {
    name: 'Testi di arresto',
    hint: 'La risposta finisce prima di uno di questi testi, uno per riga.',
  },
};
