import type { page as english } from '../en/page.ts';
import type { Same } from '../same.ts';

export const page: Same<typeof english> = {
  document: {
    title: 'mixtab: ein Sprachmodell auf Ihrer eigenen GPU',
    description:
      'Unterhalten Sie sich mit einem Mixture-of-Experts-Sprachmodell, das auf Ihrer eigenen GPU in dieser Seite läuft. Nichts, was Sie schreiben, verlässt Ihren Rechner.',
  },
  header: {
    history: 'Unterhaltungen',
    start: 'Neue Unterhaltung',
    settings: 'Einstellungen dieser Unterhaltung',
    models: 'Modelle',
    panel: 'Was die Engine tut',
    menu: 'Mehr',
    keys: 'Tastenkürzel',
    theme: {
      system: 'Farben: wie das System',
      light: 'Farben: hell',
      dark: 'Farben: dunkel',
    },
  },
  language: 'Sprache',
  engineStatus: 'Zustand der Engine',
  demo: 'Demo',
  status: {
    starting: 'Engine startet',
    device: 'GPU wird angefragt',
    weights: 'Modell wird geladen',
    kernels: 'GPU wird vorbereitet',
    ready: 'Bereit',
    answering: 'Antwortet',
    restoring: 'Die GPU war kurz weg; das Modell wird wiederhergestellt',
    failed: 'Läuft nicht',
  },
  download: {
    downloading: 'Bereit, während das Modell noch heruntergeladen wird',
    waiting: 'Bereit; der Download wartet auf das Netz oder einen anderen Tab',
    verifying: 'Bereit, während die Dateien des Modells geprüft werden',
    paused: 'Bereit; der Download ist angehalten',
    failed: 'Bereit; der Download wurde abgebrochen, Antworten können dauern',
  },
  progress: {
    label: 'Modell wird geladen',
    bytes: '{{loaded}} von {{total}}',
  },
  welcome: {
    title: 'Ein Sprachmodell auf Ihrer eigenen GPU',
    privacy: 'Es läuft in dieser Seite. Nichts, was Sie schreiben, verlässt Ihren Rechner.',
    demo: 'Dies ist ein winziges Demomodell, nicht Mixtral-8x7B. Es ist genauso gebaut, weiß aber nur wenig: Hauptstädte, einfache Rechnungen, häufige Wörter in fünf Sprachen, etwas Plauderei. Es macht Fehler.',
    otherPack: 'Das Modell kommt von {{host}}. Ihre Unterhaltung wird nie dorthin gesendet.',
    examples: 'Zum Beispiel',
  },
  example: {
    condiment: 'Was ist deine Lieblingswürze?',
    capital: 'Was ist die Hauptstadt von Japan?',
    translate: 'Was heißt "Katze" auf Italienisch?',
  },
  conversation: 'Unterhaltung',
  you: 'Sie',
  answer: 'Antwort',
  thinking: 'Liest Ihre Nachricht',
  otherTab: 'Wartet, bis die Antwort in einem anderen Tab fertig ist',
  stopped: 'Hier angehalten.',
  cutShort: 'Hier zu Ende: kein Platz für mehr.',
  droppedHere: 'Die Nachrichten darüber sieht das Modell nicht mehr: Sein Kontext fasst {{size}} Token.',
  jump: 'Zur neuesten Nachricht',
  message: 'Nachricht',
  placeholder: 'Nachricht schreiben',
  send: 'Senden',
  stop: 'Anhalten',
  pending: {
    loading: 'Wird gesendet, sobald das Modell bereit ist',
    answering: 'Wird nach dieser Antwort gesendet',
    takeBack: 'Zurücknehmen',
  },
  figures: {
    speed: '{{speed}} Token/s',
    first: 'Beginn nach {{seconds}} s',
    context: 'Kontext {{used}} von {{size}}',
    dropped_one: '{{count}} älteste Nachricht ausgelassen',
    dropped_other: '{{count}} älteste Nachrichten ausgelassen',
    local: 'Nichts verlässt Ihren Rechner',
    demo: 'Winzige Demo, nicht Mixtral-8x7B',
  },
  failure: {
    retry: 'Erneut versuchen',
    details: 'Was die Engine meldet',
    no_webgpu: {
      title: 'Dieser Browser gibt der Seite keine GPU',
      safe: 'Es wurde nichts heruntergeladen, und nichts ist verloren.',
      remedy: 'Das Modell braucht WebGPU. Eines davon genügt:',
      insecure:
        'Diese Seite wurde über einfaches http geöffnet; dort schalten Browser WebGPU ab. Öffnen Sie sie über https oder als http://localhost.',
      chrome:
        'Chrome oder Edge ab Version 113 (auf Android 121). Schalten Sie unter Einstellungen, System „Grafikbeschleunigung verwenden, falls verfügbar“ ein. Unter Linux auch chrome://flags/#enable-unsafe-webgpu und chrome://flags/#enable-vulkan.',
      safari: 'Safari ab Version 26. In älteren: Einstellungen, Feature Flags, WebGPU.',
      firefox:
        'Firefox ab Version 141 unter Windows, 145 unter macOS. Sonst in about:config dom.webgpu.enabled auf true setzen.',
    },
    device_lost: {
      title: 'Die GPU ist nicht mehr da',
      safe: 'Ihre Unterhaltung ist noch hier.',
      remedy:
        'Das geschieht nach dem Ruhezustand, nach einem Treiber-Update oder wenn ein anderes Programm die ganze GPU braucht. Versuchen Sie es erneut; kommt es wieder, schließen Sie andere Programme, die die GPU nutzen.',
    },
    out_of_memory: {
      title: 'Das Modell passt nicht in den Speicher der GPU',
      safe: 'Ihre Unterhaltung ist noch hier.',
      remedy: 'Schließen Sie andere Tabs und Programme, die die GPU nutzen, und versuchen Sie es erneut.',
    },
    bad_pack: {
      title: 'Die Dateien des Modells sind beschädigt oder nicht die richtigen',
      safe: 'Auf Ihrem Rechner wurde nichts verändert.',
      remedy:
        'Laden Sie die Seite neu, um sie noch einmal zu holen. Bleibt es dabei, muss der Anbieter des Modells seine Dateien berichtigen.',
    },
    network: {
      title: 'Das Modell konnte nicht geladen werden',
      safe: 'Ihre Unterhaltung und Ihr Text sind noch hier.',
      remedy: 'Prüfen Sie die Verbindung und versuchen Sie es erneut.',
    },
    storage: {
      title: 'Der Browser hat keinen Platz für das Modell',
      safe: 'Ihre Unterhaltung ist noch hier, und was heruntergeladen wurde, bleibt.',
      remedy:
        'Schaffen Sie Platz auf der Festplatte oder verlassen Sie das private Fenster, und versuchen Sie es erneut.',
    },
    folder: {
      title: 'Der Ordner des Modells lässt sich nicht lesen',
      safe: 'Ihre Unterhaltung ist noch da, und im Ordner wurde nichts geändert.',
      remedy:
        'Liegt der Ordner auf einem Stick oder einer anderen Festplatte, schließen Sie diese wieder an; wurden Dateien verschoben, legen Sie sie zurück. Versuchen Sie es dann noch einmal: Der Browser fragt vielleicht, ob diese Seite den Ordner lesen darf.',
    },
    context_full: {
      title: 'Diese Nachricht ist länger, als das Modell lesen kann',
      safe: 'Ihre Nachricht ist noch hier.',
      remedy: 'Senden Sie eine kürzere.',
    },
    bad_request: {
      title: 'Die Engine hat die Anfrage abgelehnt',
      safe: 'Ihre Unterhaltung ist noch hier.',
      remedy: 'Ändern Sie die Nachricht und senden Sie sie noch einmal.',
    },
    internal: {
      title: 'Die Engine ist durch einen Fehler von uns stehen geblieben',
      safe: 'Ihre Unterhaltung ist noch hier.',
      remedy: 'Versuchen Sie es erneut. Geschieht es jedes Mal, melden Sie uns bitte, was die Engine meldet.',
    },
  },
};
