// Tabs of one origin: the locks and wires of a browser, and what may happen to a tab.

import type { Tab, Wire } from '../src/share/tab.ts';

type Ask = {
  tab: FakeTab;
  steal: boolean;
  holding: () => Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
};

export class FakeBrowser {
  /** By name; the first of a list holds the lock. */
  readonly #locks = new Map<string, Ask[]>();
  readonly wires = new Map<string, Set<FakeWire>>();

  tab(): FakeTab {
    return new FakeTab(this);
  }

  ask(name: string, ask: Ask, signal: AbortSignal | undefined): void {
    const asks = this.#locks.get(name) ?? [];
    this.#locks.set(name, asks);
    signal?.addEventListener('abort', () => {
      if (asks.indexOf(ask) < 1) return;
      asks.splice(asks.indexOf(ask), 1);
      ask.reject(signal.reason);
    });
    if (ask.steal) {
      const robbed = asks.shift();
      asks.unshift(ask);
      robbed?.tab.later(() => robbed.reject(new DOMException('stolen', 'AbortError')));
    } else {
      asks.push(ask);
    }
    if (asks[0] === ask) this.#grant(name, ask);
  }

  /** The tab's locks are free, and those that others wait for are granted. */
  forget(tab: FakeTab): void {
    for (const [name, asks] of this.#locks) {
      const [holder] = asks;
      asks.splice(0, asks.length, ...asks.filter(ask => ask.tab !== tab));
      if (asks[0] && asks[0] !== holder) this.#grant(name, asks[0]);
    }
  }

  #grant(name: string, ask: Ask): void {
    ask.tab.later(async () => {
      try {
        await ask.holding();
        ask.resolve();
      } catch (error) {
        ask.reject(error);
      }
      const asks = this.#locks.get(name) ?? [];
      if (asks[0] !== ask) return;
      asks.shift();
      if (asks[0]) this.#grant(name, asks[0]);
    });
  }
}

export class FakeTab implements Tab {
  readonly #browser: FakeBrowser;
  #gone = false;
  /** What waits for a frozen tab to thaw. */
  #frozen: (() => void)[] | undefined;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  readonly locks: Tab['locks'] = {
    request: (name, { signal, steal = false }, holding) =>
      new Promise<void>((resolve, reject) => {
        this.run(() => this.#browser.ask(name, { tab: this, steal, holding, resolve, reject }, signal));
      }),
  };

  wire(name: string): Wire {
    const all = this.#browser.wires.get(name) ?? new Set();
    this.#browser.wires.set(name, all);
    return new FakeWire(this, all);
  }

  /** The tab is closed, or crashes: nothing of it runs any more, and its locks are free. */
  close(): void {
    this.#gone = true;
    this.#browser.forget(this);
  }

  /** Nothing of the tab runs until it thaws, and it keeps its locks. */
  freeze(): void {
    this.#frozen = [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const run of waiting) run();
  }

  /** Runs a task of the tab. */
  later(task: () => void): void {
    setTimeout(() => this.run(task), 0);
  }

  run(task: () => void): void {
    if (this.#gone) return;
    if (this.#frozen) this.#frozen.push(task);
    else task();
  }
}

class FakeWire extends EventTarget implements Wire {
  readonly #tab: FakeTab;
  readonly #all: Set<FakeWire>;

  constructor(tab: FakeTab, all: Set<FakeWire>) {
    super();
    this.#tab = tab;
    this.#all = all;
    all.add(this);
  }

  postMessage(message: unknown): void {
    if (!this.#all.has(this)) throw new DOMException('The wire is closed.', 'InvalidStateError');
    this.#tab.run(() => {
      for (const other of this.#all) {
        if (other === this) continue;
        const data = structuredClone(message);
        other.#tab.later(() => {
          if (this.#all.has(other)) other.dispatchEvent(new MessageEvent('message', { data }));
        });
      }
    });
  }

  close(): void {
    this.#all.delete(this);
  }
}
