import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** What the keys of the whole page are for. */
export interface PageKeyWishes {
  find(): void;
  start(): void;
  keys(): void;
  escape(): void;
}

/** Ctrl or Cmd+K, Ctrl or Cmd+Shift+O, "?" and Esc, wherever the focus is. */
export class PageKeys implements ReactiveController {
  readonly #wishes: PageKeyWishes;
  readonly #shared: () => EventTarget;

  /** shared lies on top of the page at times, and has the page's keys even then. */
  constructor(host: ReactiveControllerHost, shared: () => EventTarget, wishes: PageKeyWishes) {
    this.#shared = shared;
    this.#wishes = wishes;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('keydown', this.#keyed);
  }

  hostDisconnected(): void {
    document.removeEventListener('keydown', this.#keyed);
  }

  readonly #keyed = (event: KeyboardEvent): void => {
    const path = event.composedPath();
    // Keys of an input method are its own, and so are those of what else lies on top of the page.
    if (event.isComposing || event.defaultPrevented) return;
    if (path.some(isOnTop) && !path.includes(this.#shared())) return;
    const key = event.key.toLowerCase();
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (command && key === 'k' && !event.shiftKey) this.#wishes.find();
    else if (command && key === 'o' && event.shiftKey) this.#wishes.start();
    else if (key === '?' && !command && !path.some(isWrittenIn)) this.#wishes.keys();
    else {
      if (key === 'escape' && !path.some(isOnTop)) this.#wishes.escape();
      return;
    }
    event.preventDefault();
  };
}

function isOnTop(node: EventTarget): boolean {
  return node instanceof HTMLElement && node.matches('dialog, [popover]');
}

function isWrittenIn(node: EventTarget): boolean {
  return node instanceof HTMLElement && node.matches('input, textarea, select, [contenteditable]');
}
