// The driver's kernels, on a device that only notes what it is asked for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

interface Text {
  code: string;
  access: string;
  label: string;
}

interface Kernels {
  compileAhead(texts: string): void;
  compile(text: Text): Promise<{ pipeline: unknown }>;
  keep(kernels: unknown[]): Promise<void>;
}

// JavaScript without declarations, as the driver's other files.
const module = new URL('../../../wasm/webgpu/kernels.js', import.meta.url).href;
const { Kernels, kept }: { Kernels: new (device: unknown) => Kernels; kept(): Promise<string> } =
  await import(/* @vite-ignore */ module);

const short: Text = { code: 'short', access: 'rwu', label: 'a' };
const long: Text = { code: 'the longest', access: 'rw', label: 'b' };
const wrong: Text = { code: 'wrong', access: 'r', label: 'c' };

function fakeDevice() {
  const compiled: string[] = [];
  return {
    compiled,
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBindGroupLayout: ({ entries }: { entries: unknown[] }) => ({ entries }),
    createPipelineLayout: () => ({}),
    createShaderModule: ({ code }: { code: string }) => ({
      code,
      getCompilationInfo: async () => ({
        messages: code === 'wrong' ? [{ type: 'error', message: 'no', lineNum: 3, linePos: 4 }] : [],
      }),
    }),
    createComputePipelineAsync: async ({ label }: { label: string }) => {
      compiled.push(label);
      return { label };
    },
  };
}

/** What the browser keeps from visit to visit. */
let stored: string | undefined;

beforeEach(() => {
  stored = undefined;
  vi.stubGlobal('GPUShaderStage', { COMPUTE: 4 });
  vi.stubGlobal('caches', {
    open: async () => ({
      match: async () => (stored === undefined ? undefined : new Response(stored)),
      put: async (_: string, response: Response) => {
        stored = await response.text();
      },
    }),
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('kernels', () => {
  it('of one visit are compiled by the next before they are asked for, the longest first, and once', async () => {
    const first = new Kernels(fakeDevice());
    await first.keep([await first.compile(short), await first.compile(long)]);

    const device = fakeDevice();
    const next = new Kernels(device);
    next.compileAhead(await kept());
    expect(device.compiled).toEqual(['b', 'a']);
    expect(await next.compile(short)).toMatchObject({ pipeline: { label: 'a' } });
    expect(device.compiled).toEqual(['b', 'a']);
  });

  it('that the next visit has no use for are forgotten', async () => {
    const kernels = new Kernels(fakeDevice());
    kernels.compileAhead(JSON.stringify([long, short]));
    await kernels.keep([await kernels.compile(short)]);
    expect(JSON.parse(await kept())).toEqual([short]);
  });

  it('of another text or other bindings are compiled when they are asked for', async () => {
    const device = fakeDevice();
    const kernels = new Kernels(device);
    kernels.compileAhead(JSON.stringify([short]));
    await kernels.compile({ ...short, access: 'rru' });
    await kernels.compile({ ...short, code: 'other' });
    expect(device.compiled).toEqual(['a', 'a', 'a']);
  });

  it('that do not compile are refused when they are asked for, with the place', async () => {
    const kernels = new Kernels(fakeDevice());
    kernels.compileAhead(JSON.stringify([wrong]));
    await expect(kernels.compile(wrong)).rejects.toMatchObject({ message: 'no', line: 3, column: 4 });
  });

  it('are compiled where the browser keeps nothing', async () => {
    vi.stubGlobal('caches', undefined);
    const kernels = new Kernels(fakeDevice());
    kernels.compileAhead(await kept());
    await kernels.keep([await kernels.compile(short)]);
    expect(await kept()).toBe('[]');
  });
});
