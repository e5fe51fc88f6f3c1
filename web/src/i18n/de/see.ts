import type { see as english } from '../en/see.ts';
import type { Same } from '../same.ts';

export const see: Same<typeof english> = {
  title: 'Was die Engine tut',
  open: 'Zeigen, was die Engine tut',
  close: 'Schließen',
  experts: 'Experten',
  engine: 'Engine',
  notYet: 'Das Modell läuft nicht. Was es tut, erscheint hier, sobald es läuft.',

  explain: {
    title: 'Wie man das liest',
    experts:
      'In jeder seiner {{layers}} Schichten hat dieses Modell {{experts}} Experten, kleine Netze, die nebeneinander stehen.',
    router:
      'Für jedes Token wählt ein Router je Schicht {{picked}} davon aus und mischt nach Gewicht, was sie sagen; die anderen ruhen.',
    picture:
      'Hier ist jede Spalte ein Token und jede Zeile eine Schicht: Die Farbe zeigt den Experten, die Höhe sein Gewicht; was blass und umrahmt ist, musste erst in den Speicher der GPU geholt werden.',
  },
  empty: 'Fragen Sie etwas: Die Token der Antwort erscheinen hier, sobald sie kommen.',
  picture: 'Experten nach Token und Schicht',
  pictureKeys: 'Die Pfeiltasten gehen von Feld zu Feld.',
  hint: 'Zeigen Sie auf ein Feld, oder gehen Sie mit den Pfeiltasten.',
  place: 'Schicht {{layer}}, Token {{token}} „{{text}}“',
  column: 'Token {{token}} „{{text}}“',
  share: 'Experte {{expert}} mit {{share}}',
  shareFetched: 'Experte {{expert}} mit {{share}}, erst geholt',
  expert: 'Experte {{expert}}',
  fetched: 'erst geholt',

  showTable: 'Als Tabelle zeigen',
  showPicture: 'Als Bild zeigen',
  table: 'Experten und Gewichte der letzten Token',
  tableOne: 'Experten und Gewichte des gewählten Tokens',
  layer: 'Schicht',
  savePicture: 'Bild speichern',
  saveNumbers: 'Zahlen speichern',
  saveFailed: 'Die Datei konnte nicht erstellt werden: {{reason}}',

  usage: 'Wie oft jeder Experte gewählt wurde',
  usageNote_one: 'Über alle Schichten von {{count}} Token; der Strich zeigt einen gleichen Anteil.',
  usageNote_other: 'Über alle Schichten von {{count}} Token; der Strich zeigt einen gleichen Anteil.',
  fetching: 'Holen von Experten',
  hitRate: 'Schon im Speicher der GPU',
  moved: 'Dorthin geholt',
  waited: 'Darauf gewartet',
  sinceOpened: 'Seit das Modell geöffnet wurde.',
  milliseconds: '{{ms}} ms',
  seconds: '{{seconds}} s',

  probabilities: 'Wahrscheinlichkeiten der Token zeigen',
  probabilitiesHelp:
    'Ab der nächsten Antwort: Zeigen Sie auf ein Token der Antwort, oder gehen Sie mit den Pfeiltasten daran entlang, um zu sehen, was das Modell sonst hätte schreiben können. Solche Antworten erscheinen als einfacher Text.',
  answerTokens: 'Antwort, Token für Token',
  answerTokensKeys: 'Die Pfeiltasten gehen von Token zu Token.',
  candidate: '„{{text}}“ {{share}}',
  instead: 'Hätte auch sein können: {{others}}',
  nextToken: 'Was das Modell hier hätte schreiben können',

  speed: 'Tempo',
  tokensPerSecond: 'Token je Sekunde',
  firstToken: 'Zeit bis zum ersten Token',
  pace: 'Token je Sekunde entlang der letzten Antwort, von {{low}} bis {{high}}',
  context: 'Kontext',
  used: 'Belegt',
  contextUsed: '{{used}} von {{size}} Token',
  contextHelp:
    'Was das Modell auf einmal sehen kann. Ist er voll, werden die ältesten Nachrichten weggelassen.',
  memory: 'Speicher',
  budget: 'GPU-Speicher für Experten',
  budgetValue: '{{slots}} von {{all}} Experten, {{size}}',
  budgetMeans: {
    resident: 'Alle {{all}} Experten passen hinein: Kein Token muss warten.',
    slots:
      '{{slots}} von {{all}} Experten passen hinein, und ein Token braucht {{needed}}. Was fehlt, wird erst geholt: Rechnen Sie mit Wartezeit.',
    pool: '{{slots}} von {{all}} Experten passen hinein, weniger als die {{needed}}, die ein Token braucht. Jede Schicht wartet: Antworten werden langsam.',
  },
  budgetHelp: 'Die Antworten sind dieselben, was immer Sie wählen; nur ihr Tempo ändert sich.',
  budgetFailed: 'Es bleibt, wie es war: {{reason}}',
  gpuMemory: 'Belegter GPU-Speicher',
  heap: 'Speicher des Programms',
  dispatches: 'GPU-Befehle je Token',
  machine: 'Gerät',
  adapter: 'GPU',
  model: 'Modell',
  connection: 'Verbindung',
  online: 'Online (für Antworten nicht nötig)',
  offline: 'Offline',
  unknown: 'noch nicht bekannt',
  expertsFit: '{{slots}} von {{all}} Experten im Speicher',
};
