import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { ArrowUp, Paperclip, Square } from 'lucide';
import type { Engine } from '../../lib/src/index.ts';
import { fileSize, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import {
  type Attachment,
  compose,
  decompose,
  largestFile,
  type Refusal,
  readAttachment,
} from '../text/attachments.ts';
import { MixtabElement } from './element.ts';
import { FileDrop } from './file-drop.ts';
import { icon } from './icon.ts';
import { TokenCount } from './token-count.ts';
import './attachment.ts';

/**
 * Where a message is written, and files are added to it. Fires "draft" with what is written,
 * "send" with the text, which stays where that is cancelled, "stop", and "edit-last" to change what was sent last.
 */
@customElement('mixtab-composer')
export class MixtabComposer extends MixtabElement {
  @property() draft = '';
  @property({ type: Boolean }) answering = false;
  /** A message waits already; the next one is written but cannot go. */
  @property({ type: Boolean }) waiting = false;
  /** Counts tokens, once there is one. */
  @property({ attribute: false }) engine: Engine | undefined;
  /** Shown while nothing is written; empty: the usual. */
  @property() placeholder = '';
  /** Leaves the focus where it is when it appears. */
  @property({ type: Boolean }) modest = false;
  /** Where files may be dropped. */
  @property({ attribute: false }) dropZone: EventTarget = document;
  /** Tokens of the conversation so far. */
  @property({ type: Number }) used = 0;

  /** The draft in its parts. */
  @state() private attachments: readonly Attachment[] = [];
  @state() private text = '';
  @state() private refused: readonly { name: string; why: Refusal }[] = [];
  @query('textarea') private textarea!: HTMLTextAreaElement;
  @query('input[type=file]') private picker!: HTMLInputElement;

  readonly #drop = new FileDrop(
    this,
    () => this.dropZone,
    files => void this.#attach(files),
  );
  readonly #count = new TokenCount(this);
  /** What the button was for at the first press of several. */
  #pressedWhileAnswering = false;
  readonly #sendIcon = icon(ArrowUp);
  readonly #stopIcon = icon(Square);
  readonly #fileIcon = icon(Paperclip);

  static override styles = [
    base,
    button,
    css`
      form {
        padding: 0.4375rem;
        background: var(--raised);
        border: 1px solid var(--hairline);
        border-radius: 1.5rem;
        transition: border-color var(--motion);
      }
      form:has(textarea:focus-visible),
      form.over {
        border-color: var(--accent);
        box-shadow: 0 0 0 1px var(--accent);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        align-items: start;
        gap: 0.375rem;
        max-height: 30dvh;
        overflow-y: auto;
        margin: 0 0 0.375rem;
        padding: 0;
        list-style: none;
      }
      li {
        min-width: 0;
        max-width: 100%;
      }
      .row {
        display: flex;
        align-items: end;
        gap: 0.25rem;
      }
      textarea {
        flex: 1;
        min-width: 0;
        max-height: 33dvh;
        padding: 0.375rem 0;
        field-sizing: content;
        resize: none;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        line-height: 1.5;
      }
      textarea:focus-visible {
        outline: none; /* The form's border shows the focus. */
      }
      textarea::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      .row > button {
        flex: none;
        display: grid;
        place-items: center;
        width: 2.25rem;
        height: 2.25rem;
        padding: 0;
      }
      .row > .attach {
        border-color: transparent;
        color: var(--muted);
      }
      .row > button:disabled {
        background: var(--sunken);
        border-color: var(--sunken);
        color: var(--muted);
      }
      .stop svg {
        width: 0.875rem;
        height: 0.875rem;
        fill: currentColor;
      }
      p {
        margin: 0;
        padding: 0.25rem 0.625rem 0;
        color: var(--muted);
        font-size: 0.75rem;
        line-height: 1.4;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }
      p:empty {
        display: none;
      }
      .trouble {
        color: var(--danger);
      }
    `,
  ];

  override focus(): void {
    this.textarea?.focus();
  }

  /** Puts a text back to be edited, before what was written since. */
  restore(source: string): void {
    const { attachments, text } = decompose(source);
    this.attachments = [...attachments, ...this.attachments];
    this.#write([text, this.text].filter(part => part !== '').join('\n'));
    this.textarea.value = this.text;
    this.focus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('draft') && this.draft !== this.#composed()) {
      const { attachments, text } = decompose(this.draft);
      this.attachments = attachments;
      this.text = text;
      this.refused = [];
    }
    this.#count.update(this.engine, this.text, this.attachments);
  }

  protected override firstUpdated(): void {
    if (!this.modest) this.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('text') && !CSS.supports('field-sizing', 'content')) {
      this.textarea.style.height = 'auto';
      this.textarea.style.height = `${this.textarea.scrollHeight}px`;
    }
  }

  protected override render() {
    return html`
      <form class=${this.#drop.over ? 'over' : ''} @submit=${this.#submitted}>
        ${this.attachments.length > 0 ? this.#files() : nothing}
        <div class="row">
          <button type="button" class="attach" aria-label=${t('talk.attach')} title=${t('talk.attach')} @click=${this.#pick}>
            ${this.#fileIcon}
          </button>
          <input type="file" multiple hidden @change=${this.#picked} />
          <textarea
            rows="1"
            aria-label=${t('message')}
            aria-describedby="usage"
            placeholder=${this.#drop.over ? t('talk.dropHere') : this.placeholder || t('placeholder')}
            enterkeyhint="send"
            .value=${this.text}
            @input=${this.#typed}
            @keydown=${this.#keyed}
            @paste=${this.#pasted}
          ></textarea>
          ${this.#button()}
        </div>
        <p class="trouble" role="alert">${this.refused.map(({ name, why }) => this.#refusal(name, why))}</p>
        ${this.#usage()}
      </form>
    `;
  }

  #files() {
    return html`<ul aria-label=${t('talk.files')}>
      ${this.attachments.map(
        attachment => html`<li>
          <mixtab-attachment
            removable
            .attachment=${attachment}
            .tokens=${this.#count.of(attachment)}
            @remove=${() => this.#remove(attachment)}
          ></mixtab-attachment>
        </li>`,
      )}
    </ul>`;
  }

  /** One button that keeps the focus while it changes its meaning. */
  #button() {
    const label = this.answering ? t('stop') : t('send');
    const disabled = !this.answering && (this.waiting || this.#empty);
    return html`
      <button class="primary ${this.answering ? 'stop' : ''}" aria-label=${label} title=${label} ?disabled=${disabled} @click=${this.#pressed}>
        ${this.answering ? this.#stopIcon : this.#sendIcon}
      </button>
    `;
  }

  #refusal(name: string, why: Refusal): string {
    return `${t(`talk.refused.${why}`, { name, size: fileSize(largestFile) })} `;
  }

  /** What the message takes of the context, and a warning where that is more than there is. */
  #usage() {
    const context = this.engine?.info.context ?? 0;
    const { total } = this.#count;
    if (this.#empty || total === undefined || context === 0) return html`<p id="usage"></p>`;
    const numbers = { used: integer(this.used + total), size: integer(context) };
    if (total > context) {
      const size = { tokens: integer(total), size: integer(context) };
      return html`<p id="usage" class="trouble">${t('talk.tooLong', size)}</p>`;
    }
    const crowded = this.used + total > context;
    return html`<p id="usage">${t(crowded ? 'talk.crowded' : 'talk.usage', numbers)}</p>`;
  }

  #composed(): string {
    return compose({ attachments: this.attachments, text: this.text });
  }

  get #empty(): boolean {
    return this.text.trim() === '' && this.attachments.length === 0;
  }

  #typed(): void {
    this.refused = [];
    this.#write(this.textarea.value);
  }

  #write(text: string): void {
    this.text = text;
    this.draft = this.#composed();
    this.#fire('draft', this.draft);
  }

  #keyed(event: KeyboardEvent): void {
    // Enter also ends the choice of an input method, and then sends nothing.
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'ArrowUp' && this.#empty) {
      event.preventDefault();
      this.#fire('edit-last');
    }
  }

  #pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    // A copied picture or table comes as text too, and is pasted as that.
    if (files.length === 0 || event.clipboardData?.types.includes('text/plain')) return;
    event.preventDefault();
    void this.#attach(files);
  }

  #pick(): void {
    this.picker.click();
  }

  #picked(): void {
    void this.#attach([...(this.picker.files ?? [])]);
    this.picker.value = ''; // The same file can be chosen again.
  }

  async #attach(files: readonly File[]): Promise<void> {
    const read = await Promise.all(
      files.map(async file => ({ name: file.name, got: await readAttachment(file) })),
    );
    const refused = [];
    const attachments = [...this.attachments];
    for (const { name, got } of read) {
      if (typeof got === 'string') refused.push({ name, why: got });
      else attachments.push(got);
    }
    this.refused = refused;
    this.attachments = attachments;
    this.#write(this.text);
    this.focus();
  }

  #remove(attachment: Attachment): void {
    this.attachments = this.attachments.filter(other => other !== attachment);
    this.#write(this.text);
    this.focus();
  }

  /** A double click means twice what the button said at first, not also what it has become: Send and then Stop. */
  #pressed(event: MouseEvent): void {
    if (event.detail <= 1) this.#pressedWhileAnswering = this.answering;
    else if (this.answering !== this.#pressedWhileAnswering) event.preventDefault();
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    if (this.answering) this.#fire('stop');
    else this.#send();
  }

  /** What was taken is gone at once: a second press of the key may come before the page is drawn again. */
  #send(): void {
    if (this.#empty || !this.#fire('send', this.#composed().trim())) return;
    this.attachments = [];
    this.#write('');
  }

  #fire(type: 'draft' | 'send' | 'stop' | 'edit-last', detail?: string): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: type === 'send' }));
  }
}
