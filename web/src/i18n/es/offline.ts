import type { offline as english } from '../en/offline.ts';
import type { Same } from '../same.ts';

export const offline: Same<typeof english> = {
  label: 'Sobre esta página',
  update: 'Hay una nueva versión de esta página. Tus conversaciones se conservan.',
  reload: 'Recargar',
  later: 'Más tarde',
  dismiss: 'Cerrar',
  evicted:
    'El navegador había borrado el modelo para liberar espacio en disco, así que se está descargando de nuevo.',
  evictedOffline:
    'El navegador ha borrado el modelo para liberar espacio en disco. Conéctate a la red e inténtalo de nuevo; tus conversaciones siguen aquí.',
  unkept:
    'Este navegador no permite guardar la página para usarla sin red, como es habitual en las ventanas privadas. Todo lo demás funciona.',
  install: 'Instalar como aplicación',
};
