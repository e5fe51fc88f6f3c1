// @ts-check
// The page starts the worker and posts what it says to gobrowser, in order.

/** @type {Promise<unknown>} */
let posts = Promise.resolve();

/** @param {string} path @param {BodyInit} [body] */
const post = (path, body) => {
  posts = posts.then(() => fetch(path, { method: 'POST', body }));
};

/** @type {Promise<unknown>} Its end tells gobrowser that the page is gone. */
const alive = fetch('/alive');
alive.catch(() => {});

/** Workers cannot measure themselves. @param {MessagePort} port */
const measure = async (port) => {
  try {
    port.postMessage((await performance.measureUserAgentSpecificMemory()).bytes);
  } catch (error) {
    port.postMessage(`${error}`);
  }
};

const worker = new Worker('/worker.js', { type: 'module' });
worker.onmessage = ({ data }) => {
  if (data.file) post(`/file?name=${encodeURIComponent(data.file)}`, data.output);
  else if (data.output) post(`/output?fd=${data.fd}`, data.output);
  else if (data.measure) measure(data.measure);
  else if (data.failed !== undefined) post('/failed', data.failed);
  else post(`/exit?code=${data.code}`);
};
worker.onerror = (event) => post('/failed', `worker: ${event.message} (${event.filename}:${event.lineno})`);
