// @ts-check
// The JavaScript half of the browser driver: what a Go program would pay for with
// hundreds of crossings (the replay of a program) or cannot have through
// cogentcore/webgpu (limits and features of its choice, error scopes, compilation
// messages, asynchronous pipelines, mappings that report failure).
//
// An ordinary module without eval. Import it in the worker that runs the Go program,
// before the program starts: it installs itself as globalThis.mixtabDriver.
//
// Go is told of everything asynchronous by one callback, settle(token, kind, value,
// line, column): token says which request, kind what became of it.

import { Kernels, kept, Refusal } from './kernels.js';
import { popScopes as popAll, pushScopes as pushAll } from './scopes.js';

/** What became of a request; wasm/webgpu/settle.go has the same numbers. */
const DONE = 0;
const VALIDATION = 1;
const OUT_OF_MEMORY = 2;
const LOST = 3;
const SHADER = 4;
const NO_WEBGPU = 5;

/**
 * @typedef {(token: number, kind: number, value?: unknown, line?: number, column?: number) => void} Settle
 * @typedef {{pipelines: GPUComputePipeline[], groups: GPUBindGroup[], grids: number[]}} Program
 * @typedef {import('./kernels.js').Kernel} Kernel
 * @typedef {{buffer: GPUBuffer, bytes: Uint8Array}} Slot
 */

/** Asked for as high as the adapter goes; gpu.Limits holds the first six, in this order. */
const LIMITS = /** @type {const} */ ([
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
]);

/** Asked for where offered. */
const FEATURES = /** @type {const} */ (['shader-f16', 'timestamp-query', 'subgroups']);
const PACKED_DOT = 'packed_4x8_integer_dot_product';

/** The most that a query set may hold. */
const MAX_TIMESTAMPS = 4096;

/** The ring of mapped buffers that uploads go through: 4.5 GB/s, where 3 of 16 MiB make 3.5 (SwiftShader). */
const STAGING_BYTES = 4 << 20;
const STAGING_COUNT = 12;

/** @param {unknown} error */
const text = (error) => (error instanceof Error ? error.message : String(error));

/** @param {GPUError} error */
const kindOf = (error) => (error instanceof GPUOutOfMemoryError ? OUT_OF_MEMORY : VALIDATION);

/** @param {GPUAdapter} adapter */
const describe = (adapter) => {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const words = [vendor, architecture, device, description].filter(Boolean).join(' ');
  const name = words.toLowerCase();
  let kind = 'unknown';
  // WebGPU tells neither CPU from GPU nor integrated from discrete, except by name.
  if (isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render|warp/.test(name)) kind = 'cpu';
  else if (/nvidia/.test(name)) kind = 'discrete';
  else if (/apple|intel|qualcomm|\barm\b|img-tec|samsung/.test(name)) kind = 'integrated';
  return { name: words || 'unnamed adapter', kind };
};

/** The size of all the adapter's subgroups; 0 where there are none or of several sizes. @param {GPUAdapter} adapter */
const subgroupSize = ({ features, info }) =>
  features.has('subgroups') && info.subgroupMinSize === info.subgroupMaxSize ? (info.subgroupMinSize ?? 0) : 0;

/** A device with all that its adapter has; null where there is no adapter. */
const acquire = async () => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  /** @type {Record<string, number>} */
  const requiredLimits = {};
  for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
  const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ label: 'mixtab', requiredLimits, requiredFeatures });
  return { adapter, device, kernels: new Kernels(device) };
};

/**
 * The first device, asked for while Go is still on its way: a browser may take as long to start its GPU
 * process as to compile the WebAssembly. Its kernels follow.
 */
const acquireAhead = () => {
  const texts = kept();
  const acquired = acquire();
  // open is told of what fails
  acquired.then(async (first) => first?.kernels.compileAhead(await texts)).catch(() => {});
  return acquired;
};

let ahead = globalThis.navigator?.gpu ? acquireAhead() : undefined;

