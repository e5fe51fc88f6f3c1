// Whole models beside llama.cpp and wllama: the same weights, number for number, as a pack and
// as a GGUF file, and the same prompt; greedy tokens are compared.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { check, launch } from './chromium.mjs';
import { late, median } from './timing.mjs';

const text = 'The quick brown fox jumps over the lazy dog, again and again, until the night falls. ';

const models = {
  exact: { flags: '-layers 2', what: '2 layers of the exact geometry' },
  // What fits into bindings of 128 MiB: a token's work in the layers is the same.
  four: {
    flags: '-layers 2 -experts 4 -vocab 28672',
    what: '2 layers, but 4 experts and 28,672 tokens',
  },
  small: {
    flags: '-layers 2 -hidden 1024 -inter 3584 -heads 8 -kv-heads 2 -context 4096',
    what: 'hidden 1024, inter 3584, 2 layers',
  },
};

/** Writes a model as a pack and as GGUF. */
function make(bench, name) {
  const pack = join(bench.scratch, name);
  const file = join(bench.scratch, 'files', `${name}.gguf`);
  mkdirSync(join(bench.scratch, 'files'), { recursive: true });
  bench.go(['run', './tools/synth', '-out', pack, '-format', 'q4', ...models[name].flags.split(' ')]);
  bench.go(['run', './tools/peers/gguf', '-pack', pack, '-out', file]);
  const line = execFileSync('go', ['run', './tools/tokenize', '-tokenizer', join(pack, 'tokenizer.model')], {
    cwd: bench.root,
    input: JSON.stringify({ text }),
    encoding: 'utf8',
  });
  return { pack, file, ids: [1, ...JSON.parse(line).ids] };
}

