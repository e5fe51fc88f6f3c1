// mixtab beside its peers, in one run: make bench-peers. What peers need is installed from
// npm into build/peers; nothing of theirs is part of mixtab.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as onnxruntime from './onnxruntime.mjs';
import { Site } from './site.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = join(root, 'build/peers');

const { values } = parseArgs({
  args: process.argv.slice(2).map(arg => arg.replace(/^-(?=[a-z])/, '--')),
  options: {
    adapters: { type: 'string', default: 'lavapipe,swiftshader' },
    ops: { type: 'string', default: onnxruntime.names.join(',') },
    runs: { type: 'string', default: '5' },
    limit: { type: 'string', default: '600' },
    lavapipe: { type: 'string', default: join(scratch, 'lavapipe') },
  },
});

const go = (args, env = {}) => execFileSync('go', args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });

mkdirSync(scratch, { recursive: true });
const packages = { 'onnxruntime-web': '1.30.0' };
writeFileSync(join(scratch, 'package.json'), JSON.stringify({ private: true, dependencies: packages }, null, 2));
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: scratch, stdio: 'inherit' });
go(['build', '-trimpath', '-ldflags=-s -w', '-o', 'build/peers/ours.wasm', './tools/peers/ours'], { GOOS: 'js', GOARCH: 'wasm' });
go(['run', './tools/peers/inputs', '-out', join(scratch, 'inputs')]);

const rows = [];
const site = await new Site(root, scratch).start();
for (const adapter of values.adapters.split(',')) {
  for (const op of values.ops.split(',')) {
    const row = await onnxruntime.compare(site, scratch, adapter, values.lavapipe, op, Number(values.runs), Number(values.limit));
    rows.push(row);
    console.error(row);
  }
}
site.close();
writeFileSync(join(scratch, 'result.json'), JSON.stringify(rows, null, 2));
