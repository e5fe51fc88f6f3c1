import type { ReactiveControllerHost } from 'lit';
import type { Engine } from '../../lib/src/index.ts';
import type { Attachment } from '../text/attachments.ts';

/** Typing is counted when it has rested so long, in milliseconds. */
const rest = 400;

/** How many tokens a message and its files are; what is not counted yet is undefined. */
export class TokenCount {
  readonly #host: ReactiveControllerHost;
  #engine: Engine | undefined;
  #attachments: readonly Attachment[] = [];
  #text = '';
  #textTokens: number | undefined = 0;
  #fileTokens = new WeakMap<Attachment, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  /** Of the message with all its files. */
  get total(): number | undefined {
    let total = this.#textTokens;
    for (const file of this.#attachments) {
      const tokens = this.of(file);
      total = total === undefined || tokens === undefined ? undefined : total + tokens;
    }
    return total;
  }

  of(attachment: Attachment): number | undefined {
    return this.#fileTokens.get(attachment);
  }

  /** Counts what is new. */
  update(engine: Engine | undefined, text: string, attachments: readonly Attachment[]): void {
    const other = engine !== this.#engine;
    if (other) this.#fileTokens = new WeakMap();
    const added = attachments.filter(file => other || !this.#attachments.includes(file));
    const typed = other || text !== this.#text;
    this.#engine = engine;
    this.#attachments = attachments;
    this.#text = text;
    if (!engine) return;
    for (const file of added) void this.#countFile(engine, file);
    if (!typed) return;
    clearTimeout(this.#timer);
    if (text === '') {
      this.#textTokens = 0;
      return;
    }
    // The last count of a text that grows is near enough; of one that begins there is none yet.
    if (this.#textTokens === 0) this.#textTokens = undefined;
    this.#timer = setTimeout(() => void this.#countText(engine, text), rest);
  }

  async #countText(engine: Engine, text: string): Promise<void> {
    const tokens = await count(engine, text);
    if (text !== this.#text) return;
    this.#textTokens = tokens;
    this.#host.requestUpdate();
  }

  async #countFile(engine: Engine, file: Attachment): Promise<void> {
    const tokens = await count(engine, file.text);
    if (tokens === undefined || engine !== this.#engine) return;
    this.#fileTokens.set(file, tokens);
    this.#host.requestUpdate();
  }
}

async function count(engine: Engine, text: string): Promise<number | undefined> {
  try {
    return (await engine.tokenize(text)).length;
  } catch {
    return undefined; // The engine was lost, which is told elsewhere.
  }
}
