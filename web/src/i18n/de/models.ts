import type { models as english } from '../en/models.ts';
import type { Same } from '../same.ts';

export const models: Same<typeof english> = {
  title: 'Modelle',
  close: 'Schließen',
  intro:
    'Ein Modell ist ein Ordner mit Dateien, ein Paket. Es läuft auf diesem Rechner, woher die Dateien auch kommen.',
  list: 'Modelle, die diese Seite kennt',
  demo: 'Eingebaute Demo',
  inUse: 'In Verwendung',
  licence: 'Lizenz: {{licence}}',
  source: 'Von {{source}}',
  torrent: 'Per Torrent herunterladen',
  torrentHint: 'jedes BitTorrent-Programm holt es; danach den Ordner unten auswählen.',
  quality: {
    f32: 'genau wie veröffentlicht',
    f16: 'praktisch wie veröffentlicht',
    q8: 'auf 8 Bit gerundet: kaum ein Verlust',
    q4: 'auf 4 Bit gerundet: kleiner Verlust, halb so groß wie bei 8 Bit',
  },
  state: {
    stored: 'Es ist ganz in diesem Browser.',
    none: 'Noch nicht heruntergeladen.',
    partly: '{{share}} davon, {{stored}}, sind in diesem Browser.',
    ready: 'Wird aus einem Ordner auf diesem Rechner gelesen.',
    locked:
      'Es liegt in einem Ordner auf diesem Rechner, den die Seite erst lesen darf, wenn Sie es wieder erlauben.',
    away: 'Sein Ordner ist nicht zu finden. Stecken Sie den Datenträger ein, auf dem er liegt, oder wählen Sie den Ordner noch einmal.',
  },
  work: {
    downloading: 'Wird heruntergeladen',
    copying: 'Wird kopiert',
    verifying: 'Wird geprüft',
    waiting: 'Wartet auf das Netz oder einen anderen Tab',
  },
  done: '{{done}} von {{total}}, beim Eintreffen geprüft',
  left: 'noch {{time}}',
  short: 'Nach Schätzung des Browsers fehlen {{size}} Platz.',
  verified_one: 'Die eine Datei ist, wie sie sein soll.',
  verified_other: 'Alle {{files}} Dateien sind, wie sie sein sollen.',
  damaged_one: '{{files}} Datei war beschädigt und wurde neu geholt.',
  damaged_other: '{{files}} Dateien waren beschädigt und wurden neu geholt.',
  damagedInFolder_one:
    '{{files}} Datei im Ordner ist beschädigt oder fehlt. Kopieren Sie das Paket noch einmal dorthin.',
  damagedInFolder_other:
    '{{files}} Dateien im Ordner sind beschädigt oder fehlen. Kopieren Sie das Paket noch einmal dorthin.',
  action: {
    allow: 'Lesen erlauben',
    use: 'Dieses Modell verwenden',
    startNow: 'Jetzt schon chatten',
    download: '{{size}} herunterladen',
    resume: 'Fortsetzen, noch {{size}}',
    copy: '{{size}} in den Speicher des Browsers kopieren',
    resumeCopy: 'Weiterkopieren, noch {{size}}',
    pause: 'Anhalten',
    cancel: 'Abbrechen',
    stop: 'Prüfung abbrechen',
    measure: 'Passt es?',
    verify: 'Prüfen',
    remove: 'Löschen',
    forget: 'Vergessen',
  },
  ask: {
    remove: 'Aus diesem Browser löschen? Das gibt {{size}} frei.',
    forget: 'Diesen Ordner vergessen? In ihm wird nichts geändert.',
    yes: 'Ja, löschen',
    yesForget: 'Ja, vergessen',
    no: 'Behalten',
  },
  removed: '{{name}} ist gelöscht.',
  forgotten: 'Der Ordner von {{name}} ist vergessen.',
  undo: 'Rückgängig',
  check: {
    title: 'Passt es?',
    disk: 'Festplatte',
    memory: 'GPU-Speicher',
    speed: 'Tempo',
    measuring: 'Speicher und Tempo werden mit einem Experten des Modells gemessen…',
    about:
      'Ein Experte ist ein Teil des Modells; jedes Wort braucht zwei je Schicht. Gemessen auf {{adapter}}, auf den Faktor zwei genau.',
    against: '{{have}} verfügbar, {{need}} nötig',
    paced: '{{have}} zu erwarten; man liest etwa {{need}}',
    pace: '{{words}} Wörter/s',
  },
  disk: {
    stored: 'Es ist nichts mehr herunterzuladen.',
    folder: 'Es wird gelesen, wo es liegt, ohne Kopie.',
    fits: 'Passt auf die Festplatte.',
    short: 'Passt nicht auf die Festplatte: Es fehlen {{size}}.',
    unkept: 'Dieses Fenster behält keine Dateien, daher wird es bei jedem Besuch neu heruntergeladen.',
  },
  gpu: {
    all: 'Alle Experten passen in Ihre GPU; rechnen Sie mit {{expect}}.',
    half: 'Die Hälfte der Experten passt in Ihre GPU; rechnen Sie mit {{expect}}.',
    share: '{{share}} der Experten passen in Ihre GPU; rechnen Sie mit {{expect}}.',
    none: 'Ihre GPU hat dafür zu wenig Speicher.',
    words: 'etwa {{words}} Wörtern in der Sekunde',
    seconds: 'etwa {{seconds}} Sekunden je Wort',
  },
  add: {
    title: 'Ein Modell hinzufügen',
    address: 'Von einer Adresse',
    addressHint:
      'Die Adresse des Ordners, in dem manifest.json liegt. Was das Modell braucht, sehen Sie vor dem Herunterladen.',
    look: 'Nachsehen',
    looking: 'Wird nachgesehen…',
    folder: 'Von diesem Rechner',
    folderHint:
      'Ein Ordner auf einer Festplatte oder einem Stick, ausgewählt oder hierher gezogen. Er wird gelesen, wo er liegt; kopiert wird nichts.',
    choose: 'Ordner wählen',
  },
  problem: {
    details: 'Einzelheiten',
    list: 'Die Liste der Modelle ließ sich nicht lesen.',
    address: 'Das ist keine Adresse. Sie beginnt mit https:// und endet mit dem Ordner des Pakets.',
    file: 'Das ist kein Ordner. Ziehen Sie den Ordner hierher, in dem manifest.json liegt, nicht seine Dateien.',
    empty:
      'Dieser Ordner ist kein Paket: Ihm fehlt manifest.json. In ihm wurde nichts geändert. Wählen Sie den Ordner, der eine solche Datei hat.',
    checkpoint:
      'Das ist ein Modell, wie Hugging Face es veröffentlicht, noch nicht gepackt. Packen Sie es einmal mit „go run ./tools/pack -in ORDNER -out PAKET -format q4“ aus mixtabs Quellen und wählen Sie dann PAKET.',
    newer:
      'Dieses Paket ist für eine neuere Version von mixtab gemacht. Laden Sie die Seite neu; hilft das nicht, muss mixtab von dem aktualisiert werden, der sie betreibt.',
    incomplete:
      'Dem Ordner fehlen Dateien des Pakets. Verloren ist nichts. Kopieren Sie das Paket noch einmal dorthin oder legen Sie die Dateien zurück und versuchen Sie es erneut.',
    away: 'Der Ordner ist nicht zu finden. Verloren ist nichts. Stecken Sie den Datenträger ein, auf dem er liegt, oder wählen Sie den Ordner noch einmal.',
    locked:
      'Der Browser lässt die Seite diesen Ordner nicht lesen. Wählen Sie „Lesen erlauben“ und stimmen Sie zu.',
    network:
      'Der Server ist nicht zu erreichen oder hat abgebrochen. Was gekommen ist, bleibt. Prüfen Sie die Verbindung und versuchen Sie es erneut.',
    missing:
      'Unter dieser Adresse ist kein Paket, oder kein ganzes. Prüfen Sie die Adresse: Es ist die des Ordners mit manifest.json.',
    damaged:
      'Diese Dateien sind kein Paket oder beschädigt. Prüfen Sie, ob es der richtige Ort ist; wenn ja, muss das Paket noch einmal dorthin kopiert werden.',
    quota:
      'Der Browser hat keinen Platz mehr. Was gekommen ist, bleibt. Schaffen Sie Platz oder löschen Sie ein anderes Modell und setzen Sie dann fort.',
    unavailable:
      'Dieses Fenster behält keine Dateien, vielleicht weil es privat ist. Das Modell läuft trotzdem, wird aber jedes Mal neu geholt. Bei einem Ordner auf diesem Rechner ist nichts herunterzuladen.',
    busy: 'Ein anderer Tab benutzt diese Dateien. Schließen Sie andere Tabs dieser Seite und versuchen Sie es erneut.',
    deleted: 'Das Modell wurde inzwischen aus diesem Browser gelöscht. Laden Sie es noch einmal herunter.',
  },
  storage: {
    title: 'Speicherplatz',
    used: 'Diese Seite belegt {{used}} von {{quota}}, die der Browser anbietet.',
    kept: 'Der Browser behält es, bis Sie es löschen.',
    unsure: 'Der Browser darf es von selbst löschen, wenn die Festplatte voll ist.',
    ask: 'Den Browser bitten, es zu behalten',
    private:
      'Dieses Fenster behält keine Dateien, vielleicht weil es privat ist. Modelle werden bei jedem Besuch neu geholt; bei einem Ordner auf diesem Rechner ist nichts herunterzuladen.',
  },
  chip: {
    open: '{{model}}: Liste der Modelle öffnen',
    ready: 'bereit',
    loading: 'lädt',
    paused: 'angehalten',
    stopped: 'Download abgebrochen',
    failed: 'läuft nicht',
    other: 'Modell',
  },
};
