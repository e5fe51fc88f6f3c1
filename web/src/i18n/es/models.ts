import type { models as english } from '../en/models.ts';
import type { Same } from '../same.ts';

export const models: Same<typeof english> = {
  title: 'Modelos',
  close: 'Cerrar',
  intro:
    'Un modelo es una carpeta de archivos, un paquete. Funciona en este equipo, vengan de donde vengan los archivos.',
  list: 'Modelos que esta página conoce',
  demo: 'Demo incluida',
  inUse: 'En uso',
  licence: 'Licencia: {{licence}}',
  source: 'Procede de {{source}}',
  torrent: 'Descargar por torrent',
  torrentHint: 'cualquier programa de BitTorrent lo descarga; luego elige su carpeta abajo.',
  quality: {
    f32: 'exactamente como se publicó',
    f16: 'prácticamente como se publicó',
    q8: 'redondeado a 8 bits: casi sin pérdida',
    q4: 'redondeado a 4 bits: pequeña pérdida, la mitad de tamaño que a 8 bits',
  },
  state: {
    stored: 'Está entero en este navegador.',
    none: 'Aún no se ha descargado.',
    partly: 'El {{share}}, es decir {{stored}}, está en este navegador.',
    ready: 'Se lee de una carpeta de este equipo.',
    locked:
      'Está en una carpeta de este equipo, que el navegador solo deja leer cuando lo permites de nuevo.',
    away: 'No se encuentra su carpeta. Conecta el disco en el que está, o elige la carpeta de nuevo.',
  },
  work: {
    downloading: 'Descargando',
    copying: 'Copiando',
    verifying: 'Verificando',
    waiting: 'A la espera de la red o de otra pestaña',
  },
  done: '{{done}} de {{total}}, verificados al llegar',
  left: 'quedan {{time}}',
  short: 'Según el cálculo del navegador, faltarán {{size}}.',
  verified_one: 'El único archivo está como debe.',
  verified_other: 'Los {{files}} archivos están como deben.',
  damaged_one: '{{files}} archivo estaba dañado y se ha vuelto a descargar.',
  damaged_other: '{{files}} archivos estaban dañados y se han vuelto a descargar.',
  damagedInFolder_one:
    '{{files}} archivo de la carpeta está dañado o falta. Vuelve a copiar allí el paquete.',
  damagedInFolder_other:
    '{{files}} archivos de la carpeta están dañados o faltan. Vuelve a copiar allí el paquete.',
  action: {
    allow: 'Permitir la lectura',
    use: 'Usar este modelo',
    startNow: 'Empezar a chatear ya',
    download: 'Descargar {{size}}',
    resume: 'Reanudar, faltan {{size}}',
    copy: 'Copiar {{size}} al almacenamiento del navegador',
    resumeCopy: 'Seguir copiando, faltan {{size}}',
    pause: 'Pausar',
    cancel: 'Cancelar',
    stop: 'Detener la verificación',
    measure: '¿Cabe?',
    verify: 'Verificar',
    remove: 'Eliminar',
    forget: 'Olvidar',
  },
  ask: {
    remove: '¿Eliminarlo de este navegador? Se liberan {{size}}.',
    forget: '¿Olvidar esta carpeta? No se cambia nada en ella.',
    yes: 'Sí, eliminar',
    yesForget: 'Sí, olvidar',
    no: 'Conservar',
  },
  removed: '{{name}} se ha eliminado.',
  forgotten: 'Se ha olvidado la carpeta de {{name}}.',
  undo: 'Deshacer',
  check: {
    title: '¿Cabe?',
    disk: 'Disco',
    memory: 'Memoria de la GPU',
    speed: 'Velocidad',
    measuring: 'Midiendo memoria y velocidad con un experto del modelo…',
    about:
      'Un experto es una parte del modelo; cada palabra usa dos por capa. Medido en {{adapter}}, con un margen de un factor dos.',
    against: '{{have}} disponibles, {{need}} necesarios',
    paced: '{{have}} previstas; se leen unas {{need}}',
    pace: '{{words}} palabras/s',
  },
  disk: {
    stored: 'No queda nada por descargar.',
    folder: 'Se lee donde está, sin copia.',
    fits: 'Cabe en el disco.',
    short: 'No cabe en el disco: faltan {{size}}.',
    unkept: 'Esta ventana no guarda archivos, así que se descarga en cada visita.',
  },
  gpu: {
    all: 'Todos los expertos caben en tu GPU; cuenta con {{expect}}.',
    half: 'La mitad de los expertos cabe en tu GPU; cuenta con {{expect}}.',
    share: 'El {{share}} de los expertos cabe en tu GPU; cuenta con {{expect}}.',
    none: 'Tu GPU tiene muy poca memoria para él.',
    words: 'unas {{words}} palabras por segundo',
    seconds: 'unos {{seconds}} segundos por palabra',
  },
  add: {
    title: 'Añadir un modelo',
    address: 'Desde una dirección',
    addressHint:
      'La dirección de la carpeta que tiene manifest.json. Antes de descargar se muestra lo que necesita.',
    look: 'Consultar',
    looking: 'Consultando…',
    folder: 'Desde este equipo',
    folderHint:
      'Una carpeta de un disco o una memoria USB, elegida o arrastrada aquí. Se lee donde está; no se copia nada.',
    choose: 'Elegir una carpeta',
  },
  problem: {
    details: 'Detalles',
    list: 'No se ha podido leer la lista de modelos.',
    address: 'Esto no es una dirección. Empieza por https:// y termina en la carpeta del paquete.',
    file: 'Esto no es una carpeta. Arrastra la carpeta que tiene manifest.json, no sus archivos.',
    empty:
      'Esta carpeta no es un paquete: no tiene manifest.json. No se ha cambiado nada en ella. Elige la carpeta que lo tenga.',
    checkpoint:
      'Es un modelo tal como lo publica Hugging Face, aún sin empaquetar. Empaquétalo una vez con «go run ./tools/pack -in CARPETA -out PAQUETE -format q4» desde el código de mixtab y elige después PAQUETE.',
    newer:
      'Este paquete es para una versión posterior de mixtab. Recarga la página; si no basta, quien la aloja debe actualizar mixtab.',
    incomplete:
      'A la carpeta le faltan archivos del paquete. No se ha perdido nada. Vuelve a copiar allí el paquete o devuelve los archivos y reintenta.',
    away: 'No se encuentra la carpeta. No se ha perdido nada. Conecta el disco en el que está, o elige la carpeta de nuevo.',
    locked: 'El navegador no deja leer esta carpeta. Elige «Permitir la lectura» y acepta.',
    network:
      'No se llega al servidor, o ha cortado. Lo que ha llegado se conserva. Comprueba la conexión y reintenta.',
    missing:
      'En esta dirección no hay un paquete, o no está entero. Comprueba la dirección: es la de la carpeta con manifest.json.',
    damaged:
      'Estos archivos no son un paquete o están dañados. Comprueba que es el lugar correcto; si lo es, hay que volver a copiar allí el paquete.',
    quota:
      'El navegador no tiene más espacio. Lo que ha llegado se conserva. Libera espacio o elimina otro modelo y reanuda.',
    unavailable:
      'Esta ventana no guarda archivos, quizá porque es privada. El modelo funciona igualmente, pero se descarga cada vez. Una carpeta de este equipo no necesita descarga.',
    busy: 'Otra pestaña está usando estos archivos. Cierra las demás pestañas de esta página y reintenta.',
    deleted: 'Entretanto el modelo se ha eliminado de este navegador. Descárgalo de nuevo.',
  },
  storage: {
    title: 'Almacenamiento',
    used: 'Esta página usa {{used}} de los {{quota}} que ofrece el navegador.',
    kept: 'El navegador lo conserva hasta que lo elimines.',
    unsure: 'El navegador puede eliminarlo por su cuenta cuando el disco está lleno.',
    ask: 'Pedir al navegador que lo conserve',
    private:
      'Esta ventana no guarda archivos, quizá porque es privada. Los modelos se descargan en cada visita; una carpeta de este equipo no necesita descarga.',
  },
  chip: {
    open: '{{model}}: abrir la lista de modelos',
    ready: 'listo',
    loading: 'cargando',
    paused: 'en pausa',
    stopped: 'descarga detenida',
    failed: 'no funciona',
    other: 'Modelo',
  },
};
