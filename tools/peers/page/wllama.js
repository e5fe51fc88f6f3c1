// @ts-check
// wllama's side. What its native half logs goes to the console, where the harness reads
// whether WebGPU was used.
import { LogLevel, Wllama } from '/npm/@wllama/wllama/esm/index.js';

/** @param {any[]} words */
const log = (...words) => console.warn(words.join(' '));
const wllama = new Wllama(
  { default: '/npm/@wllama/wllama/esm/wasm/wllama.wasm' },
  { logger: { debug: log, log, warn: log, error: log } },
);

globalThis.load = async (/** @type {string} */ url, /** @type {number} */ layers) => {
  const model = await (await fetch(url)).blob();
  await wllama.loadModel([model], {
    n_gpu_layers: layers,
    n_ctx: 512,
    n_parallel: 1,
    n_threads: navigator.hardwareConcurrency,
    warmup: false,
    log_level: LogLevel.DEBUG,
  });
};

/** Answers greedily: the text, and milliseconds by wllama's own clock. */
globalThis.run = async (/** @type {string} */ prompt, /** @type {number} */ tokens) => {
  const r = await wllama.createCompletion(
    /** @type {any} */ ({
      prompt,
      max_tokens: tokens,
      temperature: 0,
      ignore_eos: true,
      cache_prompt: false,
    }),
  );
  return { text: r.choices[0]?.text, timings: r.timings };
};
