import { FairQueue } from './fair-queue.ts';

/** Runs one task at a time: callers take turns, and the tasks of one run in the order of its calls. */
export class Queue {
  readonly #waiting = new FairQueue<string, () => Promise<void>>();
  #running = false;

  run<T>(task: () => Promise<T>, caller = ''): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(caller, async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#waiting.next(); next; next = this.#waiting.next()) await next.item();
    this.#running = false;
  }
}
