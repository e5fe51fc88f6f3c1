// The store's worker in a browser whose storage fails now and then. Its name says where, how often
// and with what: "move 2 UnknownError".
const [method, times, error] = self.name.split(' ');
const { prototype } = method === 'move' ? FileSystemFileHandle : FileSystemSyncAccessHandle;
const real = prototype[method];
let left = Number(times);
prototype[method] = function (...args) {
  const fails = method === 'read' || args[0].endsWith('.bin');
  if (!fails || left === 0) return real.apply(this, args);
  left--;
  throw error === 'RangeError' ? new RangeError('no memory') : new DOMException('odd', error);
};
await import('/wasm/store/worker/main.js');
