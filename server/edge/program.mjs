// The Go program as JavaScript sees it, for one request or for many.
//
// What belongs to a request, such as a stream or a promise, ends with it when its client
// breaks off. So no request may wait for what another one started: its own would never
// come, and the runtime says so by ending it.

import '../../build/edge/wasm_exec.js'; // Go's own; defines Go
import module from '../../build/edge/edge.wasm';

/** For how long a request lets another one read the manifests before it does so itself. */
const OPENING_MS = 10_000;

/** How old manifests may get before a request has them compared with the bucket's. */
const FRESH_MS = 60_000;

/** When an answer that has not come belongs to a client that has gone. */
const GONE_MS = 120_000;

/** Addresses about which no manifest says anything: they are answered before one is read. */
const WITHOUT_PACKS = new Set(['/', '/healthz', '/version']);

/** What is wrong with the Worker's configuration. */
export class NotOpen extends Error {}

export class Program {
  #binding = {};
  #context = { env: {}, binding: this.#binding };
  #go = new Go();
  #memory;
  #opened = false;
  #opening = 0; // since when some request has been reading the manifests, or 0
  #checked = 0; // when they were compared last
  #waiting = new Map(); // from how to fail a request to when it came, oldest first

  /** Whether the program has ended, and with what. */
  ended = null;

  constructor() {
    // syumai/workers finds its surroundings here, while Go runs up to where main blocks.
    globalThis.context = this.#context;
    const instance = new WebAssembly.Instance(module, { ...this.#go.importObject, workers: { ready() {} } });
    this.#memory = instance.exports.mem;
    // All of JavaScript's calls into Go pass through _resume. That Go has ended has to be
    // seen there: the promise of run belongs to whatever started it.
    const resume = this.#go._resume.bind(this.#go);
    this.#go._resume = () => {
      try {
        resume();
      } catch (error) {
        this.#end(error); // a trap of WebAssembly: what is left is not to be trusted
      }
      if (this.#go.exited) this.#end(new Error('the Go program has ended'));
    };
    this.#go
      .run(instance)
      .catch(error => console.error('edge: the Go program ends at its start:', error.stack));
    if (!this.#binding.open) throw new Error('the Go program has not started: the log says why');
  }

  /** The size of Go's memory, which never shrinks. */
  get bytes() {
    return this.#memory.buffer.byteLength;
  }

  /** Takes the Worker's variables, unless that was done. */
  configure(env) {
    this.#context.env = env;
    return this.#call(this.#binding.configure);
  }

  /** Answers a request, after what that takes has been read. */
  async answer(request, env, ctx) {
    await this.configure(env);
    if (!WITHOUT_PACKS.has(new URL(request.url).pathname)) await this.#open(ctx);
    return this.#ask((done, fail) => this.#binding.handleRequest(request).then(done, fail));
  }

  /** Reads the packs' manifests, unless that was done. */
  async #open(ctx) {
    while (!this.#opened) {
      if (Date.now() - this.#opening > OPENING_MS) await this.#read(ctx);
      else await scheduler.wait(5);
      if (this.ended) throw this.ended;
    }
  }

  /** Lets the manifests be read, and from time to time compared with the bucket's, behind an answer. */
  refresh(ctx) {
    if (Date.now() - this.#checked < FRESH_MS) return;
    this.#checked = Date.now();
    this.#read(ctx).catch(error => console.error('edge:', error.message));
  }

  async #read(ctx) {
    this.#opening = this.#checked = Date.now();
    const reading = this.#call(this.#binding.open);
    ctx.waitUntil(reading.catch(() => {})); // goes on when this request's client does not
    try {
      await reading;
      this.#opened = true;
    } finally {
      this.#opening = 0;
    }
  }

  /** Calls what Go offers (main.go). */
  #call(offered) {
    return this.#ask((done, fail) => offered(wrong => (wrong === null ? done() : fail(new NotOpen(wrong)))));
  }

  /** A promise that is broken when the program ends. */
  #ask(question) {
    const now = Date.now();
    for (const [fail, since] of this.#waiting) {
      if (now - since < GONE_MS) break;
      this.#waiting.delete(fail);
      fail(new Error('no answer'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(reject, now);
      const settled = settle => value => {
        this.#waiting.delete(reject);
        settle(value);
      };
      try {
        question(settled(resolve), settled(reject));
      } catch (error) {
        this.#waiting.delete(reject);
        reject(error);
      }
    });
  }

  #end(error) {
    this.ended ??= error;
    for (const fail of this.#waiting.keys()) fail(error);
    this.#waiting.clear();
  }
}
