import type { page as english } from '../en/page.ts';
import type { Same } from '../same.ts';

export const page: Same<typeof english> = {
  document: {
    title: 'mixtab: un modelo de lenguaje en tu propia GPU',
    description:
      'Conversa con un modelo de lenguaje de mezcla de expertos que se ejecuta en tu propia GPU, dentro de esta página. Nada de lo que escribes sale de tu equipo.',
  },
  header: {
    history: 'Conversaciones',
    start: 'Conversación nueva',
    settings: 'Ajustes de esta conversación',
    models: 'Modelos',
    panel: 'Qué está haciendo el motor',
    menu: 'Más',
    keys: 'Atajos de teclado',
    theme: {
      system: 'Colores: como el sistema',
      light: 'Colores: claros',
      dark: 'Colores: oscuros',
    },
  },
  language: 'Idioma',
  engineStatus: 'Estado del motor',
  demo: 'Demo',
  status: {
    starting: 'Arrancando el motor',
    device: 'Pidiendo la GPU',
    weights: 'Cargando el modelo',
    kernels: 'Preparando la GPU',
    ready: 'Listo',
    answering: 'Respondiendo',
    restoring: 'La GPU desapareció; se restaura el modelo',
    failed: 'Parado',
  },
  download: {
    downloading: 'Listo, mientras el modelo aún se descarga',
    waiting: 'Listo; la descarga espera a la red o a otra pestaña',
    verifying: 'Listo, mientras se comprueban los archivos del modelo',
    paused: 'Listo; la descarga está en pausa',
    failed: 'Listo; la descarga se detuvo, las respuestas pueden tardar',
  },
  progress: {
    label: 'Cargando el modelo',
    bytes: '{{loaded}} de {{total}}',
  },
  welcome: {
    title: 'Un modelo de lenguaje en tu propia GPU',
    privacy: 'Se ejecuta dentro de esta página. Nada de lo que escribes sale de tu equipo.',
    demo: 'Este es un modelo de demostración diminuto, no Mixtral-8x7B. Está construido igual, pero sabe pocas cosas: capitales, cuentas sencillas, palabras comunes en cinco idiomas, algo de charla. Comete errores.',
    otherPack: 'El modelo viene de {{host}}. Tu conversación nunca se envía allí.',
    examples: 'Prueba una de estas',
  },
  example: {
    condiment: '¿Cuál es tu condimento favorito?',
    capital: '¿Cuál es la capital de Japón?',
    translate: '¿Cómo se dice "gato" en italiano?',
  },
  conversation: 'Conversación',
  you: 'Tú',
  answer: 'Respuesta',
  thinking: 'Leyendo tu mensaje',
  otherTab: 'A la espera de que termine la respuesta en otra pestaña',
  stopped: 'Detenido aquí.',
  cutShort: 'Termina aquí: no queda espacio.',
  droppedHere: 'El modelo ya no ve los mensajes de arriba: en su contexto caben {{size}} tokens.',
  jump: 'Al último mensaje',
  message: 'Mensaje',
  placeholder: 'Escribe un mensaje',
  send: 'Enviar',
  stop: 'Detener',
  pending: {
    loading: 'Se envía cuando el modelo esté listo',
    answering: 'Se envía después de esta respuesta',
    takeBack: 'Recuperar',
  },
  figures: {
    speed: '{{speed}} tokens/s',
    first: 'inicio tras {{seconds}} s',
    context: 'contexto {{used}} de {{size}}',
    dropped_one: '{{count}} mensaje antiguo omitido',
    dropped_other: '{{count}} mensajes antiguos omitidos',
    local: 'Nada sale de tu equipo',
    demo: 'Demo diminuta, no Mixtral-8x7B',
  },
  failure: {
    retry: 'Reintentar',
    details: 'Lo que dice el motor',
    no_webgpu: {
      title: 'Este navegador no ofrece una GPU a la página',
      safe: 'No se ha descargado nada y no se ha perdido nada.',
      remedy: 'El modelo necesita WebGPU. Basta con una de estas opciones:',
      insecure:
        'La página se abrió por http sin cifrar, donde los navegadores desactivan WebGPU. Ábrela por https o como http://localhost.',
      chrome:
        'Chrome o Edge, versión 113 o posterior (121 en Android). Activa «Usar aceleración gráfica cuando esté disponible» en Configuración, Sistema. En Linux activa también chrome://flags/#enable-unsafe-webgpu y chrome://flags/#enable-vulkan.',
      safari: 'Safari 26 o posterior. En los anteriores: Ajustes, Feature Flags, WebGPU.',
      firefox:
        'Firefox 141 o posterior en Windows, 145 en macOS. En otros sistemas pon dom.webgpu.enabled en true en about:config.',
    },
    device_lost: {
      title: 'La GPU ha desaparecido',
      safe: 'Tu conversación sigue aquí.',
      remedy:
        'Ocurre tras una suspensión, una actualización del controlador, o cuando otro programa necesita toda la GPU. Reintenta; si vuelve a pasar, cierra otros programas que usen la GPU.',
    },
    out_of_memory: {
      title: 'El modelo no cabe en la memoria de la GPU',
      safe: 'Tu conversación sigue aquí.',
      remedy: 'Cierra otras pestañas y programas que usen la GPU y reintenta.',
    },
    bad_pack: {
      title: 'Los archivos del modelo están dañados o no son los correctos',
      safe: 'No ha cambiado nada en tu equipo.',
      remedy:
        'Recarga la página para descargarlos de nuevo. Si sigue igual, quien aloja el modelo debe corregir sus archivos.',
    },
    network: {
      title: 'No se pudo descargar el modelo',
      safe: 'Tu conversación y lo que escribiste siguen aquí.',
      remedy: 'Comprueba la conexión y reintenta.',
    },
    storage: {
      title: 'El navegador no tiene sitio para el modelo',
      safe: 'Tu conversación sigue aquí, y lo descargado se conserva.',
      remedy: 'Libera espacio en el disco, o sal de la ventana privada, y reintenta.',
    },
    folder: {
      title: 'No se puede leer la carpeta del modelo',
      safe: 'Tu conversación sigue aquí y no se ha cambiado nada en la carpeta.',
      remedy:
        'Si la carpeta está en una memoria USB o en otro disco, vuelve a conectarlo; si se han movido archivos, devuélvelos a su sitio. Después reintenta: puede que el navegador pregunte si esta página puede leer la carpeta.',
    },
    context_full: {
      title: 'Este mensaje es más largo de lo que el modelo puede leer',
      safe: 'Tu mensaje sigue aquí.',
      remedy: 'Envía uno más corto.',
    },
    bad_request: {
      title: 'El motor rechazó la petición',
      safe: 'Tu conversación sigue aquí.',
      remedy: 'Cambia el mensaje y envíalo de nuevo.',
    },
    internal: {
      title: 'El motor se detuvo por un fallo nuestro',
      safe: 'Tu conversación sigue aquí.',
      remedy: 'Reintenta. Si pasa siempre, cuéntanos lo que dice el motor.',
    },
  },
};