/** What a run of tools/bench says, whose last line is JSON. */
function benched(bench, program, args, env) {
  const out = execFileSync(program, args, {
    cwd: bench.root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const r = JSON.parse(out.trim().split('\n').at(-1));
  console.error(`  ours: prefill ${r.prefill_tok_s.toFixed(2)}, decode ${r.decode_tok_s.toFixed(2)} tok/s`);
  return { prefill: r.prefill_tok_s, decode: r.decode_tok_s, tokens: r.tokens };
}

/** Both sides in turns, after one warm-up of theirs (tools/bench has its own); rows of prefill and decode. */
async function turns(rounds, about, ours, theirs) {
  const runs = { ours: [], theirs: [] };
  for (let i = 0; i <= rounds; i++) {
    const t = await theirs();
    console.error(
      `  theirs: prefill ${t.prefill.toFixed(2)}, decode ${t.decode.toFixed(2)} tok/s${i ? '' : ' (warm-up)'}`,
    );
    if (i === 0) continue;
    runs.theirs.push(t);
    runs.ours.push(ours());
  }
  const [o, t] = [runs.ours[0], runs.theirs[0]];
  return ['prefill', 'decode'].map(what => {
    const [ourRate, theirRate] = [runs.ours, runs.theirs].map(side => median(side.map(r => r[what])));
    return {
      ...about,
      op: `${about.op}: ${what}`,
      theirs: runs.theirs.map(r => r[what]),
      ours: runs.ours.map(r => r[what]),
      theirRate,
      ourRate,
      ratio: ourRate / theirRate,
      same: agreement(o, t),
    };
  });
}

/** How many tokens came out the same before the first that differs. */
function agreement(ours, theirs) {
  const [a, b] = ours.text === undefined ? [ours.tokens, theirs.tokens] : [ours.text, theirs.text];
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return `${n} of ${a.length} ${ours.text === undefined ? 'tokens' : 'characters'}`;
}

/** Rows against llama.cpp on lavapipe; backend is vulkan or cpu. */
export async function llamacpp(bench, name, backend, rounds, limit) {
  const about = {
    peer: `llama.cpp, ${backend === 'vulkan' ? 'Vulkan' : 'CPU'} backend`,
    device: 'lavapipe, native',
    op: models[name].what,
    bar: backend === 'vulkan' ? 2 : undefined,
  };
  const { pack, file, ids } = make(bench, name);
  const gen = 8;
  const runtime = join(bench.scratch, 'run');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  // Without the first, llama.cpp leaves out devices that are CPUs.
  const env = { GGML_VK_VISIBLE_DEVICES: '0', XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? runtime };
  console.error(`${about.peer}, ${about.op}`);
  const child = spawn(
    process.execPath,
    [join(bench.root, 'tools/peers/llamacpp-run.mjs'), backend, file, JSON.stringify(ids), gen],
    {
      cwd: bench.scratch,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const log = [];
  createInterface({ input: child.stderr }).on('line', line => log.push(line));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const theirs = async () => {
    child.stdin.write('run\n');
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`llama.cpp ended: ${log.at(-1)}`);
    return JSON.parse(value);
  };
  const flags = ['-pack', pack, '-ids', ids.join(','), '-gen', `${gen}`, '-runs', '2', '-json'];
  const ours = () =>
    benched(bench, join(bench.scratch, 'bench'), flags, { MIXTAB_ADAPTER: 'llvmpipe', ...env });
  try {
    const rows = await Promise.race([turns(rounds, about, ours, theirs), late(limit)]);
    const placed = placement(log);
    if (backend === 'vulkan' && !placed.some(p => p.startsWith('Vulkan')))
      throw new Error('llama.cpp did not use Vulkan');
    return rows.map(row => ({ ...row, placed }));
  } catch (error) {
    return [{ ...about, why: error.message.split('\n')[0] }];
  } finally {
    child.kill('SIGKILL');
  }
}

/** Where llama.cpp, or wllama, says that it put a model's weights. */
function placement(log) {
  return log
    .flatMap(line => {
      const m = line.match(/load_tensors: +(\S+) model buffer size = +(\S+ MiB)/);
      return m ? [`${m[1]} ${m[2]}`] : [];
    })
    .filter((p, i, all) => all.indexOf(p) === i);
}

/** Rows against wllama in Chromium on lavapipe. */
export async function wllama(bench, site, rounds, limit) {
  const about = { peer: 'wllama, WebGPU', device: 'lavapipe, Chromium', op: models.small.what, bar: 2 };
  const { pack, ids } = make(bench, 'small');
  const gen = 16;
  console.error(`${about.peer}, ${about.op}`);
  const browser = await launch('lavapipe', bench.lavapipe);
  const log = [];
  const flags = ['-pack', '/serve', '-ids', ids.join(','), '-gen', `${gen}`, '-runs', '2', '-json'];
  const env = {
    MIXTAB_CHROMIUM: join(bench.lavapipe, 'chromium'),
    VK_DRIVER_FILES: join(bench.lavapipe, 'lvp_icd.json'),
    MIXTAB_SERVE: pack,
  };
  const ours = () => {
    const r = benched(
      bench,
      join(bench.scratch, 'gobrowser'),
      [join(bench.scratch, 'bench.wasm'), ...flags],
      env,
    );
    return { ...r, text: spelled(bench, pack, r.tokens) };
  };
  try {
    const page = await browser.newPage();
    page.on('console', message => log.push(message.text()));
    await page.goto(`${site.origin}/page/wllama.html`);
    await check(page, 'lavapipe');
    await page.waitForFunction(() => globalThis.run);
    const work = async () => {
      await page.evaluate(() => globalThis.load('/files/small.gguf', 99999));
      const placed = placement(log);
      if (!placed.some(p => p.startsWith('WebGPU'))) throw new Error(`wllama did not use WebGPU: ${placed}`);
      const theirs = async () => {
        const r = await page.evaluate(([prompt, n]) => globalThis.run(prompt, n), [text, gen]);
        if (r.timings.prompt_n !== ids.length)
          throw new Error(`wllama's prompt has ${r.timings.prompt_n} tokens, ours ${ids.length}`);
        // The first token's space is left out by one of us.
        return {
          prefill: r.timings.prompt_per_second,
          decode: r.timings.predicted_per_second,
          text: r.text.trimStart(),
        };
      };
      return (await turns(rounds, about, ours, theirs)).map(row => ({ ...row, placed }));
    };
    return await Promise.race([work(), late(limit)]);
  } catch (error) {
    return [{ ...about, why: `${error.message.split('\n')[0]} (${log.at(-1)})` }];
  } finally {
    await browser.close();
  }
}

/** The text of tokens. */
function spelled(bench, pack, ids) {
  const line = execFileSync('go', ['run', './tools/tokenize', '-tokenizer', join(pack, 'tokenizer.model')], {
    cwd: bench.root,
    input: JSON.stringify({ ids }),
    encoding: 'utf8',
  });
  return JSON.parse(line).text;
}
