import type { tune as english } from '../en/tune.ts';
import type { Same } from '../same.ts';

export const tune: Same<typeof english> = {
  title: 'Ajustes de esta conversación',
  about: 'Lo que cambies vale desde la próxima respuesta y solo en esta conversación.',
  close: 'Cerrar',
  more: 'Más ajustes',
  reset: 'Volver a los ajustes del modelo',
  modelsOwn: 'el del modelo',
  random: 'al azar',
  noLimit: 'sin límite',
  fault: {
    number: 'Esto no es un número.',
    whole: 'Aquí hace falta un número entero.',
    range: 'Aquí hace falta un número de {{min}} a {{max}}.',
    least: 'Aquí hace falta un número de al menos {{min}}.',
  },
  preset: {
    legend: 'Ajustes preparados',
    precise: {
      name: 'Preciso',
      hint: 'Se queda con las palabras más probables: para datos, código y traducción.',
    },
    balanced: {
      name: 'Equilibrado',
      hint: 'Los ajustes del modelo.',
    },
    imaginative: {
      name: 'Imaginativo',
      hint: 'Toma palabras menos probables y se repite menos: para relatos e ideas.',
    },
    none: 'Tus propios ajustes.',
    keep: 'Guardar estos ajustes',
    nameOf: 'Nombre',
    save: 'Guardar',
    saved: 'Guardado en este navegador como «{{name}}».',
    notSaved: 'Este navegador no guarda nada, quizá porque la ventana es privada.',
    delete: 'Eliminar «{{name}}»',
    deleted: 'Se eliminó «{{name}}».',
  },
  system: {
    name: 'Instrucciones',
    placeholder: 'Responde con brevedad, como a un niño.',
    hint: 'Lo que se le dice al modelo antes de la conversación: quién es, cómo debe responder.',
  },
  temperature: {
    name: 'Temperatura',
    hint: 'Con cuánta libertad se eligen las palabras: en 0 siempre la más probable, más alto más sorprendente.',
  },
  topP: {
    name: 'Top-p',
    hint: 'Elige solo entre las palabras más probables que juntas tienen esta probabilidad; 1 no descarta ninguna.',
  },
  topK: {
    name: 'Top-k',
    hint: 'Elige solo entre este número de palabras más probables; 0 no descarta ninguna.',
  },
  minP: {
    name: 'Min-p',
    hint: 'Descarta las palabras menos probables que esta parte de la más probable.',
  },
  repetitionPenalty: {
    name: 'Penalización por repetición',
    hint: 'Por encima de 1, las palabras que ya están en la respuesta se vuelven menos probables.',
  },
  frequencyPenalty: {
    name: 'Penalización por frecuencia',
    hint: 'Hace menos probable una palabra cada vez que se usa; por debajo de 0, más probable.',
  },
  presencePenalty: {
    name: 'Penalización por presencia',
    hint: 'Hace menos probable una palabra tras su primer uso, lo que trae temas nuevos.',
  },
  maxTokens: {
    name: 'Respuesta más larga',
    hint: 'La respuesta termina tras este número de tokens; un token es unas tres cuartas partes de una palabra.',
  },
  seed: {
    name: 'Semilla',
    hint: 'El mismo número da otra vez la misma respuesta a la misma conversación.',
  },
  stop: {
    name: 'Textos de parada',
    hint: 'La respuesta termina antes de cualquiera de estos, uno por línea.',
  },
};
