import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { ArrowUp, Paperclip, Square } from 'lucide';
import type { Engine } from '../../lib/src/index.ts';
import { fileSize, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { compose, decompose, largestFile } from '../text/attachments.ts';
import { AttachedFiles, type Refused } from './attached-files.ts';
import { composerStyles } from './composer-styles.ts';
import { MixtabElement } from './element.ts';
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

  /** The draft without its files. */
  @state() private text = '';
  @query('textarea') private textarea!: HTMLTextAreaElement;
  @query('input[type=file]') private picker!: HTMLInputElement;

  readonly #files = new AttachedFiles(
    this,
    () => this.dropZone,
    () => {
      this.#write(this.text);
      this.focus();
    },
  );
  readonly #count = new TokenCount(this);
  /** What the button was for at the first press of several. */
  #pressedWhileAnswering = false;
  readonly #sendIcon = icon(ArrowUp);
  readonly #stopIcon = icon(Square);
  readonly #fileIcon = icon(Paperclip);

  static override styles = [base, button, composerStyles];

  override focus(): void {
    this.textarea?.focus();
  }

  /** Puts a text back to be edited, before what was written since. */
  restore(source: string): void {
    const { attachments, text } = decompose(source);
    this.#files.attached = [...attachments, ...this.#files.attached];
    this.#write([text, this.text].filter(part => part !== '').join('\n'));
    this.textarea.value = this.text;
    this.focus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('draft') && this.draft !== this.#composed()) {
      const { attachments, text } = decompose(this.draft);
      this.#files.start(attachments);
      this.text = text;
    }
    this.#count.update(this.engine, this.text, this.#files.attached);
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
      <form class=${this.#files.over ? 'over' : ''} @submit=${this.#submitted}>
        ${this.#files.attached.length > 0 ? this.#list() : nothing}
        <div class="row">
          <button type="button" class="attach" aria-label=${t('talk.attach')} title=${t('talk.attach')} @click=${this.#pick}>
            ${this.#fileIcon}
          </button>
          <input type="file" multiple hidden @change=${this.#picked} />
          <textarea
            rows="1"
            aria-label=${t('message')}
            aria-describedby="usage"
            placeholder=${this.#files.over ? t('talk.dropHere') : this.placeholder || t('placeholder')}
            enterkeyhint="send"
            .value=${this.text}
            @input=${this.#typed}
            @keydown=${this.#keyed}
            @paste=${this.#pasted}
          ></textarea>
          ${this.#button()}
        </div>
        <p class="trouble" role="alert">${this.#files.refused.map(refusal)}</p>
        ${this.#usage()}
      </form>
    `;
  }

  #list() {
    return html`<ul aria-label=${t('talk.files')}>
      ${this.#files.attached.map(
        attachment => html`<li>
          <mixtab-attachment
            removable
            .attachment=${attachment}
            .tokens=${this.#count.of(attachment)}
            @remove=${() => this.#files.remove(attachment)}
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
    return compose({ attachments: this.#files.attached, text: this.text });
  }

  get #empty(): boolean {
    return this.text.trim() === '' && this.#files.attached.length === 0;
  }

  #typed(): void {
    this.#files.refused = [];
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
    void this.#files.take(files);
  }

  #pick(): void {
    this.picker.click();
  }

  #picked(): void {
    void this.#files.take([...(this.picker.files ?? [])]);
    this.picker.value = ''; // The same file can be chosen again.
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
    this.#files.start([]);
    this.#write('');
  }

  #fire(type: 'draft' | 'send' | 'stop' | 'edit-last', detail?: string): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: type === 'send' }));
  }
}

function refusal({ name, why }: Refused): string {
  return `${t(`talk.refused.${why}`, { name, size: fileSize(largestFile) })} `;
}
