import type { page as english } from '../en/page.ts';
import type { Same } from '../same.ts';

export const page: Same<typeof english> = {
  document: {
    title: 'mixtab: un modello linguistico sulla tua GPU',
    description:
      'Chatta con un modello linguistico a miscela di esperti che gira sulla tua GPU, dentro questa pagina. Niente di ciò che scrivi lascia il tuo computer.',
  },
  header: {
    history: 'Conversazioni',
    start: 'Nuova conversazione',
    settings: 'Impostazioni di questa conversazione',
    models: 'Modelli',
    panel: 'Che cosa sta facendo il motore',
    menu: 'Altro',
    keys: 'Scorciatoie da tastiera',
    theme: {
      system: 'Colori: come il sistema',
      light: 'Colori: chiari',
      dark: 'Colori: scuri',
    },
  },
  language: 'Lingua',
  engineStatus: 'Stato del motore',
  demo: 'Demo',
  status: {
    starting: 'Avvio del motore',
    device: 'Richiesta della GPU',
    weights: 'Caricamento del modello',
    kernels: 'Preparazione della GPU',
    ready: 'Pronto',
    answering: 'Sta rispondendo',
    restoring: 'La GPU non c’era più; ripristino del modello',
    failed: 'Fermo',
  },
  download: {
    downloading: 'Pronto, mentre il modello si sta ancora scaricando',
    waiting: 'Pronto; il download attende la rete o un’altra scheda',
    verifying: 'Pronto, mentre si controllano i file del modello',
    paused: 'Pronto; il download è in pausa',
    failed: 'Pronto; il download si è interrotto, le risposte possono essere lente',
  },
  progress: {
    label: 'Caricamento del modello',
    bytes: '{{loaded}} di {{total}}',
  },
  welcome: {
    title: 'Un modello linguistico sulla tua GPU',
    privacy: 'Gira dentro questa pagina. Niente di ciò che scrivi lascia il tuo computer.',
    demo: 'Questo è un minuscolo modello dimostrativo, non Mixtral-8x7B. È costruito allo stesso modo ma sa poche cose: capitali, calcoli semplici, parole comuni in cinque lingue, due chiacchiere. A volte sbaglia.',
    otherPack: 'Il modello viene da {{host}}. La tua conversazione non viene mai inviata lì.',
    examples: 'Prova una di queste',
  },
  example: {
    condiment: 'Qual è il tuo condimento preferito?',
    capital: 'Qual è la capitale del Giappone?',
    translate: 'Come si dice "gatto" in francese?',
  },
  conversation: 'Conversazione',
  you: 'Tu',
  answer: 'Risposta',
  thinking: 'Lettura del messaggio',
  otherTab: 'In attesa che finisca la risposta in un’altra scheda',
  stopped: 'Interrotto qui.',
  cutShort: 'Finito qui: non c’è più spazio.',
  droppedHere: 'Il modello non vede più i messaggi qui sopra: il suo contesto contiene {{size}} token.',
  jump: 'All’ultimo messaggio',
  message: 'Messaggio',
  placeholder: 'Scrivi un messaggio',
  send: 'Invia',
  stop: 'Ferma',
  pending: {
    loading: 'Parte appena il modello è pronto',
    answering: 'Parte dopo questa risposta',
    takeBack: 'Riprendi',
  },
  figures: {
    speed: '{{speed}} token/s',
    first: 'inizio dopo {{seconds}} s',
    context: 'contesto {{used}} di {{size}}',
    dropped_one: '{{count}} messaggio vecchio escluso',
    dropped_other: '{{count}} messaggi vecchi esclusi',
    local: 'Niente lascia il tuo computer',
    demo: 'Piccola demo, non Mixtral-8x7B',
  },
  failure: {
    retry: 'Riprova',
    details: 'Che cosa dice il motore',
    no_webgpu: {
      title: 'Questo browser non mette a disposizione della pagina una GPU',
      safe: 'Niente è stato scaricato e niente è andato perso.',
      remedy: 'Il modello ha bisogno di WebGPU. Basta una di queste cose:',
      insecure:
        'La pagina è stata aperta in semplice http, dove i browser disattivano WebGPU. Aprila in https, oppure come http://localhost.',
      chrome:
        'Chrome o Edge, versione 113 o successiva (121 su Android). Attiva «Usa accelerazione grafica quando disponibile» in Impostazioni, Sistema. Su Linux attiva anche chrome://flags/#enable-unsafe-webgpu e chrome://flags/#enable-vulkan.',
      safari: 'Safari 26 o successivo. Nei precedenti: Impostazioni, Feature Flags, WebGPU.',
      firefox:
        'Firefox 141 o successivo su Windows, 145 su macOS. Altrove imposta dom.webgpu.enabled su true in about:config.',
    },
    device_lost: {
      title: 'La GPU non c’è più',
      safe: 'La conversazione è ancora qui.',
      remedy:
        'Succede dopo una sospensione, un aggiornamento del driver, o quando un altro programma occupa tutta la GPU. Riprova; se succede ancora, chiudi gli altri programmi che usano la GPU.',
    },
    out_of_memory: {
      title: 'Il modello non entra nella memoria della GPU',
      safe: 'La conversazione è ancora qui.',
      remedy: 'Chiudi le altre schede e i programmi che usano la GPU, poi riprova.',
    },
    bad_pack: {
      title: 'I file del modello sono danneggiati o non sono quelli giusti',
      safe: 'Niente è cambiato sul tuo computer.',
      remedy:
        'Ricarica la pagina per scaricarli di nuovo. Se non basta, chi ospita il modello deve correggere i suoi file.',
    },
    network: {
      title: 'Non è stato possibile scaricare il modello',
      safe: 'La conversazione e il tuo testo sono ancora qui.',
      remedy: 'Controlla la connessione, poi riprova.',
    },
    storage: {
      title: 'Il browser non ha spazio per il modello',
      safe: 'La conversazione è ancora qui, e ciò che è stato scaricato rimane.',
      remedy: 'Libera spazio sul disco, o esci dalla finestra privata, poi riprova.',
    },
    folder: {
      title: 'La cartella del modello non può essere letta',
      safe: 'La conversazione è ancora qui e nella cartella non è cambiato nulla.',
      remedy:
        'Se la cartella è su una chiavetta o su un altro disco, ricollegalo; se dei file sono stati spostati, rimettili al loro posto. Poi riprova: il browser potrebbe chiedere se questa pagina può leggere la cartella.',
    },
    context_full: {
      title: 'Questo messaggio è più lungo di quanto il modello possa leggere',
      safe: 'Il messaggio è ancora qui.',
      remedy: 'Inviane uno più corto.',
    },
    bad_request: {
      title: 'Il motore ha rifiutato la richiesta',
      safe: 'La conversazione è ancora qui.',
      remedy: 'Cambia il messaggio e invialo di nuovo.',
    },
    internal: {
      title: 'Il motore si è fermato per un nostro errore',
      safe: 'La conversazione è ancora qui.',
      remedy: 'Riprova. Se succede ogni volta, segnalaci che cosa dice il motore.',
    },
  },
};
