import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { FolderOpen } from 'lucide';
import type { PackFolder } from '../../lib/src/index.ts';
import { t } from '../i18n/index.ts';
import { hasPicker, pickFolder } from '../models/folders.ts';
import { asMixtabError } from '../state/engine-store.ts';
import type { ModelsStore } from '../state/models-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import { problemText } from './model-problem.ts';

/** Two ways to another model, side by side: an address, and a folder on this machine. */
@customElement('mixtab-model-add')
export class MixtabModelAdd extends MixtabElement {
  @property({ attribute: false }) models!: ModelsStore;

  /** Something is held over the dialog. */
  @property({ type: Boolean, reflect: true }) target = false;

  @state() private problem: { text: string; details: string } | undefined;
  @state() private busy = false;
  @query('input[type=url]') private address!: HTMLInputElement;
  @query('input[type=file]') private files!: HTMLInputElement;

  readonly #icon = icon(FolderOpen);

  static override styles = [
    base,
    button,
    css`
      .ways {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
        gap: 0.75rem;
      }
      form,
      .folder {
        display: flex;
        flex-direction: column;
        gap: 0.5rem;
        padding: 0.875rem 1rem;
        background: var(--raised);
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
      }
      .folder {
        border-style: dashed;
      }
      :host([target]) .folder {
        border-color: var(--accent);
        background: var(--sunken);
      }
      label,
      h4 {
        margin: 0;
        font-size: 1rem;
        font-weight: 600;
      }
      input[type='url'] {
        width: 100%;
        min-width: 0;
        padding: 0.4375rem 0.75rem;
        font: inherit;
        color: inherit;
        background: var(--paper);
        border: 1px solid var(--muted);
        border-radius: 0.5rem;
      }
      p {
        margin: 0;
        flex: 1;
        color: var(--muted);
        font-size: var(--small);
        text-wrap: pretty;
      }
      button {
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 0.5rem;
        align-self: start;
      }
      .problem {
        margin-top: 0.75rem;
        color: var(--danger);
        font-size: 1rem;
      }
      details {
        margin-top: 0.25rem;
        color: var(--muted);
        font-size: var(--small);
      }
      summary {
        padding-block: 0.25rem;
        cursor: pointer;
      }
      code {
        font-family: var(--mono);
        overflow-wrap: anywhere;
      }
    `,
  ];

  /** Adds a folder that is on its way from the visitor's hand. */
  async take(folder: Promise<PackFolder | undefined>): Promise<void> {
    await this.#try(async () => {
      const there = await folder;
      if (there) await this.models.addFolder(there);
      else this.problem = { text: t('models.problem.file'), details: '' };
    });
  }

  protected override render() {
    return html`
      <div class="ways">
        <form @submit=${this.#submitted}>
          <label for="address">${t('models.add.address')}</label>
          <p id="hint">${t('models.add.addressHint')}</p>
          <input
            id="address"
            type="url"
            required
            aria-describedby="hint"
            autocomplete="off"
            spellcheck="false"
            placeholder="https://example.org/pack/"
          />
          <button ?disabled=${this.busy}>${t('models.add.look')}</button>
        </form>
        <div class="folder">
          <h4>${t('models.add.folder')}</h4>
          <p>${t('models.add.folderHint')}</p>
          <button type="button" ?disabled=${this.busy} @click=${this.#pick}>${this.#icon}${t('models.add.choose')}</button>
          <input type="file" webkitdirectory hidden @change=${this.#chosen} />
        </div>
      </div>
      <div aria-live="polite">
        ${this.busy ? html`<p>${t('models.add.looking')}</p>` : nothing}
        ${
          this.problem
            ? html`<p class="problem">${this.problem.text}</p>
              ${this.problem.details ? this.#details(this.problem.details) : nothing}`
            : nothing
        }
      </div>
    `;
  }

  #details(text: string) {
    return html`<details>
      <summary>${t('models.problem.details')}</summary>
      <code>${text}</code>
    </details>`;
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    void this.#try(async () => {
      await this.models.add(this.address.value);
      this.address.value = '';
    });
  }

  #pick(): void {
    if (!hasPicker()) {
      this.files.click();
      return;
    }
    void this.#try(async () => {
      const folder = await pickFolder();
      if (folder) await this.models.addFolder(folder);
    });
  }

  #chosen(): void {
    // The list empties when the input is made ready for the next choice.
    const files = [...(this.files.files ?? [])];
    this.files.value = '';
    if (files.length > 0) void this.#try(() => this.models.addFolder(files));
  }

  async #try(add: () => Promise<void>): Promise<void> {
    this.problem = undefined;
    this.busy = true;
    try {
      await add();
    } catch (error) {
      const known = asMixtabError(error);
      this.problem = { text: problemText(known), details: known.message };
    } finally {
      this.busy = false;
    }
  }
}
