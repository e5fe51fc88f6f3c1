import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { Download, Grid3x3, Table } from 'lucide';
import { integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { type Export, fileName, toJson, toPng } from '../see/export.ts';
import { lookOf } from '../see/picture.ts';
import { save } from '../see/save.ts';
import type { RoutingLog } from '../state/routing-log.ts';
import { base, button } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { SeeElement } from './see-element.ts';
import './expert-cell.ts';
import './expert-picture.ts';
import './expert-table.ts';
import './expert-usage.ts';

/** The panel's first tab: the experts at work, what it means, and ways to take it along. */
@customElement('mixtab-experts')
export class MixtabExperts extends SeeElement {
  @state() private asTable = false;
  @state() private failure = '';

  readonly #icons = { table: icon(Table), picture: icon(Grid3x3), png: icon(Download), json: icon(Download) };

  static override styles = [
    base,
    button,
    css`
      details,
      .explain {
        margin: 0 0 1rem;
        color: var(--muted);
        font-size: var(--small);
        line-height: 1.5;
      }
      summary {
        width: fit-content;
        cursor: pointer;
      }
      details p {
        margin: 0.25rem 0 0;
      }
      .empty {
        margin: 0 0 1rem;
        padding: 2.5rem 1rem;
        border: 1px dashed var(--hairline);
        border-radius: 0.625rem;
        text-align: center;
      }
      mixtab-expert-cell {
        margin-block: 0.625rem 0.75rem;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
        margin-block-end: 1.25rem;
      }
      .actions button {
        display: flex;
        align-items: center;
        gap: 0.375rem;
        padding: 0.1875rem 0.625rem;
        font-size: 0.75rem;
      }
      .actions svg {
        width: 0.875rem;
        height: 0.875rem;
      }
      .failure {
        margin: -0.75rem 0 1.25rem;
        color: var(--danger);
        font-size: var(--small);
      }
      .option {
        display: grid;
        grid-template-columns: max-content 1fr;
        gap: 0.125rem 0.5rem;
        margin-block-start: 0.25rem;
        padding-block-start: 0.875rem;
        border-top: 1px solid var(--hairline);
        font-size: var(--small);
        line-height: 1.5;
      }
      .option input {
        width: 1rem;
        height: 1rem;
        margin: 0.1875rem 0 0;
        accent-color: var(--accent);
      }
      .option p {
        grid-column: 2;
        margin: 0;
        color: var(--muted);
        font-size: 0.75rem;
      }
    `,
  ];

  protected override render() {
    const { log } = this.see;
    if (!log) return html`<p class="explain">${t('see.notYet')}</p>`;
    return html`
      ${this.#explanation(log)} ${log.size === 0 ? html`<p class="empty">${t('see.empty')}</p>` : this.#seen()}
      <mixtab-expert-usage .see=${this.see}></mixtab-expert-usage>
      <div class="option">
        <input
          type="checkbox"
          id="probabilities"
          aria-describedby="help"
          .checked=${this.see.probabilities}
          @change=${this.#optionChanged}
        />
        <label for="probabilities">${t('see.probabilities')}</label>
        <p id="help">${t('see.probabilitiesHelp')}</p>
      </div>
    `;
  }

  #explanation({ shape }: RoutingLog) {
    const counts = {
      layers: integer(shape.layers),
      experts: integer(shape.experts),
      picked: integer(shape.expertsPerToken),
    };
    return html`<details open>
      <summary>${t('see.explain.title')}</summary>
      <p>${t('see.explain.experts', counts)} ${t('see.explain.router', counts)} ${t('see.explain.picture')}</p>
    </details>`;
  }

  #seen() {
    const { table, picture, png, json } = this.#icons;
    return html`
      ${
        this.asTable
          ? html`<mixtab-expert-table .see=${this.see}></mixtab-expert-table>`
          : html`<mixtab-expert-picture .see=${this.see}></mixtab-expert-picture>`
      }
      <mixtab-expert-cell .see=${this.see}></mixtab-expert-cell>
      <div class="actions">
        <button @click=${this.#toggle}>
          ${this.asTable ? picture : table}${this.asTable ? t('see.showPicture') : t('see.showTable')}
        </button>
        <button @click=${this.#savePicture}>${png}${t('see.savePicture')} (PNG)</button>
        <button @click=${this.#saveNumbers}>${json}${t('see.saveNumbers')} (JSON)</button>
      </div>
      ${this.failure ? html`<p class="failure" role="alert">${this.failure}</p>` : nothing}
    `;
  }

  #export(): Export | undefined {
    const { see } = this;
    if (!see.log || !see.engine) return undefined;
    return { log: see.log, model: see.engine.info.model, date: new Date(), token: token => see.token(token) };
  }

  #toggle(): void {
    this.asTable = !this.asTable;
  }

  async #savePicture(): Promise<void> {
    const what = this.#export();
    if (!what) return;
    try {
      save(await toPng(what, lookOf(this.renderRoot, what.log.shape.experts)), fileName(what, 'png'));
      this.failure = '';
    } catch (error) {
      this.failure = t('see.saveFailed', { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #saveNumbers(): void {
    const what = this.#export();
    if (what) save(new Blob([toJson(what)], { type: 'application/json' }), fileName(what, 'json'));
  }

  #optionChanged(event: Event): void {
    this.see.probabilities = (event.target as HTMLInputElement).checked;
  }
}
