import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** The first screen: what this is, what it is not, and something to try. Fires "example". */
@customElement('mixtab-welcome')
export class MixtabWelcome extends MixtabElement {
  /** Where a model other than the demo comes from. */
  @property() host: string | undefined;
  @property({ type: Boolean }) demo = true;
  /** Only what this is, where something else needs the reader's eye. */
  @property({ type: Boolean, reflect: true }) brief = false;

  static override styles = [
    base,
    button,
    css`
      :host {
        margin-block: auto;
      }
      :host([brief]) {
        margin-block: 0 1rem;
      }
      h2 {
        margin: 0 0 0.75rem;
        font-size: clamp(1.5rem, 1.1rem + 1.8vw, 2rem);
        font-weight: 600;
        line-height: 1.2;
        letter-spacing: -0.015em;
        text-wrap: balance;
      }
      p {
        margin: 0 0 0.75rem;
        max-width: 40rem;
        text-wrap: pretty;
      }
      .name {
        white-space: nowrap;
      }
      .demo {
        color: var(--muted);
      }
      h3 {
        margin: 1.75rem 0 0.625rem;
        font-size: var(--small);
        font-weight: 500;
        color: var(--muted);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      button {
        background: var(--raised);
        text-align: start;
        border-radius: var(--radius);
      }
    `,
  ];

  protected override render() {
    return html`
      <section>
        <h2>${t('welcome.title')}</h2>
        <p>${t('welcome.privacy')}</p>
        ${this.demo && !this.brief ? html`<p class="demo">${whole(t('welcome.demo'))}</p>` : nothing}
        ${this.host ? html`<p class="demo">${t('welcome.otherPack', { host: this.host })}</p>` : nothing}
        ${this.brief ? nothing : this.#examples()}
      </section>
    `;
  }

  #examples() {
    const examples = [t('example.condiment'), t('example.capital'), t('example.translate')];
    return html`
      <h3>${t('welcome.examples')}</h3>
      <ul>
        ${examples.map(text => html`<li><button @click=${(event: MouseEvent) => this.#choose(event, text)}>${spaced(text)}</button></li>`)}
      </ul>
    `;
  }

  /** A double click asks once. */
  #choose(event: MouseEvent, text: string): void {
    if (event.detail > 1) return;
    this.dispatchEvent(new CustomEvent('example', { detail: text }));
  }
}

/** Keeps the model's name on one line. */
function whole(text: string) {
  const name = 'Mixtral-8x7B';
  return text
    .split(name)
    .map((part, index) => html`${index > 0 ? html`<span class="name">${name}</span>` : nothing}${part}`);
}

/** Keeps French punctuation on the line of its word; the model is sent plain spaces. */
function spaced(text: string): string {
  return text.replace(/ (?=[?!:;])/g, '\u00a0');
}