/**
 * Opens a device and settles token 0 with what Go needs of it. No callback is called after close.
 * @param {Settle} goSettle
 * @param {(message: string) => void} onLost told once, if the device is lost and not closed
 * @param {(kind: number, message: string) => void} onUncaptured errors that no scope caught
 */
const open = async (goSettle, onLost, onUncaptured) => {
  let closed = false;
  /** @type {Settle} */
  const settle = (...answer) => {
    if (!closed) goSettle(...answer);
  };
  try {
    if (!globalThis.navigator?.gpu) {
      settle(0, NO_WEBGPU, 'this browser has no WebGPU, or the page is no secure context (https or localhost)');
      return;
    }
    const first = ahead;
    ahead = undefined; // also if it failed: whoever opens again gets another try
    const acquired = await (first ?? acquire());
    if (!acquired) {
      settle(0, NO_WEBGPU, 'the browser offers no WebGPU adapter on this machine');
      return;
    }
    const { adapter, device, kernels } = acquired;
    device.lost.then((info) => {
      if (!closed) onLost(info.message || info.reason);
    });
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      if (!closed) onUncaptured(kindOf(event.error), event.error.message);
    });
    const close = () => {
      closed = true;
      device.destroy();
    };
    settle(0, DONE, {
      close,
      ...describe(adapter),
      limits: LIMITS.map((name) => device.limits[name]),
      features: [
        device.features.has('shader-f16'),
        device.features.has('timestamp-query'),
        navigator.gpu.wgslLanguageFeatures?.has(PACKED_DOT) ?? false,
      ],
      subgroupSize: subgroupSize(adapter),
      ...methods(device, kernels, settle),
    });
  } catch (error) {
    settle(0, NO_WEBGPU, text(error));
  }
};

/**
 * What Go calls, once opened. Go keeps each function, so no call looks a name up.
 * @param {GPUDevice} device
 * @param {Kernels} kernels
 * @param {Settle} settle
 */
