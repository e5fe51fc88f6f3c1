// @ts-check
// The worker runs the Go program.
import '/wasm_exec.js';
import '/helpers.js';

/** Files below /out/ that are being written, by descriptor. @type {Map<number, {name: string, bytes: Uint8Array[]}>} */
const files = new Map();

/** @param {number} fd @param {Uint8Array} bytes */
globalThis.fs.writeSync = (fd, bytes) => {
  const file = files.get(fd);
  if (file) file.bytes.push(bytes.slice());
  else postMessage({ fd, output: bytes.slice() });
  return bytes.length;
};

/** A folder to write to, where gobrowser has one. */
const out = () => {
  const { open, close } = globalThis.fs;
  let next = 3;
  globalThis.fs.open = (/** @type {string} */ path, ...rest) => {
    if (!path.startsWith('/out/')) return open(path, ...rest);
    files.set(next, { name: path.slice('/out/'.length), bytes: [] });
    return rest.at(-1)(null, next++);
  };
  globalThis.fs.close = (/** @type {number} */ fd, /** @type {(error: Error | null) => void} */ callback) => {
    const file = files.get(fd);
    if (!file) return close(fd, callback);
    postMessage({ file: file.name, output: new Blob(/** @type {BlobPart[]} */ (file.bytes)) });
    files.delete(fd);
    return callback(null);
  };
};

for (const level of /** @type {const} */ (['log', 'warn', 'error'])) {
  console[level] = (...words) => postMessage({ fd: 2, output: `${words.join(' ')}\n` });
}

self.addEventListener('unhandledrejection', (event) => {
  postMessage({ fd: 2, output: `unhandled rejection: ${event.reason?.stack ?? event.reason}\n` });
});

globalThis.measureMemory = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    postMessage({ measure: port2 }, [port2]);
  });

const run = async () => {
  const { argv, env } = await (await fetch('/config.json')).json();
  if (env.MIXTAB_OUT) out();
  const go = new globalThis.Go();
  go.argv = argv;
  go.env = { ...env, TMPDIR: '/tmp', MIXTAB_ORIGIN: self.location.origin };
  go.exit = (/** @type {number} */ code) => postMessage({ code });
  const wasm = await WebAssembly.instantiateStreaming(fetch('/program.wasm'), go.importObject);
  globalThis.wasm = wasm; // cogentcore/webgpu finds the memory there
  await go.run(wasm.instance);
};

run().catch((error) => postMessage({ failed: `${error?.stack ?? error}` }));
