import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { Download, Upload } from 'lucide';
import { t } from '../i18n/index.ts';
import type { HistoryStore } from '../state/history-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** Saves all conversations as a file, and takes such a file in. */
@customElement('mixtab-history-files')
export class MixtabHistoryFiles extends MixtabElement {
  @property({ attribute: false }) history!: HistoryStore;

  @state() private said = '';
  /** What is wrong with a file, for whoever made it. */
  @state() private problem = '';
  @query('input') private input!: HTMLInputElement;

  static override styles = [
    base,
    button,
    css`
      .buttons {
        display: flex;
        flex-wrap: wrap;
        padding: 0.5rem 0.5rem 0;
        border-top: 1px solid var(--hairline);
      }
      button {
        display: flex;
        align-items: center;
        gap: 0.375rem;
        padding: 0.375rem 0.5rem;
        border-color: transparent;
        border-radius: 0.5rem;
        color: var(--muted);
        font-size: var(--small);
      }
      svg {
        flex: none;
        width: 1rem;
        height: 1rem;
      }
      p {
        margin: 0.5rem 1rem;
        font-size: var(--small);
      }
      code {
        display: block;
        font-family: var(--mono);
        color: var(--muted);
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render() {
    return html`
      <div role="status">
        ${
          this.said === ''
            ? nothing
            : html`<p>${this.said}${this.problem === '' ? nothing : html` <code>${this.problem}</code>`}</p>`
        }
      </div>
      <div class="buttons">
        <button @click=${this.#export}>${icon(Download)}${t('history.export')}</button>
        <button @click=${() => this.input.click()}>${icon(Upload)}${t('history.import')}</button>
        <input type="file" accept=".json,application/json" hidden aria-label=${t('history.import')} @change=${this.#import} />
      </div>
    `;
  }

  async #export(): Promise<void> {
    const { asJson, download, fileName } = await import('../state/transfer.ts');
    const day = new Date().toISOString().slice(0, 10);
    download(await asJson(this.history), fileName(`mixtab ${day}`, 'json'));
  }

  async #import(): Promise<void> {
    const file = this.input.files?.[0];
    if (!file) return;
    this.problem = '';
    const { importInto } = await import('../state/transfer.ts');
    try {
      const { added, known } = await importInto(this.history, await file.text());
      this.said = [
        t('history.imported', { count: added }),
        ...(known > 0 ? [t('history.known', { count: known })] : []),
      ].join(' ');
    } catch (error) {
      this.said = t('history.refused');
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.input.value = '';
  }
}
