import { Store } from './store.ts';

/** Whether there is a network, and whether the page would open without one. */
export class OnlineStore extends Store {
  /** By the browser's word: false is certain, true only says that some network is there. */
  online = navigator.onLine;
  /** The page is kept for visits without a network; undefined until it is known. */
  kept: boolean | undefined;

  constructor() {
    super();
    const changed = () => {
      this.online = navigator.onLine;
      this.changed();
    };
    addEventListener('online', changed);
    addEventListener('offline', changed);
  }

  setKept(kept: boolean): void {
    this.kept = kept;
    this.changed();
  }
}

export const onlineStore = new OnlineStore();
