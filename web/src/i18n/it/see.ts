import type { see as english } from '../en/see.ts';
import type { Same } from '../same.ts';

export const see: Same<typeof english> = {
  title: 'Che cosa fa il motore',
  open: 'Mostra che cosa fa il motore',
  close: 'Chiudi',
  experts: 'Esperti',
  engine: 'Motore',
  notYet: 'Il modello non è in funzione. Quello che fa apparirà qui non appena lo sarà.',

  explain: {
    title: 'Come si legge',
    experts:
      'In ognuno dei suoi {{layers}} strati questo modello ha {{experts}} esperti, piccole reti affiancate.',
    router:
      'Per ogni token un router ne sceglie {{picked}} per strato e ne mescola le risposte secondo il peso; gli altri riposano.',
    picture:
      'Qui ogni colonna è un token e ogni riga uno strato: il colore indica l’esperto, l’altezza il suo peso, e quello pallido e incorniciato è stato prima caricato nella memoria della GPU.',
  },
  empty: 'Chiedi qualcosa: i token della risposta appaiono qui man mano che arrivano.',
  picture: 'Esperti per token e strato',
  pictureKeys: 'Le frecce passano da una cella all’altra.',
  hint: 'Indica una cella, o spostati con le frecce.',
  place: 'Strato {{layer}}, token {{token}} «{{text}}»',
  column: 'Token {{token}} «{{text}}»',
  share: 'esperto {{expert}} al {{share}}',
  shareFetched: 'esperto {{expert}} al {{share}}, caricato prima',
  expert: 'Esperto {{expert}}',
  fetched: 'caricato prima',

  showTable: 'Mostra come tabella',
  showPicture: 'Mostra come immagine',
  table: 'Esperti e pesi degli ultimi token',
  tableOne: 'Esperti e pesi del token scelto',
  layer: 'Strato',
  savePicture: 'Salva immagine',
  saveNumbers: 'Salva numeri',
  saveFailed: 'Non è stato possibile creare il file: {{reason}}',

  usage: 'Quante volte è stato scelto ogni esperto',
  usageNote_one: 'Su tutti gli strati di {{count}} token; la linea segna una parte uguale.',
  usageNote_other: 'Su tutti gli strati di {{count}} token; la linea segna una parte uguale.',
  fetching: 'Caricamento degli esperti',
  hitRate: 'Già nella memoria della GPU',
  moved: 'Caricati in essa',
  waited: 'Tempo di attesa',
  sinceOpened: 'Da quando il modello è stato aperto.',
  milliseconds: '{{ms}} ms',
  seconds: '{{seconds}} s',

  probabilities: 'Mostra le probabilità dei token',
  probabilitiesHelp:
    'Dalla prossima risposta: indica un token della risposta, o percorrila con le frecce, per vedere che cos’altro il modello avrebbe potuto scrivere. Queste risposte appaiono come testo semplice.',
  answerTokens: 'Risposta, token per token',
  answerTokensKeys: 'Le frecce passano da un token all’altro.',
  candidate: '«{{text}}» {{share}}',
  instead: 'Poteva anche essere: {{others}}',
  nextToken: 'Che cosa il modello avrebbe potuto scrivere qui',

  speed: 'Velocità',
  tokensPerSecond: 'Token al secondo',
  firstToken: 'Attesa del primo token',
  pace: 'Token al secondo lungo l’ultima risposta, da {{low}} a {{high}}',
  context: 'Contesto',
  used: 'Occupato',
  contextUsed: '{{used}} token su {{size}}',
  contextHelp:
    'Ciò che il modello può vedere in una volta. Quando è pieno, i messaggi più vecchi vengono tralasciati.',
  memory: 'Memoria',
  budget: 'Memoria della GPU per gli esperti',
  budgetValue: '{{slots}} esperti su {{all}}, {{size}}',
  budgetMeans: {
    resident: 'Ci stanno tutti i {{all}} esperti: nessun token deve aspettare.',
    slots:
      'Ci stanno {{slots}} esperti su {{all}}, e un token ne richiede {{needed}}. Quelli che mancano vengono prima caricati: ci sarà da aspettare.',
    pool: 'Ci stanno {{slots}} esperti su {{all}}, meno dei {{needed}} che un token richiede. Ogni strato aspetta: le risposte saranno lente.',
  },
  budgetHelp: 'Le risposte restano le stesse qualunque cosa tu scelga; cambia solo la velocità.',
  budgetFailed: 'Resta tutto come prima: {{reason}}',
  gpuMemory: 'Memoria della GPU in uso',
  heap: 'Memoria del programma',
  dispatches: 'Comandi alla GPU per token',
  machine: 'Computer',
  adapter: 'GPU',
  model: 'Modello',
  connection: 'Connessione',
  online: 'Online (le risposte non ne hanno bisogno)',
  offline: 'Offline',
  unknown: 'non ancora noto',
  expertsFit: '{{slots}} esperti su {{all}} in memoria',
};
