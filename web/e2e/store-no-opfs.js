// The store's worker in a browser that keeps no files, as in a private window of some.
Object.defineProperty(navigator.storage, 'getDirectory', {
  value: () => Promise.reject(new DOMException('not here', 'SecurityError')),
});
await import('/wasm/store/worker/main.js');
