import { html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** The models on this machine and where to get others. Fires "close". */
@customElement('mixtab-models')
export class MixtabModels extends MixtabElement {
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ attribute: false }) engines!: EngineStore;
  @property({ attribute: false }) chat!: ChatStore;

  static override styles = [base];

  protected override render() {
    return html``;
  }
}
