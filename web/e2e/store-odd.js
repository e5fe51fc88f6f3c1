// The store's worker in a browser whose storage fails now and then. Its name says which call, how
// often and with what: "move 2 UnknownError".
const [method, times, error] = self.name.split(' ');
const fails = {
  move: name => name.endsWith('.bin'),
  createSyncAccessHandle: options => options !== undefined,
  read: () => true,
  flush: () => true,
}[method];
const { prototype } =
  method in FileSystemFileHandle.prototype ? FileSystemFileHandle : FileSystemSyncAccessHandle;
const real = prototype[method];
let left = Number(times);
prototype[method] = function (...args) {
  if (left === 0 || !fails(...args)) return real.apply(this, args);
  left--;
  throw error === 'RangeError' ? new RangeError('no memory') : new DOMException('odd', error);
};
await import('/wasm/store/worker/main.js');
