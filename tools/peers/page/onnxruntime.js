// @ts-check
// ONNX Runtime's side: a model of one operator, its inputs and its constants on the GPU
// before the clock starts, its result read back before it stops.
import * as ort from '/npm/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs';

for (const level of /** @type {const} */ (['log', 'warn', 'error'])) {
  console[level] = (...words) => postMessage({ log: words.join(' ') });
}

ort.env.wasm.wasmPaths = '/npm/onnxruntime-web/dist/';
ort.env.wasm.numThreads = 1;

/** @param {string} url */
const bytes = async url => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** @type {ort.InferenceSession} */
let session;
/** @type {Record<string, ort.Tensor>} */
const feeds = {};
/** @type {Record<string, ort.Tensor | null>} */
const fetches = { y: null };

/**
 * @param {string} op
 * @param {{name: string, type: string, dims: number[], out?: string, cpu?: boolean}[]} inputs
 * @param {string[]} constants files of the model
 */
const load = async (op, inputs, constants) => {
  const base = `/inputs/${op}/`;
  session = await ort.InferenceSession.create(await bytes(`${base}model.onnx`), {
    executionProviders: ['webgpu'],
    externalData: constants.map(path => ({ path, data: `${base}${path}` })),
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
  const device = await ort.env.webgpu.device;
  for (const { name, type, dims, out, cpu } of inputs) {
    const data = await bytes(`${base}${name}.${type === 'int32' ? 'i32' : 'f32'}`);
    if (cpu) {
      feeds[name] = new ort.Tensor('int32', new Int32Array(data.buffer), dims);
      continue;
    }
    const gpuBuffer = device.createBuffer({ size: data.byteLength, usage: 128 | 4 | 8 });
    device.queue.writeBuffer(gpuBuffer, 0, data);
    feeds[name] = ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: type, dims });
    // An output that shares its input's buffer: a cache that is appended to in place.
    if (out) fetches[out] = ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: type, dims });
  }
};

const run = async () => {
  const start = performance.now();
  const { y } = await session.run(feeds, fetches);
  const data = await y.getData(); // on the CPU already
  const ms = performance.now() - start;
  const out = /** @type {Float32Array} */ (data).slice();
  y.dispose();
  await fetch('/theirs/done', { method: 'POST', body: out });
  return ms;
};

self.onmessage = async ({ data }) => {
  try {
    if (data.do === 'load') {
      await load(data.op, data.inputs, data.constants);
      postMessage({});
    } else {
      postMessage({ ms: await run() });
    }
  } catch (error) {
    postMessage({ error: `${error?.message ?? error}` });
  }
};
