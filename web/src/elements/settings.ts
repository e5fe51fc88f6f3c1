import { html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** How the conversation is answered. Fires "close". */
@customElement('mixtab-settings')
export class MixtabSettings extends MixtabElement {
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ attribute: false }) engines!: EngineStore;
  @property({ attribute: false }) chat!: ChatStore;

  static override styles = [base];

  protected override render() {
    return html``;
  }
}
