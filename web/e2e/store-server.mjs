// Serves a pack of random shards from memory, a blank page, and the store's modules; and
// misbehaves on demand. It counts what it sends.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HEAD = 64; // bytes by which shards differ; the rest is the same in all

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  'connect-src *',
  'img-src data:',
].join('; ');

/**
 * What a request for a shard is answered with instead.
 * @typedef {{status?: number, ignoreRange?: boolean, cutAfter?: number, etag?: string, corrupt?: boolean,
 *   silentAfter?: number, length?: number, bytesPerSecond?: number}} Fault
 */

export class StoreServer {
  /** @type {(request: {index: number, from: number, count: number, ifRange?: string}) => Fault | undefined} */
  fault = () => undefined;
  /** @type {Map<number, number>} requests by shard */
  asked = new Map();
  /** @type {{index: number, from: number}[]} */
  log = [];
  manifestStatus = 200;
  manifestMs = 0;
  /** @type {number[]} what the tokenizer is answered with before it comes */
  tokenizerFaults = [];

  #sockets = new Set();
  #sent = 0;
  #modules = 0;
  #port = 0;

  constructor({ shards = 12, bytes = 3 << 20, name = 'test pack', salt = '' } = {}) {
    this.bytes = bytes;
    this.body = randomBytes(bytes);
    this.heads = Array.from({ length: shards }, (_, i) => {
      const head = Buffer.alloc(HEAD);
      head.write(`${salt} shard ${i}`);
      return head;
    });
    this.hashes = this.heads.map(head =>
      createHash('sha256').update(head).update(this.body.subarray(HEAD)).digest('hex'),
    );
    this.tokenizer = Buffer.from('a tokenizer');
    const part = shard => [{ shard, offset: 0, length: bytes, row0: 0, rows: 1 }];
    // The first shard holds an expert and the last what every token needs: the order must not be the file's.
    this.manifest = {
      version: 1,
      name,
      tokenizer: {
        kind: 'sentencepiece',
        file: 'tokenizer.model',
        sha256: createHash('sha256').update(this.tokenizer).digest('hex'),
      },
      tensors: this.hashes.map((sha, i) => ({
        name: i === shards - 1 ? 'embed' : `layers.0.experts.${i}.gate`,
        parts: part(sha),
      })),
      shards: this.hashes.map(sha256 => ({ sha256, bytes })),
    };
    this.totalBytes = shards * bytes;
  }

  get origin() {
    return `http://localhost:${this.#port}`;
  }

  get pack() {
    return `${this.origin}/packs/test/`;
  }

  /** Bytes that left for the sockets, headers too, but without page and modules. */
  get sent() {
    let sent = this.#sent - this.#modules;
    for (const socket of this.#sockets) sent += socket.bytesWritten - socket.writableLength;
    return sent;
  }

  async start() {
    this.server = createServer((request, response) => this.#answer(request, response));
    this.server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sent += socket.bytesWritten - socket.writableLength;
        this.#sockets.delete(socket);
      });
    });
    await new Promise(resolve => this.server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.server.address().port;
    return this;
  }

  /** Ends at once, as a killed process does: connections break, new ones are refused. */
  kill() {
    this.server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #answer(request, response) {
    const path = new URL(request.url, this.origin).pathname;
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range');
    const shard = /^\/packs\/test\/shards\/([0-9a-f]{64})\.bin$/.exec(path);
    if (request.method === 'OPTIONS')
      response.writeHead(403).end(); // neither If-Range nor anything else
    else if (shard) this.#shard(this.hashes.indexOf(shard[1]), request, response);
    else if (path === '/packs/test/manifest.json')
      setTimeout(
        () => response.writeHead(this.manifestStatus).end(JSON.stringify(this.manifest)),
        this.manifestMs,
      );
    else if (path === '/packs/test/tokenizer.model')
      response.writeHead(this.tokenizerFaults.shift() ?? 200).end(this.tokenizer);
    else this.#file(path, response);
  }

  #file(path, response) {
    response.setHeader('Content-Security-Policy', policy);
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><link rel="icon" href="data:,"><title>store</title>');
      return;
    }
    const file = root + path;
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!/^\/(wasm\/store|web\/e2e)\//.test(path) || !stat?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', 'text/javascript');
    this.#modules += stat.size;
    createReadStream(file).pipe(response);
  }

  #shard(index, request, response) {
    if (index < 0) {
      response.writeHead(404).end();
      return;
    }
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const ifRange = request.headers['if-range'];
    let from = first === undefined ? 0 : Number(first);
    let to = last ? Math.min(Number(last) + 1, this.bytes) : this.bytes;
    this.asked.set(index, (this.asked.get(index) ?? 0) + 1);
    this.log.push({ index, from });
    const fault = this.fault({ index, from, count: this.asked.get(index), ifRange }) ?? {};
    if (fault.status) {
      response.writeHead(fault.status).end();
      return;
    }
    const etag = fault.etag ?? `"${this.hashes[index]}"`;
    response.setHeader('ETag', etag);
    const partly = first !== undefined && !fault.ignoreRange && (!ifRange || ifRange === etag);
    if (!partly) [from, to] = [0, this.bytes];
    const length = fault.length ?? this.bytes;
    if (partly) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${length}`);
    else to = Math.min(to, length);
    response.setHeader('Content-Length', to - from);
    response.writeHead(partly ? 206 : 200);
    const body = Buffer.concat([
      this.heads[index].subarray(Math.min(from, HEAD), Math.min(to, HEAD)),
      this.body.subarray(Math.max(from, HEAD), Math.max(to, HEAD)),
    ]);
    if (fault.corrupt) body[body.length - 1] ^= 1;
    if (fault.cutAfter !== undefined) {
      response.write(body.subarray(0, fault.cutAfter), () => setTimeout(() => response.destroy(), 200));
      return;
    }
    if (fault.silentAfter !== undefined) {
      response.write(body.subarray(0, fault.silentAfter));
      return;
    }
    trickle(response, body, fault.bytesPerSecond);
  }
}

/** Sends in pieces, at some speed, as fast as the other side takes them. */
async function trickle(response, body, bytesPerSecond = Infinity) {
  const piece = bytesPerSecond === Infinity ? 256 << 10 : Math.max(1024, bytesPerSecond >> 5);
  for (let at = 0; at < body.length && !response.destroyed; at += piece) {
    const room = response.write(body.subarray(at, at + piece));
    if (!room) {
      await new Promise(resolve => {
        const events = ['drain', 'close'];
        const go = () => {
          for (const event of events) response.off(event, go);
          resolve();
        };
        for (const event of events) response.on(event, go);
      });
    }
    if (bytesPerSecond < Infinity) await new Promise(resolve => setTimeout(resolve, 31));
  }
  response.end();
}
