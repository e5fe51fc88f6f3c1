// @ts-check
// The page of both sides: our Go program in the worker of tools/gobrowser, ONNX Runtime
// in a worker of its own. Each opens its own device on the same adapter.

/** @param {string} text */
const log = text => console.warn(text);

/** Starts our program; it asks the server for jobs. */
globalThis.startOurs = () => {
  const worker = new Worker('/worker.js', { type: 'module' });
  worker.onmessage = ({ data }) => {
    if (data.output)
      log(typeof data.output === 'string' ? data.output : new TextDecoder().decode(data.output));
    else log(`ours ended: ${JSON.stringify(data)}`);
  };
};

/** @type {Worker | undefined} */
let theirs;

/** Has ONNX Runtime do a job. @param {object} job @returns {Promise<any>} */
globalThis.theirs = job =>
  new Promise((resolve, reject) => {
    theirs ??= new Worker('/page/onnxruntime.js', { type: 'module' });
    theirs.onerror = event => reject(new Error(`worker: ${event.message}`));
    theirs.onmessage = ({ data }) => {
      if (data.log !== undefined) log(data.log);
      else if (data.error !== undefined) reject(new Error(data.error));
      else resolve(data);
    };
    theirs.postMessage(job);
  });
