import type { models as english } from '../en/models.ts';
import type { Same } from '../same.ts';

export const models: Same<typeof english> = {
  title: 'Modelli',
  close: 'Chiudi',
  intro:
    'Un modello è una cartella di file, un pacchetto. Gira su questo computer, da qualunque parte vengano i file.',
  list: 'Modelli che questa pagina conosce',
  demo: 'Demo integrata',
  inUse: 'In uso',
  licence: 'Licenza: {{licence}}',
  source: 'Viene da {{source}}',
  torrent: 'Scarica via torrent',
  torrentHint: 'lo scarica qualsiasi programma BitTorrent; poi scegli la sua cartella qui sotto.',
  quality: {
    f32: 'esattamente come pubblicato',
    f16: 'praticamente come pubblicato',
    q8: 'arrotondato a 8 bit: quasi nessuna perdita',
    q4: 'arrotondato a 4 bit: piccola perdita, la metà dello spazio di 8 bit',
  },
  state: {
    stored: 'È tutto in questo browser.',
    none: 'Non ancora scaricato.',
    partly: 'Il {{share}}, cioè {{stored}}, è in questo browser.',
    ready: 'Letto da una cartella di questo computer.',
    locked:
      'È in una cartella di questo computer, che il browser lascia leggere solo dopo un tuo nuovo permesso.',
    away: 'Non si trova la sua cartella. Collega il disco su cui si trova, o scegli di nuovo la cartella.',
  },
  work: {
    downloading: 'Download in corso',
    copying: 'Copia in corso',
    verifying: 'Verifica in corso',
    waiting: 'In attesa della rete o di un’altra scheda',
  },
  done: '{{done}} di {{total}}, verificati all’arrivo',
  left: 'ancora {{time}}',
  short: 'Secondo la stima del browser, mancheranno {{size}}.',
  verified_one: 'L’unico file è come deve essere.',
  verified_other: 'Tutti i {{files}} file sono come devono essere.',
  damaged_one: '{{files}} file era danneggiato ed è stato scaricato di nuovo.',
  damaged_other: '{{files}} file erano danneggiati e sono stati scaricati di nuovo.',
  damagedInFolder_one: '{{files}} file nella cartella è danneggiato o manca. Copiaci di nuovo il pacchetto.',
  damagedInFolder_other:
    '{{files}} file nella cartella sono danneggiati o mancano. Copiaci di nuovo il pacchetto.',
  action: {
    allow: 'Permetti la lettura',
    use: 'Usa questo modello',
    startNow: 'Inizia subito a chattare',
    download: 'Scarica {{size}}',
    resume: 'Riprendi, mancano {{size}}',
    copy: 'Copia {{size}} nello spazio del browser',
    resumeCopy: 'Continua la copia, mancano {{size}}',
    pause: 'Pausa',
    cancel: 'Annulla',
    stop: 'Ferma la verifica',
    measure: 'Ci sta?',
    verify: 'Verifica',
    remove: 'Elimina',
    forget: 'Dimentica',
  },
  ask: {
    remove: 'Eliminarlo da questo browser? Si liberano {{size}}.',
    forget: 'Dimenticare questa cartella? Al suo interno non cambia nulla.',
    yes: 'Elimina',
    yesForget: 'Dimentica',
    no: 'Tieni',
  },
  removed: '{{name}} è eliminato.',
  forgotten: 'La cartella di {{name}} è dimenticata.',
  undo: 'Ripristina',
  check: {
    title: 'Ci sta?',
    disk: 'Disco',
    memory: 'Memoria della GPU',
    speed: 'Velocità',
    measuring: 'Misura di memoria e velocità, con un esperto del modello…',
    about:
      'Un esperto è una parte del modello; ogni parola ne usa due per strato. Misurato su {{adapter}}, con un margine di un fattore due.',
    against: '{{have}} disponibili, {{need}} necessari',
    paced: '{{have}} previste; se ne leggono circa {{need}}',
    pace: '{{words}} parole/s',
  },
  disk: {
    stored: 'Non resta nulla da scaricare.',
    folder: 'Si legge dove si trova, senza copia.',
    fits: 'Sta sul disco.',
    short: 'Non sta sul disco: mancano {{size}}.',
    unkept: 'Questa finestra non conserva file: si scarica a ogni visita.',
  },
  gpu: {
    all: 'Tutti gli esperti stanno nella tua GPU; aspettati {{expect}}.',
    half: 'Metà degli esperti sta nella tua GPU; aspettati {{expect}}.',
    share: 'Il {{share}} degli esperti sta nella tua GPU; aspettati {{expect}}.',
    none: 'La tua GPU ha troppo poca memoria per questo modello.',
    words: 'circa {{words}} parole al secondo',
    seconds: 'circa {{seconds}} secondi a parola',
  },
  add: {
    title: 'Aggiungi un modello',
    address: 'Da un indirizzo',
    addressHint:
      'L’indirizzo della cartella che contiene manifest.json. Prima di scaricare si vede che cosa serve.',
    look: 'Esamina',
    looking: 'Ricerca…',
    folder: 'Da questo computer',
    folderHint:
      'Una cartella su un disco o una chiavetta, scelta o trascinata qui. Si legge dove si trova; non si copia nulla.',
    choose: 'Scegli una cartella',
  },
  problem: {
    details: 'Dettagli',
    list: 'Non è stato possibile leggere l’elenco dei modelli.',
    address: 'Non è un indirizzo. Comincia con https:// e finisce con la cartella del pacchetto.',
    file: 'Non è una cartella. Trascina la cartella che contiene manifest.json, non i suoi file.',
    empty:
      'Questa cartella non è un pacchetto: non ha un manifest.json. Al suo interno non è cambiato nulla. Scegli la cartella che lo ha.',
    checkpoint:
      'È un modello come lo pubblica Hugging Face, non ancora impacchettato. Impacchettalo una volta con «go run ./tools/pack -in CARTELLA -out PACCHETTO -format q4» dai sorgenti di mixtab, poi scegli PACCHETTO.',
    newer:
      'Questo pacchetto è fatto per una versione più recente di mixtab. Ricarica la pagina; se non basta, chi la ospita deve aggiornare mixtab.',
    incomplete:
      'Alla cartella mancano dei file del pacchetto. Non è andato perso nulla. Copiaci di nuovo il pacchetto o rimetti i file, poi riprova.',
    away: 'Non si trova la cartella. Non è andato perso nulla. Collega il disco su cui si trova, o scegli di nuovo la cartella.',
    locked: 'Il browser non lascia leggere questa cartella. Scegli «Permetti la lettura» e accetta.',
    network:
      'Il server non è raggiungibile o ha interrotto. Ciò che è arrivato rimane. Controlla la connessione e riprova.',
    missing:
      'A questo indirizzo non c’è un pacchetto, o non è completo. Controlla l’indirizzo: è quello della cartella con manifest.json.',
    damaged:
      'Questi file non sono un pacchetto o sono danneggiati. Controlla che il posto sia giusto; se lo è, il pacchetto va copiato lì di nuovo.',
    quota:
      'Il browser non ha più spazio. Ciò che è arrivato rimane. Libera spazio o elimina un altro modello, poi riprendi.',
    unavailable:
      'Questa finestra non conserva file, forse perché è privata. Il modello funziona lo stesso, ma si scarica ogni volta. Una cartella di questo computer non richiede di scaricare nulla.',
    busy: 'Un’altra scheda sta usando questi file. Chiudi le altre schede di questa pagina e riprova.',
    deleted: 'Nel frattempo il modello è stato eliminato da questo browser. Scaricalo di nuovo.',
  },
  storage: {
    title: 'Spazio di archiviazione',
    used: 'Questa pagina usa {{used}} dei {{quota}} che il browser offre.',
    kept: 'Il browser lo conserva finché non lo elimini.',
    unsure: 'Il browser può eliminarlo da solo quando il disco è pieno.',
    ask: 'Chiedi al browser di conservarlo',
    private:
      'Questa finestra non conserva file, forse perché è privata. I modelli si scaricano a ogni visita; una cartella di questo computer non richiede di scaricare nulla.',
  },
  chip: {
    open: '{{model}}: apri l’elenco dei modelli',
    ready: 'pronto',
    loading: 'caricamento',
    paused: 'in pausa',
    stopped: 'download interrotto',
    failed: 'non attivo',
    other: 'Modello',
  },
};
