import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import type { Settings } from '../state/settings.ts';
import {
  deletePreset,
  keepPreset,
  ownPresets,
  type PresetName,
  presetOf,
  presets,
  replaceBy,
  sameSettings,
  usePreset,
} from '../state/tuning.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** Our presets and the visitor's own, to be chosen, kept and deleted. Fires "set" with the change. */
@customElement('mixtab-presets')
export class MixtabPresets extends MixtabElement {
  @property({ attribute: false }) settings: Settings = {};

  @state() private own = ownPresets();
  /** What came of the last thing that was done. */
  @state() private outcome = '';
  @query('input') private field!: HTMLInputElement;

  static override styles = [
    base,
    button,
    css`
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        font-weight: 500;
      }
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin: 0.375rem 0 0.25rem;
      }
      button[aria-pressed='true'] {
        border-color: var(--accent);
        box-shadow: inset 0 0 0 1px var(--accent);
      }
      .choices button {
        max-width: 100%;
        overflow-wrap: anywhere;
      }
      p {
        margin: 0;
        color: var(--muted);
        font-size: var(--small);
      }
      summary {
        width: fit-content;
        padding: 0.25rem 0;
        color: var(--accent);
        font-size: var(--small);
        cursor: pointer;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        align-items: center;
        margin-top: 0.25rem;
      }
      input {
        flex: 1 1 10rem;
        min-width: 0;
        padding: 0.375rem 0.75rem;
        border: 1px solid var(--muted);
        border-radius: 0.5rem;
        background: var(--raised);
        color: inherit;
        font: inherit;
      }
    `,
  ];

  protected override render() {
    const ours = presetOf(this.settings);
    const mine = this.own.find(({ settings }) => sameSettings(settings, this.settings));
    const hint = mine ? '' : ours ? t(`tune.preset.${ours}.hint`) : t('tune.preset.none');
    return html`
      <fieldset>
        <legend>${t('tune.preset.legend')}</legend>
        <div class="choices">
          ${(Object.keys(presets) as PresetName[]).map(name =>
            this.#choice(t(`tune.preset.${name}.name`), !mine && name === ours, usePreset(name)),
          )}
          ${this.own.map(({ name, settings }) => this.#choice(name, name === mine?.name, replaceBy(settings)))}
        </div>
        ${mine ? this.#delete(mine.name) : html`<p>${hint}</p>`}
        ${mine ? nothing : this.#keep()}
        <p role="status">${this.outcome}</p>
      </fieldset>
    `;
  }

  #choice(name: string, chosen: boolean, change: Settings) {
    return html`<button type="button" aria-pressed=${chosen ? 'true' : 'false'} @click=${() => this.#set(change)}>
      ${name}
    </button>`;
  }

  #keep() {
    return html`<details>
      <summary>${t('tune.preset.keep')}</summary>
      <form @submit=${this.#kept}>
        <input aria-label=${t('tune.preset.nameOf')} placeholder=${t('tune.preset.nameOf')} maxlength="40" required />
        <button class="primary">${t('tune.preset.save')}</button>
      </form>
    </details>`;
  }

  #delete(name: string) {
    return html`<button type="button" class="plain" @click=${() => this.#deleted(name)}>
      ${t('tune.preset.delete', { name })}
    </button>`;
  }

  #set(change: Settings): void {
    this.outcome = '';
    this.dispatchEvent(new CustomEvent('set', { detail: change }));
  }

  #kept(event: SubmitEvent): void {
    event.preventDefault();
    const name = this.field.value.trim();
    if (name === '') return;
    const kept = keepPreset({ name, settings: this.settings });
    this.outcome = kept ? t('tune.preset.saved', { name }) : t('tune.preset.notSaved');
    this.own = ownPresets();
  }

  #deleted(name: string): void {
    deletePreset(name);
    this.outcome = t('tune.preset.deleted', { name });
    this.own = ownPresets();
  }
}
