/** The browser's locks for Node, as far as they are used: one holder at a time, first come. */
export class FakeLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  request(name: string, ...rest: unknown[]): Promise<unknown> {
    const callback = rest.at(-1) as () => unknown;
    const result = (this.#last.get(name) ?? Promise.resolve()).then(callback);
    this.#last.set(
      name,
      result.catch(() => {}),
    );
    return result;
  }
}
