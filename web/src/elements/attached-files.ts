import type { ReactiveControllerHost } from 'lit';
import { type Attachment, type Refusal, readAttachment } from '../text/attachments.ts';
import { FileDrop } from './file-drop.ts';

/** A file that was not taken. */
export interface Refused {
  readonly name: string;
  readonly why: Refusal;
}

/** The text files of a message that is being written: chosen, pasted or dropped. */
export class AttachedFiles {
  attached: readonly Attachment[] = [];
  /** Of those that came last. */
  refused: readonly Refused[] = [];

  readonly #host: ReactiveControllerHost;
  readonly #drop: FileDrop;
  readonly #changed: () => void;

  /** changed is called when the visitor has added or removed some. */
  constructor(host: ReactiveControllerHost, dropZone: () => EventTarget, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    this.#drop = new FileDrop(host, dropZone, files => void this.take(files));
  }

  /** Files are being held over the zone. */
  get over(): boolean {
    return this.#drop.over;
  }

  /** Another message is written, which has these. */
  start(attached: readonly Attachment[]): void {
    this.attached = attached;
    this.refused = [];
    this.#host.requestUpdate();
  }

  /** Reads files and adds those that are text. */
  async take(files: readonly File[]): Promise<void> {
    const read = await Promise.all(
      files.map(async file => ({ name: file.name, got: await readAttachment(file) })),
    );
    const refused: Refused[] = [];
    const attached = [...this.attached];
    for (const { name, got } of read) {
      if (typeof got === 'string') refused.push({ name, why: got });
      else attached.push(got);
    }
    this.refused = refused;
    this.attached = attached;
    this.#change();
  }

  remove(attachment: Attachment): void {
    this.attached = this.attached.filter(other => other !== attachment);
    this.#change();
  }

  #change(): void {
    this.#host.requestUpdate();
    this.#changed();
  }
}
