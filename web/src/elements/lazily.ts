import { type ChildPart, noChange } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { unwatch, whenIdle, whenSeen } from './seen.ts';

/** Marks an element whose content is still to come. */
export const bare = 'bare';

class Lazily extends AsyncDirective {
  #content: (() => unknown) | undefined;
  #waiting: Element | undefined;
  #filled = false;

  override render(_now: boolean, _content: () => unknown): unknown {
    return noChange;
  }

  override update(part: ChildPart, [now, content]: [boolean, () => unknown]): unknown {
    this.#content = content;
    if (now) this.#uncover();
    if (this.#filled) return content();
    if (!this.#waiting) {
      this.#waiting = part.parentNode as Element;
      this.#waiting.classList.add(bare);
      const fill = () => this.#fill();
      whenSeen(this.#waiting, fill);
      whenIdle(fill);
    }
    return noChange;
  }

  #fill(): void {
    if (this.#filled || !this.isConnected) return;
    this.#uncover();
    this.setValue(this.#content?.());
  }

  #uncover(): void {
    this.#filled = true;
    if (!this.#waiting) return;
    this.#waiting.classList.remove(bare);
    unwatch(this.#waiting);
    this.#waiting = undefined;
  }
}

/**
 * Content that is made at once, or else when its element comes near the view or the page has
 * nothing else to do. So a long conversation opens quickly, and is soon whole: the browser's
 * search and screen readers find all of it.
 */
export const lazily = directive(Lazily);
