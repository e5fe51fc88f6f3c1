// mixtab beside ONNX Runtime Web's WebGPU backend: the same operator on the same numbers, in
// one page, in turns.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, launch } from './chromium.mjs';
import { late, median } from './timing.mjs';

const f32 = (name, dims, more = {}) => ({ name, type: 'float32', dims, ...more });
const cache = [1, 8, 2048, 128];

/** What tools/peers/inputs wrote for them. */
const operations = {
  gemv: {
    title: 'GEMV 4096 → 14336 (MatMulNBits)',
    inputs: [f32('x', [1, 4096])],
    constants: ['w.nibbles', 'w.scales'],
  },
  experts: {
    title: 'one token, 2 of 8 experts (QMoE)',
    inputs: [f32('x', [1, 4096]), f32('logits', [1, 8])],
    constants: ['fc1', 'fc1.scales', 'fc2', 'fc2.scales'],
  },
  attention: {
    title: 'attention decode at 2048 (GroupQueryAttention)',
    inputs: [
      f32('q', [1, 1, 4096]),
      f32('key', [1, 1, 1024]),
      f32('value', [1, 1, 1024]),
      f32('past_key', cache, { out: 'present_key' }),
      f32('past_value', cache, { out: 'present_value' }),
      { name: 'last', type: 'int32', dims: [1], cpu: true },
      { name: 'total', type: 'int32', dims: [1], cpu: true },
    ],
    constants: [],
  },
  gemm: {
    title: 'GEMM, 128 rows, 4096 → 4096 (MatMulNBits)',
    inputs: [f32('x', [128, 4096])],
    constants: ['w.nibbles', 'w.scales'],
  },
};

export const names = Object.keys(operations);

const bars = { lavapipe: 2, swiftshader: 10 };

/** Runs an operation on both sides; a row of the table. */
export async function compare(bench, site, adapter, op, runs, limit) {
  const { scratch, lavapipe } = bench;
  const { title, inputs, constants } = operations[op];
  const row = {
    peer: 'ONNX Runtime Web, WebGPU',
    device: `${adapter}, Chromium`,
    op: title,
    bar: bars[adapter],
  };
  const want = await readFile(join(scratch, 'inputs', op, 'want.f64'));
  const truth = new Float64Array(want.buffer, want.byteOffset, want.byteLength / 8);
  site.reset();
  const browser = await launch(adapter, lavapipe);
  let last = 'start';
  console.error(`${row.peer}, ${op} on ${adapter}`);
  const step = async (name, work) => {
    last = name;
    const start = performance.now();
    const result = await work;
    console.error(`  ${name}: ${(result?.ms ?? performance.now() - start).toFixed(1)} ms`);
    return result;
  };
  try {
    const page = await browser.newPage();
    page.on('console', message => console.error(`    ${message.text()}`));
    await page.goto(site.origin);
    await check(page, adapter);
    const theirs = job => page.evaluate(j => globalThis.theirs(j), job);
    const work = async () => {
      await page.evaluate(() => globalThis.startOurs());
      await step('ours, load', site.ours({ Do: 'load', Op: op }));
      await step('theirs, load', theirs({ do: 'load', op, inputs, constants }));
      row.ours = [];
      row.theirs = [];
      for (let i = 0; i <= runs; i++) {
        const t = await step('theirs', theirs({ do: 'run' }));
        const o = await step('ours', site.ours({ Do: 'run' }));
        if (i === 0) {
          row.theirError = error(site.output, truth);
          row.ourError = error(o.bytes, truth);
          continue; // the warm-up
        }
        row.theirs.push(t.ms);
        row.ours.push(o.ms);
      }
    };
    await Promise.race([work(), late(limit)]);
    if (!(row.ourError.rel < 1e-4)) throw new Error(`our result is wrong by ${row.ourError.rel} of its RMS`);
    row.theirMs = median(row.theirs);
    row.ourMs = median(row.ours);
    row.ratio = row.theirMs / row.ourMs;
  } catch (error) {
    row.why = `${error.message.split('\n')[0]} (${last})`;
  } finally {
    await browser.close();
  }
  return row;
}

/** The largest difference from the truth, and that over the truth's root mean square. */
function error(bytes, truth) {
  const got = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (got.length !== truth.length) throw new Error(`${got.length} numbers came out, not ${truth.length}`);
  let most = 0;
  let squares = 0;
  for (let i = 0; i < truth.length; i++) {
    const d = Math.abs(got[i] - truth[i]);
    if (!(d <= most) && !Number.isNaN(most)) most = d; // NaN stays
    squares += truth[i] ** 2;
  }
  const rms = Math.sqrt(squares / truth.length);
  return { abs: most, rel: most / rms };
}
