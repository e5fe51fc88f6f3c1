import { Store } from './store.ts';

/** Chromium's event; other browsers offer installing in their own menus. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

/** Whether the browser offers to install the page as an app. */
export class InstallStore extends Store {
  #offer: InstallPrompt | undefined;

  constructor() {
    super();
    addEventListener('beforeinstallprompt', event => {
      event.preventDefault(); // Our button asks, not a bar over the page.
      this.#set(event as InstallPrompt);
    });
    addEventListener('appinstalled', () => this.#set(undefined));
  }

  get offered(): boolean {
    return this.#offer !== undefined;
  }

  /** Has the browser ask the visitor; an offer can be taken up once. */
  async install(): Promise<void> {
    const offer = this.#offer;
    this.#set(undefined);
    await offer?.prompt();
  }

  #set(offer: InstallPrompt | undefined): void {
    this.#offer = offer;
    this.changed();
  }
}

export const installStore = new InstallStore();
