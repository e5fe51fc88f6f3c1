import { css, html, type PropertyValues } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { X } from 'lucide';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** As the visitor's keyboard has it. */
const command = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl';

/** A small dialog with all keys. Fires "close". */
@customElement('mixtab-keys')
export class MixtabKeys extends MixtabElement {
  @property({ type: Boolean }) open = false;
  @query('dialog') private dialog!: HTMLDialogElement;

  readonly #cross = icon(X);

  static override styles = [
    base,
    button,
    css`
      dialog {
        width: min(30rem, calc(100vw - 2rem));
        padding: 1rem 1.25rem 1.25rem;
        background: var(--raised);
        color: var(--ink);
        border: 1px solid var(--hairline);
        border-radius: 0.75rem;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
      }
      h2 {
        margin: 0;
        font-size: 1.0625rem;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.5rem 1.25rem;
        margin: 0.75rem 0 0;
      }
      dt {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem;
        align-items: baseline;
      }
      @media (max-width: 30rem) {
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 0.125rem;
        }
        dd + dt {
          margin-top: 0.625rem;
        }
      }
      dd {
        margin: 0;
      }
      kbd {
        padding: 0.0625rem 0.375rem;
        border: 1px solid var(--hairline);
        border-radius: 0.25rem;
        font: 0.8125rem / 1.5 var(--font);
        white-space: nowrap;
      }
    `,
  ];

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('open')) return;
    if (this.open) this.dialog.showModal();
    else this.dialog.close();
  }

  protected override render() {
    const keys: [string[], string][] = [
      [[command, 'K'], t('history.keys.find')],
      [[command, t('history.keys.shift'), 'O'], t('header.start')],
      [['Esc'], t('history.keys.escape')],
      [['↑'], t('history.keys.edit')],
      [[t('history.keys.enter')], t('send')],
      [[t('history.keys.shift'), t('history.keys.enter')], t('history.keys.line')],
      [['↑', '↓'], t('history.keys.walk')],
      [['F2'], t('history.keys.rename')],
      [[t('history.keys.deletes')], t('history.keys.delete')],
      [['?'], t('history.keys.all')],
    ];
    return html`
      <dialog aria-labelledby="title" @close=${() => this.dispatchEvent(new CustomEvent('close'))}>
        <div class="head">
          <h2 id="title">${t('header.keys')}</h2>
          <button class="icon" aria-label=${t('history.close')} title=${t('history.close')} @click=${() => this.dialog.close()}>
            ${this.#cross}
          </button>
        </div>
        <dl>
          ${keys.map(
            ([names, meaning]) => html`<dt>${names.map(name => html`<kbd>${name}</kbd>`)}</dt>
              <dd>${meaning}</dd>`,
          )}
        </dl>
      </dialog>
    `;
  }
}
