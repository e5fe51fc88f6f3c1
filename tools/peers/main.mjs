// mixtab beside its peers, in one run: make bench-peers. Peers come from npm into build/peers,
// pinned; nothing of theirs is part of mixtab.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as models from './models.mjs';
import * as onnxruntime from './onnxruntime.mjs';
import { Site } from './site.mjs';
import { table } from './table.mjs';

const usage = `usage: node tools/peers/main.mjs [-only onnxruntime,wllama,llamacpp]

Measures mixtab and its peers in turns and writes a table, and build/peers/result.json.

  -only LIST        peers: onnxruntime, wllama, llamacpp (default: all)
  -adapters LIST    of onnxruntime: lavapipe, swiftshader (default: both)
  -ops LIST         of onnxruntime: ${onnxruntime.names} (default: all)
  -models LIST      of llamacpp: exact:vulkan, four:vulkan, exact:cpu (default: all)
  -runs N           of each operation, after a warm-up (default 5)
  -rounds N         of each model, after a warm-up (default 3)
  -limit SECONDS    for one row (default 1800)
  -lavapipe FOLDER  a Chromium on lavapipe, made where it is missing (default: build/peers/lavapipe)
`;

const packages = {
  'onnxruntime-web': '1.30.0',
  '@wllama/wllama': '3.8.1',
  'node-llama-cpp': '3.22.1',
  '@node-llama-cpp/linux-x64': '3.22.1',
  '@node-llama-cpp/linux-x64-vulkan': '3.22.1',
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = join(root, 'build/peers');
const { values } = parseArgs({
  args: process.argv.slice(2).map(arg => arg.replace(/^-(?=[a-z]{2})/, '--')),
  options: {
    only: { type: 'string', default: 'onnxruntime,wllama,llamacpp' },
    adapters: { type: 'string', default: 'lavapipe,swiftshader' },
    ops: { type: 'string', default: onnxruntime.names.join(',') },
    models: { type: 'string', default: 'exact:vulkan,four:vulkan,exact:cpu' },
    runs: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '1800' },
    lavapipe: { type: 'string', default: join(scratch, 'lavapipe') },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const go = (args, env = {}) =>
  execFileSync('go', args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
const bench = { root, scratch, lavapipe: values.lavapipe, go };
const only = values.only.split(',');

mkdirSync(scratch, { recursive: true });
writeFileSync(
  join(scratch, 'package.json'),
  JSON.stringify({ private: true, dependencies: packages }, null, 2),
);
execFileSync(
  'npm',
  ['install', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts', '--silent'],
  { cwd: scratch, stdio: ['ignore', 2, 2] },
);
if (!existsSync(join(values.lavapipe, 'lvp_icd.json')))
  execFileSync(join(root, 'tools/peers/lavapipe.sh'), [values.lavapipe], { stdio: ['ignore', 2, 2] });
const js = { GOOS: 'js', GOARCH: 'wasm' };
const build = (out, what, env) =>
  go(['build', '-trimpath', '-ldflags=-s -w', '-o', join(scratch, out), what], env);
build('ours.wasm', './tools/peers/ours', js);
build('bench.wasm', './tools/bench', js);
build('bench', './tools/bench');
build('gobrowser', './tools/gobrowser');

const rows = [];
const add = more => {
  rows.push(...more);
  writeFileSync(
    join(scratch, 'result.json'),
    `${JSON.stringify({ when: new Date().toISOString(), rows }, null, 2)}\n`,
  );
};
const site = await new Site(root, scratch).start();
if (only.includes('onnxruntime')) {
  go(['run', './tools/peers/inputs', '-out', join(scratch, 'inputs'), '-ops', values.ops]);
  for (const adapter of values.adapters.split(','))
    for (const op of values.ops.split(','))
      add([await onnxruntime.compare(bench, site, adapter, op, Number(values.runs), Number(values.limit))]);
}
if (only.includes('wllama'))
  add(await models.wllama(bench, site, Number(values.rounds), Number(values.limit)));
site.close();
if (only.includes('llamacpp'))
  for (const model of values.models.split(','))
    add(await models.llamacpp(bench, ...model.split(':'), Number(values.rounds), Number(values.limit)));
console.log(table(rows));
