import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { language } from '../i18n/index.ts';
import type { Turn } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { Sentences } from '../text/sentences.ts';
import { MixtabElement } from './element.ts';

/** Reads a streaming answer to screen readers: sentence by sentence, not token by token. */
@customElement('mixtab-announcer')
export class MixtabAnnouncer extends MixtabElement {
  /** The newest turn. */
  @property({ attribute: false }) turn: Turn | undefined;

  #turnId = '';
  #sentences = new Sentences('en');
  #read: string[] = [];

  static override styles = [base, css``];

  protected override render() {
    const { turn } = this;
    if (turn?.role === 'assistant') {
      if (turn.id !== this.#turnId) {
        this.#turnId = turn.id;
        this.#sentences = new Sentences(language());
        this.#read = [];
      }
      this.#read.push(...this.#sentences.update(turn.text, turn.state !== 'streaming'));
    }
    return html`<div class="unseen" aria-live="polite">${this.#read.map(text => html`<p>${text}</p>`)}</div>`;
  }
}
