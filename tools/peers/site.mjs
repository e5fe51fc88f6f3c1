// The server of the page that both sides run in, and the desk where our program asks for jobs.
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Folders and files by the start of their address. */
const places = (root, scratch) => ({
  '/page/': join(root, 'tools/peers/page/'),
  '/worker.js': join(root, 'tools/gobrowser/page/worker.js'),
  '/wasm_exec.js': join(
    execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(),
    'lib/wasm/wasm_exec.js',
  ),
  '/program.wasm': join(scratch, 'ours.wasm'),
  '/module/': root,
  '/npm/': join(scratch, 'node_modules/'),
  '/inputs/': join(scratch, 'inputs/'),
  '/files/': join(scratch, 'files/'),
});

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const body = async request => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export class Site {
  constructor(root, scratch) {
    this.root = root;
    this.places = places(root, scratch);
    this.reset();
  }

  /** Forgets the jobs of a page that is gone. */
  reset() {
    this.asking = Promise.withResolvers?.() ?? withResolvers();
    this.done = undefined;
    this.output = undefined;
  }

  async start() {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(error =>
        response.headersSent ? response.destroy(error) : response.writeHead(500).end(`${error}`),
      );
    });
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Has our program do a job: its milliseconds and the bytes that came out. */
  async ours(job) {
    const response = await this.asking.promise;
    this.asking = withResolvers();
    this.done = withResolvers();
    response.end(JSON.stringify(job));
    return this.done.promise;
  }

  async answer(request, response) {
    const url = new URL(request.url, this.origin);
    for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    switch (url.pathname) {
      case '/':
        return this.file(response, join(this.places['/page/'], 'index.html'));
      case '/ours/job':
        return this.asking.resolve(response);
      case '/ours/done': {
        const bytes = await body(request);
        response.end();
        const error = url.searchParams.get('error');
        if (error) return this.done.reject(new Error(error));
        return this.done.resolve({ ms: Number(url.searchParams.get('ms')), bytes });
      }
      case '/theirs/done':
        this.output = await body(request);
        return response.end();
      case '/config.json':
        return response.end(JSON.stringify({ argv: ['ours'], env: {} }));
      case '/helpers.js':
        response.setHeader('Content-Type', 'text/javascript');
        return response.end(await this.helpers());
    }
    const place = Object.keys(this.places).find(p =>
      p.endsWith('/') ? url.pathname.startsWith(p) : url.pathname === p,
    );
    if (!place) return response.writeHead(404).end();
    return this.file(
      response,
      join(this.places[place], normalize(decodeURIComponent(url.pathname.slice(place.length)))),
    );
  }

  /** Imports the JavaScript beside our Go packages, as tools/gobrowser does. */
  async helpers() {
    const lines = [];
    for (const folder of await readdir(join(this.root, 'wasm'))) {
      const files = await readdir(join(this.root, 'wasm', folder)).catch(() => []);
      for (const file of files)
        if (file.endsWith('.js')) lines.push(`import '/module/wasm/${folder}/${file}';`);
    }
    return lines.join('\n');
  }

  async file(response, name) {
    const info = await stat(name).catch(() => undefined);
    if (!info?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      'Content-Type': types[extname(name)] ?? 'application/octet-stream',
      'Content-Length': info.size,
    });
    createReadStream(name).pipe(response);
  }
}

function withResolvers() {
  const r = {};
  r.promise = new Promise((resolve, reject) => Object.assign(r, { resolve, reject }));
  return r;
}
