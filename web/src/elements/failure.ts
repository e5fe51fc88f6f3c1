import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Code, MixtabError } from '../../lib/src/index.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** Trying again cannot help where the browser itself lacks something. */
const final: ReadonlySet<Code> = new Set(['no_webgpu']);

/** Those that have WebGPU, the visitor's own first. */
const browsers = [...(['chrome', 'safari', 'firefox'] as const)].sort(
  (a, b) => Number(isThis(b)) - Number(isThis(a)),
);

function isThis(browser: 'chrome' | 'safari' | 'firefox'): boolean {
  const { userAgent } = navigator;
  // Chrome says that it is Safari too.
  return browser === 'safari'
    ? /Safari/.test(userAgent) && !/Chrom/.test(userAgent)
    : userAgent.toLowerCase().includes(browser);
}

/** What went wrong, what is safe, what to do; in that order. Fires "retry". */
@customElement('mixtab-failure')
export class MixtabFailure extends MixtabElement {
  @property({ attribute: false }) error!: MixtabError;

  static override styles = [
    base,
    button,
    css`
      section {
        padding: 1rem 1.25rem;
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
        background: var(--raised);
      }
      h2 {
        margin: 0 0 0.375rem;
        color: var(--danger);
        font-size: 1.0625rem;
        line-height: 1.35;
      }
      p,
      ul {
        margin: 0 0 0.625rem;
      }
      ul {
        padding-inline-start: 1.25rem;
      }
      li {
        overflow-wrap: anywhere;
      }
      li + li {
        margin-top: 0.375rem;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: start;
        gap: 0.75rem 1rem;
      }
      details {
        flex: 1 1 16rem;
        min-width: 0;
        color: var(--muted);
        font-size: var(--small);
      }
      summary {
        padding-block: 0.5rem;
        cursor: pointer;
      }
      code {
        font-family: var(--mono);
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render() {
    const { code, message } = this.error;
    return html`
      <section role="alert">
        <h2>${t(`failure.${code}.title`)}</h2>
        <p>${t(`failure.${code}.safe`)} ${t(`failure.${code}.remedy`)}</p>
        ${code === 'no_webgpu' ? this.#browsers() : nothing}
        <div class="actions">
          ${final.has(code) ? nothing : html`<button class="primary" @click=${this.#retry}>${t('failure.retry')}</button>`}
          <details>
            <summary>${t('failure.details')}</summary>
            <code>${message}</code>
          </details>
        </div>
      </section>
    `;
  }

  #browsers() {
    return html`<ul>
      ${isSecureContext ? nothing : html`<li>${t('failure.no_webgpu.insecure')}</li>`}
      ${browsers.map(name => html`<li>${t(`failure.no_webgpu.${name}`)}</li>`)}
    </ul>`;
  }

  #retry(): void {
    this.dispatchEvent(new CustomEvent('retry'));
  }
}
