// @ts-check
// Bytes, speed and time left of a download.

const TELL_MS = 200;
const SMOOTH_MS = 4000; // what is older counts less than half
const QUIET_MS = 2000; // without a byte: it waits

export class Meter {
  #pack;
  #sizes;
  #tell;
  /** @type {Map<string, number>} bytes that are here, by shard */ #have = new Map();
  /** @type {import('../client.js').Progress['phase']} */ #phase;
  #done = 0;
  #total = 0;
  #rate = 0;
  #sum = 0;
  #weight = 0;
  #counted = 0;
  #countedAt = performance.now();
  #movedAt = performance.now();
  #most = 0;
  #gainedAt = performance.now();
  #short = 0;
  #timer;

  /**
   * @param {string} pack @param {Map<string, number>} sizes of all shards
   * @param {Map<string, number>} have what is here already
   * @param {'downloading' | 'verifying'} phase
   * @param {(progress: import('../client.js').Progress) => void} tell called five times a second
   */
  constructor(pack, sizes, have, phase, tell) {
    this.#pack = pack;
    this.#sizes = sizes;
    this.#tell = tell;
    this.#phase = phase;
    for (const [sha, bytes] of sizes) {
      this.#total += bytes;
      this.#set(sha, Math.min(have.get(sha) ?? 0, bytes));
    }
    this.#timer = setInterval(() => this.report(), TELL_MS);
  }

  get left() {
    return this.#total - this.#done;
  }

  /** Since when nothing has come. */
  get quietMs() {
    return performance.now() - this.#movedAt;
  }

  /** Since when no more is here than ever before: what comes again and again is no gain. */
  get stuckMs() {
    return performance.now() - this.#gainedAt;
  }

  /** What will not fit, by the browser's estimate. @param {number} bytes */
  set short(bytes) {
    this.#short = bytes;
  }

  /**
   * More bytes of a shard have come from the network, or were for nothing.
   * @param {string} sha @param {number} delta
   */
  add(sha, delta) {
    this.#set(sha, (this.#have.get(sha) ?? 0) + delta);
    if (delta > 0) this.#counted += delta;
    this.#movedAt = performance.now();
  }

  /** @param {string} sha */
  complete(sha) {
    this.#movedAt = performance.now();
    this.#set(sha, this.#sizes.get(sha) ?? 0);
  }

  /** @param {string} sha @param {number} bytes */
  #set(sha, bytes) {
    if (!this.#sizes.has(sha)) return;
    this.#done += bytes - (this.#have.get(sha) ?? 0);
    this.#have.set(sha, bytes);
    if (this.#done <= this.#most) return;
    this.#most = this.#done;
    this.#gainedAt = performance.now();
  }

  /** @param {'paused'} [phase] */
  report(phase) {
    const now = performance.now();
    const ms = now - this.#countedAt;
    if (ms >= TELL_MS / 2) {
      // The first seconds are an average, so that they are near the truth too.
      const keep = Math.exp(-ms / SMOOTH_MS);
      this.#weight = this.#weight * keep + 1 - keep;
      this.#sum = this.#sum * keep + ((1 - keep) * this.#counted * 1000) / ms;
      this.#rate = this.#sum / this.#weight;
      this.#counted = 0;
      this.#countedAt = now;
    }
    const waits = this.#phase === 'downloading' && this.left > 0 && this.quietMs > QUIET_MS;
    this.#tell({
      pack: this.#pack,
      doneBytes: this.#done,
      totalBytes: this.#total,
      bytesPerSecond: Math.round(this.#rate),
      secondsLeft: this.#rate > 1 ? this.left / this.#rate : 0,
      shortBytes: this.#short,
      owner: true,
      phase: phase ?? (waits ? 'waiting' : this.#phase),
    });
  }

  end() {
    clearInterval(this.#timer);
  }
}
