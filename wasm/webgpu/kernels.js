// @ts-check
// Compiles kernels for a device. Those that the last visit needed for its first word are compiled as soon as there
// is a device, while Go is still on its way: a CPU adapter compiles one at a time, and that is what the first word
// of a small model waits for.

import { popScopes, pushScopes } from './scopes.js';

/** Where the texts of the last visit's kernels are kept; nobody serves it. */
const CACHE = 'mixtab-kernels';
const ADDRESS = 'https://mixtab.invalid/kernels';

/** How a kernel uses a binding, by the letters of program.go. @type {Record<string, GPUBufferBindingType>} */
const TYPES = { r: 'read-only-storage', w: 'storage', u: 'uniform' };

/**
 * @typedef {{code: string, access: string, label: string}} Text access: a letter for each binding of group 0
 * @typedef {{text: Text, pipeline: GPUComputePipeline, layout: GPUBindGroupLayout}} Kernel
 */

/** Why a kernel does not compile, and where in its text; 0 where the browser does not say. */
export class Refusal extends Error {
  /** @param {string} message @param {number} line @param {number} column */
  constructor(message, line = 0, column = 0) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** What an earlier visit kept, as JSON. Where the browser keeps nothing, or not any more, there is none. */
export const kept = async () => {
  try {
    const found = await (await caches.open(CACHE)).match(ADDRESS);
    return (await found?.text()) ?? '[]';
  } catch {
    return '[]';
  }
};

/** The kernels of a device. */
export class Kernels {
  /** @type {GPUDevice} */ #device;
  /** @type {Map<string, {group: GPUBindGroupLayout, pipeline: GPUPipelineLayout}>} by access */ #layouts = new Map();
  /** @type {Map<string, Promise<Kernel>>} compiled ahead, and not asked for yet */ #ahead = new Map();
  #kept = '';

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
  }

  /** Compiles what an earlier visit kept. @param {string} texts */
  compileAhead(texts) {
    this.#kept = texts;
    for (const text of JSON.parse(texts)) {
      const kernel = this.#compile(text);
      kernel.catch(() => {}); // whoever asks for it is told
      this.#ahead.set(keyOf(text), kernel);
    }
  }

  /** Compiles a kernel, or gives what was compiled ahead; throws a Refusal. @param {Text} text @returns {Promise<Kernel>} */
  compile(text) {
    const key = keyOf(text);
    const ahead = this.#ahead.get(key);
    this.#ahead.delete(key);
    return ahead ?? this.#compile(text);
  }

  /** Has the next visit compile these ahead, and no others. @param {Kernel[]} kernels */
  async keep(kernels) {
    this.#ahead.clear();
    const texts = kernels.map(({ text }) => text);
    // The longest first, so that none is left to wait for alone.
    texts.sort((a, b) => b.code.length - a.code.length || (a.label < b.label ? -1 : 1));
    const json = JSON.stringify(texts);
    if (json === this.#kept) return;
    this.#kept = json;
    try {
      await (await caches.open(CACHE)).put(ADDRESS, new Response(json));
    } catch {
      // Where nothing can be kept, the next visit compiles when Go asks.
    }
  }

  /** @param {Text} text @returns {Promise<Kernel>} */
  async #compile(text) {
    const { code, access, label } = text;
    pushScopes(this.#device);
    const { group, pipeline: layout } = this.#layoutOf(access);
    const module = this.#device.createShaderModule({ code });
    const scopes = popScopes(this.#device);
    const compiled = this.#device.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: 'main' } });
    compiled.catch(() => {}); // the scopes or the messages say why
    const [error, { messages }] = await Promise.all([scopes, module.getCompilationInfo()]);
    const wrong = messages.find(({ type }) => type === 'error');
    if (wrong) throw new Refusal(wrong.message, wrong.lineNum, wrong.linePos);
    if (error) throw new Refusal(error.message);
    try {
      return { text, pipeline: await compiled, layout: group };
    } catch (refusal) {
      throw new Refusal(refusal instanceof Error ? refusal.message : String(refusal));
    }
  }

  /** The layout that all kernels with such bindings share. @param {string} access */
  #layoutOf(access) {
    let layout = this.#layouts.get(access);
    if (!layout) {
      const entries = [...access].map((letter, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: TYPES[letter] },
      }));
      const group = this.#device.createBindGroupLayout({ entries });
      layout = { group, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.#layouts.set(access, layout);
    }
    return layout;
  }
}

/** @param {Text} text */
const keyOf = ({ code, access }) => `${access} ${code}`;
