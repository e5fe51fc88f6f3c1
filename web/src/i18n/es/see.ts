import type { see as english } from '../en/see.ts';
import type { Same } from '../same.ts';

export const see: Same<typeof english> = {
  title: 'Lo que hace el motor',
  open: 'Mostrar lo que hace el motor',
  close: 'Cerrar',
  experts: 'Expertos',
  engine: 'Motor',
  notYet: 'El modelo no está en marcha. Lo que haga aparecerá aquí en cuanto lo esté.',

  explain: {
    title: 'Cómo leerlo',
    experts:
      'En cada una de sus {{layers}} capas, este modelo tiene {{experts}} expertos, pequeñas redes puestas una al lado de otra.',
    router:
      'Para cada token, un enrutador elige {{picked}} de ellos por capa y mezcla lo que dicen según su peso; los demás descansan.',
    picture:
      'Aquí cada columna es un token y cada fila una capa: el color indica el experto, la altura su peso, y el que está pálido y enmarcado tuvo que cargarse antes en la memoria de la GPU.',
  },
  empty: 'Pregunta algo: los tokens de la respuesta aparecen aquí a medida que llegan.',
  picture: 'Expertos por token y capa',
  pictureKeys: 'Las flechas pasan de una celda a otra.',
  hint: 'Señala una celda, o recórrelas con las flechas.',
  place: 'Capa {{layer}}, token {{token}} «{{text}}»',
  column: 'Token {{token}} «{{text}}»',
  share: 'experto {{expert}} con {{share}}',
  shareFetched: 'experto {{expert}} con {{share}}, cargado antes',
  expert: 'Experto {{expert}}',
  fetched: 'cargado antes',

  showTable: 'Ver como tabla',
  showPicture: 'Ver como imagen',
  table: 'Expertos y pesos de los últimos tokens',
  tableOne: 'Expertos y pesos del token elegido',
  layer: 'Capa',
  savePicture: 'Guardar imagen',
  saveNumbers: 'Guardar números',
  saveFailed: 'No se pudo crear el archivo: {{reason}}',

  usage: 'Cuántas veces se eligió cada experto',
  usageNote_one: 'En todas las capas de {{count}} token; la línea marca una parte igual.',
  usageNote_other: 'En todas las capas de {{count}} tokens; la línea marca una parte igual.',
  fetching: 'Carga de expertos',
  hitRate: 'Ya en la memoria de la GPU',
  moved: 'Cargado en ella',
  waited: 'Tiempo de espera',
  sinceOpened: 'Desde que se abrió el modelo.',
  milliseconds: '{{ms}} ms',
  seconds: '{{seconds}} s',

  probabilities: 'Mostrar las probabilidades de los tokens',
  probabilitiesHelp:
    'Desde la próxima respuesta: señala un token de la respuesta, o recórrela con las flechas, para ver qué otra cosa podría haber escrito el modelo. Esas respuestas se muestran como texto sin formato.',
  answerTokens: 'Respuesta, token a token',
  answerTokensKeys: 'Las flechas pasan de un token a otro.',
  candidate: '«{{text}}» {{share}}',
  instead: 'También podría haber sido: {{others}}',
  nextToken: 'Lo que el modelo podría haber escrito aquí',

  speed: 'Velocidad',
  tokensPerSecond: 'Tokens por segundo',
  firstToken: 'Tiempo hasta el primer token',
  pace: 'Tokens por segundo a lo largo de la última respuesta, de {{low}} a {{high}}',
  context: 'Contexto',
  used: 'Ocupado',
  contextUsed: '{{used}} de {{size}} tokens',
  contextHelp:
    'Lo que el modelo puede ver de una vez. Cuando está lleno, se dejan fuera los mensajes más antiguos.',
  memory: 'Memoria',
  budget: 'Memoria de la GPU para expertos',
  budgetValue: '{{slots}} de {{all}} expertos, {{size}}',
  budgetMeans: {
    resident: 'Caben los {{all}} expertos: ningún token tiene que esperar.',
    slots:
      'Caben {{slots}} de {{all}} expertos, y un token necesita {{needed}}. Los que faltan se cargan antes: habrá que esperar.',
    pool: 'Caben {{slots}} de {{all}} expertos, menos que los {{needed}} que necesita un token. Cada capa espera: las respuestas serán lentas.',
  },
  budgetHelp: 'Las respuestas son las mismas elijas lo que elijas; solo cambia su velocidad.',
  budgetFailed: 'Queda como estaba: {{reason}}',
  gpuMemory: 'Memoria de la GPU en uso',
  heap: 'Memoria del programa',
  dispatches: 'Órdenes a la GPU por token',
  machine: 'Equipo',
  adapter: 'GPU',
  model: 'Modelo',
  connection: 'Conexión',
  online: 'En línea (las respuestas no lo necesitan)',
  offline: 'Sin conexión',
  unknown: 'aún no se sabe',
  expertsFit: '{{slots}} de {{all}} expertos en memoria',
};
