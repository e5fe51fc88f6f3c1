// @ts-check
// The worker runs the Go program.
import '/wasm_exec.js';
import '/helpers.js';

/** @param {number} fd @param {Uint8Array} bytes */
globalThis.fs.writeSync = (fd, bytes) => {
  postMessage({ fd, output: bytes.slice() });
  return bytes.length;
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
  const go = new globalThis.Go();
  go.argv = argv;
  go.env = { ...env, TMPDIR: '/tmp', MIXTAB_ORIGIN: self.location.origin };
  go.exit = (/** @type {number} */ code) => postMessage({ code });
  const wasm = await WebAssembly.instantiateStreaming(fetch('/program.wasm'), go.importObject);
  globalThis.wasm = wasm; // cogentcore/webgpu finds the memory there
  await go.run(wasm.instance);
};

run().catch((error) => postMessage({ failed: `${error?.stack ?? error}` }));