const methods = (device, kernels, settle) => {
  const { queue } = device;

  /** Settles a request that failed: as lost, if the device is about to say so. */
  const fail = (/** @type {number} */ token, /** @type {unknown} */ error) => {
    const wait = new Promise((done) => setTimeout(done, 200, false));
    Promise.race([device.lost.then(() => true), wait]).then((lost) => {
      settle(token, lost ? LOST : VALIDATION, text(error));
    });
  };

  const pushScopes = () => pushAll(device);

  /** Ends pushScopes; settles with what they caught. @param {number} token */
  const popScopes = (token) => {
    popAll(device).then(
      (error) => (error ? settle(token, kindOf(error), error.message) : settle(token, DONE)),
      (error) => fail(token, error),
    );
  };

  /**
   * Settles with a kernel.
   * @param {number} token @param {string} code @param {string} access @param {string} label
   */
  const compile = (token, code, access, label) => {
    kernels.compile({ code, access, label }).then(
      (kernel) => settle(token, DONE, kernel),
      (error) =>
        error instanceof Refusal
          ? settle(token, SHADER, error.message, error.line, error.column)
          : fail(token, error),
    );
  };

  /** @param {Kernel[]} some that the next visit shall compile ahead */
  const keepKernels = (...some) => {
    kernels.keep(some);
  };

  /** @returns {Program} */
  const newProgram = () => ({ pipelines: [], groups: [], grids: [] });

  /**
   * Binds one dispatch. bindings is flat: a buffer, an offset and a size for each. One call with plain
   * arguments, since a descriptor, objects in objects, costs Go 0.4 ms (Chromium 156, 2 cores).
   * @param {Program} program @param {Kernel} kernel
   * @param {number} x @param {number} y @param {number} z @param {any[]} bindings
   */
  const addDispatch = (program, { pipeline, layout }, x, y, z, ...bindings) => {
    const entries = [];
    for (let i = 0; i < bindings.length; i += 3) {
      const resource = { buffer: bindings[i], offset: bindings[i + 1], size: bindings[i + 2] };
      entries.push({ binding: i / 3, resource });
    }
    program.pipelines.push(pipeline);
    program.groups.push(device.createBindGroup({ layout, entries }));
    program.grids.push(x, y, z);
  };

  /** Encodes programs as one compute pass. @param {GPUCommandEncoder} encoder @param {Program[]} programs */
  const encode = (encoder, programs) => {
    const pass = encoder.beginComputePass();
    let bound;
    for (const { pipelines, groups, grids } of programs) {
      for (let i = 0; i < pipelines.length; i++) {
        if (pipelines[i] !== bound) pass.setPipeline((bound = pipelines[i]));
        pass.setBindGroup(0, groups[i]);
        pass.dispatchWorkgroups(grids[3 * i], grids[3 * i + 1], grids[3 * i + 2]);
      }
    }
    pass.end();
  };

  /** Replays programs as one command buffer, one submit. @param {Program[]} programs */
  const submit = (...programs) => {
    const encoder = device.createCommandEncoder();
    encode(encoder, programs);
    queue.submit([encoder.finish()]);
  };

  /**
   * Replays programs with each dispatch as a pass between two timestamps, and settles with the bytes of those:
   * two times 64 bits a dispatch, in nanoseconds.
   * @param {number} token @param {Program[]} programs
   */
  const profile = async (token, ...programs) => {
    const set = device.createQuerySet({ type: 'timestamp', count: MAX_TIMESTAMPS });
    const size = 8 * MAX_TIMESTAMPS;
    const ticks = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    try {
      const steps = programs.flatMap((program) => program.pipelines.map((_, i) => ({ program, i })));
      const times = new Uint8Array(16 * steps.length);
      for (let from = 0; from < steps.length; from += MAX_TIMESTAMPS / 2) {
        const some = steps.slice(from, from + MAX_TIMESTAMPS / 2);
        const bytes = 16 * some.length;
        const encoder = device.createCommandEncoder();
        some.forEach(({ program: { pipelines, groups, grids }, i }, at) => {
          const timestampWrites = { querySet: set, beginningOfPassWriteIndex: 2 * at, endOfPassWriteIndex: 2 * at + 1 };
          const pass = encoder.beginComputePass({ timestampWrites });
          pass.setPipeline(pipelines[i]);
          pass.setBindGroup(0, groups[i]);
          pass.dispatchWorkgroups(grids[3 * i], grids[3 * i + 1], grids[3 * i + 2]);
          pass.end();
        });
        encoder.resolveQuerySet(set, 0, 2 * some.length, ticks, 0);
        encoder.copyBufferToBuffer(ticks, 0, staging, 0, bytes);
        queue.submit([encoder.finish()]);
        await staging.mapAsync(GPUMapMode.READ, 0, bytes);
        times.set(new Uint8Array(staging.getMappedRange(0, bytes)), 16 * from);
        staging.unmap();
      }
      settle(token, DONE, times);
    } catch (error) {
      fail(token, error);
    } finally {
      for (const made of [set, ticks, staging]) made.destroy();
    }
  };

  /** A place for readbacks of up to size bytes, used again and again. @param {number} size @returns {Slot} */
  const newSlot = (size) => ({
    buffer: device.createBuffer({ label: 'staging', size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
    bytes: new Uint8Array(size),
  });

  /**
   * Replays programs and copies n bytes behind them, in one submit. Settles when slot.bytes holds the bytes; of 4
   * with their word, which spares Go the copy.
   * @param {number} token @param {Slot} slot @param {GPUBuffer} buffer @param {number} offset @param {number} n
   * @param {Program[]} programs
   */
  const submitRead = (token, slot, buffer, offset, n, ...programs) => {
    const staging = slot.buffer;
    const encoder = device.createCommandEncoder();
    if (programs.length > 0) encode(encoder, programs);
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, n);
    queue.submit([encoder.finish()]);
    staging.mapAsync(GPUMapMode.READ, 0, n).then(() => {
      const mapped = staging.getMappedRange(0, n);
      const word = n === 4 ? new Uint32Array(mapped)[0] : undefined;
      if (word === undefined) slot.bytes.set(new Uint8Array(mapped));
      staging.unmap();
      settle(token, DONE, word);
    }, (error) => fail(token, error));
  };

  /**
   * Settles with n bytes of a buffer as an ArrayBuffer. They go through a mapping that is made for
   * them: whoever asks wants megabytes, and not soon again.
   * @param {number} token @param {GPUBuffer} buffer @param {number} offset @param {number} n
   */
  const copyOut = (token, buffer, offset, n) => {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = device.createBuffer({ label: 'copy out', size: n, usage });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, n);
    queue.submit([encoder.finish()]);
    staging.mapAsync(GPUMapMode.READ).then(() => {
      const bytes = staging.getMappedRange().slice(0);
      staging.destroy();
      settle(token, DONE, bytes);
    }, (error) => fail(token, error));
  };

  /** @param {GPUBuffer} buffer @param {number} offset @param {Uint8Array<ArrayBuffer>} bytes @param {number} n */
  const write = (buffer, offset, bytes, n) => queue.writeBuffer(buffer, offset, bytes, 0, n);

  /**
   * Writes n bytes of src that never enter Go's memory. Offsets are in bytes.
   * @param {GPUBuffer} buffer @param {number} offset
   * @param {ArrayBuffer | SharedArrayBuffer | ArrayBufferView} src @param {number} srcOffset @param {number} n
   */
  const writeBufferFrom = (buffer, offset, src, srcOffset, n) => {
    if (ArrayBuffer.isView(src)) queue.writeBuffer(buffer, offset, src.buffer, src.byteOffset + srcOffset, n);
    else queue.writeBuffer(buffer, offset, src, srcOffset, n);
  };

  /** @type {{buffer: GPUBuffer, ready: Promise<unknown>}[]} */
  const ring = [];
  let turn = 0;

  const nextStaging = () => {
    const i = turn++ % STAGING_COUNT;
    ring[i] ??= {
      buffer: device.createBuffer({
        label: 'upload',
        size: STAGING_BYTES,
        usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
        mappedAtCreation: true,
      }),
      ready: Promise.resolve(),
    };
    return ring[i];
  };

  /**
   * Like writeBufferFrom, but through a ring of mapped buffers: 2.3 GB/s where writeBuffer makes 1.0 (64 MB,
   * SwiftShader). Settles when the last copy is queued.
   * @param {number} token @param {GPUBuffer} buffer @param {number} offset
   * @param {ArrayBuffer | SharedArrayBuffer | ArrayBufferView} src @param {number} srcOffset @param {number} n
   */
  const upload = async (token, buffer, offset, src, srcOffset, n) => {
    try {
      const bytes = ArrayBuffer.isView(src)
        ? new Uint8Array(src.buffer, src.byteOffset + srcOffset, n)
        : new Uint8Array(src, srcOffset, n);
      for (let from = 0; from < n; from += STAGING_BYTES) {
        const length = Math.min(STAGING_BYTES, n - from);
        const staging = nextStaging();
        const copied = staging.ready.then(() => {
          new Uint8Array(staging.buffer.getMappedRange(0, length)).set(bytes.subarray(from, from + length));
          staging.buffer.unmap();
          const encoder = device.createCommandEncoder();
          encoder.copyBufferToBuffer(staging.buffer, 0, buffer, offset + from, length);
          queue.submit([encoder.finish()]);
        });
        staging.ready = copied.then(() => staging.buffer.mapAsync(GPUMapMode.WRITE));
        staging.ready.catch(() => {}); // the next to use it is told
        await copied;
      }
      settle(token, DONE);
    } catch (error) {
      fail(token, error);
    }
  };

  return {
    device,
    pushScopes,
    popScopes,
    compile,
    keepKernels,
    newProgram,
    addDispatch,
    submit,
    profile,
    newSlot,
    submitRead,
    copyOut,
    write,
    writeBufferFrom,
    upload,
  };
};

export const driver = { open };
/** @type {any} */ (globalThis).mixtabDriver = driver;
