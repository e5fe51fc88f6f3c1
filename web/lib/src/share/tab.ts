// What tabs of one origin have to agree by. Locks end with the tab that holds them, however it
// ends; channels carry messages to the others.

/** The part of LockManager that is used. */
export interface Locks {
  /** Resolves when `holding` has, and rejects when the lock was stolen or the request aborted. */
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    holding: () => Promise<void>,
  ): Promise<unknown>;
}

/** The part of BroadcastChannel that is used. */
export interface Wire {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: Event) => void): void;
  close(): void;
}

export interface Tab {
  readonly locks: Locks;
  wire(name: string): Wire;
}

/** This tab, or undefined where the browser gives it no means to agree with others. */
export function thisTab(): Tab | undefined {
  const locks = globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return undefined;
  return { locks, wire: name => new BroadcastChannel(name) };
}

/** Takes a lock that is free; resolves with the function that lets it go. */
export function hold(locks: Locks, name: string): Promise<() => void> {
  return new Promise((held, refused) => {
    locks.request(name, {}, () => new Promise<void>(letGo => held(letGo))).catch(refused);
  });
}
