import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { bytes, duration, integer, percent, rate } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { Model, ModelsStore } from '../state/models-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { problemText } from './model-problem.ts';
import './model-check.ts';

/** What can be said of a format, from the most exact to the smallest. */
const formats = ['f32', 'f16', 'q8', 'q4'] as const;

/** One pack: what it is, how much of it is here, and what can be done with it. Fires "choose". */
@customElement('mixtab-model-card')
export class MixtabModelCard extends MixtabElement {
  @property({ attribute: false }) model!: Model;
  @property({ attribute: false }) models!: ModelsStore;
  @property({ type: Boolean }) inUse = false;
  @property({ type: Boolean }) demo = false;

  /** Asks before it deletes. */
  @state() private asking = false;

  static override styles = [
    base,
    button,
    css`
      article {
        display: grid;
        gap: 0.5rem;
        padding: 0.875rem 1rem;
        background: var(--raised);
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
      }
      .head,
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.375rem 0.75rem;
      }
      h3 {
        margin: 0;
        min-width: 0;
        font-size: 1rem;
        overflow-wrap: anywhere;
      }
      .badge {
        padding: 0 0.5rem;
        color: var(--muted);
        border: 1px solid var(--hairline);
        border-radius: 999px;
        font-size: var(--small);
      }
      .badge.used {
        color: var(--on-accent);
        background: var(--accent);
        border-color: var(--accent);
      }
      p {
        margin: 0;
        text-wrap: pretty;
      }
      .facts,
      .from {
        color: var(--muted);
        font-size: var(--small);
        overflow-wrap: anywhere;
      }
      a {
        color: var(--accent);
      }
      .problem {
        color: var(--danger);
      }
      progress {
        display: block;
        width: 100%;
        height: 0.375rem;
        margin-block: 0.25rem;
        border: 0;
        border-radius: 999px;
        overflow: hidden;
        appearance: none;
        background: var(--hairline);
      }
      progress::-webkit-progress-bar {
        background: var(--hairline);
      }
      progress::-webkit-progress-value {
        background: var(--accent);
      }
      progress::-moz-progress-bar {
        background: var(--accent);
      }
      .tabular {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  protected override render() {
    const { info, report, work, leaving } = this.model;
    if (leaving) return this.#leaving();
    return html`
      <article aria-label=${this.#name}>
        <div class="head">
          <h3>${this.#name}</h3>
          ${info.format ? html`<span class="badge">${info.format}</span>` : nothing}
          ${this.inUse ? html`<span class="badge used">${t('models.inUse')}</span>` : nothing}
        </div>
        <p class="facts">${this.#facts().join(' · ')}</p>
        ${info.licence || info.source ? html`<p class="from">${this.#origin().join(' · ')}</p>` : nothing}
        ${work === 'measuring' || !work ? html`<p>${this.#state()}</p>` : this.#progress()}
        ${this.#torrent()}
        ${this.#news()}
        ${
          report || work === 'measuring'
            ? html`<mixtab-model-check
              .info=${info}
              .storage=${this.models.storage}
              .report=${report}
            ></mixtab-model-check>`
            : nothing
        }
        ${this.asking ? this.#question() : html`<div class="actions">${this.#actions()}</div>`}
      </article>
    `;
  }

  get #name(): string {
    const { name, pack } = this.model.info;
    return this.demo ? t('models.demo') : name || pack;
  }

  #facts(): string[] {
    const { info } = this.model;
    const format = formats.find(known => known === info.format);
    return [bytes(info.totalBytes), ...(format ? [t(`models.quality.${format}`)] : [])];
  }

  #origin(): string[] {
    const { licence, source } = this.model.info;
    return [
      ...(licence ? [t('models.licence', { licence })] : []),
      ...(source ? [t('models.source', { source })] : []),
    ];
  }

  /** Another way to get it, while it is not here. */
  #torrent() {
    const { torrent, info } = this.model;
    if (!torrent || info.complete) return nothing;
    const label = t('models.torrent');
    return html`<p class="from">
      <a href=${torrent} download aria-label="${label}, ${this.#name}">${label}</a>: ${t('models.torrentHint')}
    </p>`;
  }

  /** How much of it is here, where nothing is going on. */
  #state(): string {
    const { folder, complete, storedBytes, totalBytes } = this.model.info;
    const share = totalBytes > 0 ? storedBytes / totalBytes : 0;
    if (complete) return t('models.state.stored');
    if (folder) return t(`models.state.${folder}`);
    if (storedBytes === 0) return t('models.state.none');
    return t('models.state.partly', { share: percent(share), stored: bytes(storedBytes) });
  }

  /** Of a download, a copy or a verification. */
  #progress() {
    const { work, progress, info } = this.model;
    const {
      doneBytes = 0,
      totalBytes = info.totalBytes,
      bytesPerSecond = 0,
      secondsLeft = 0,
    } = progress ?? {};
    const share = totalBytes > 0 ? doneBytes / totalBytes : 0;
    const waits = progress?.phase === 'waiting';
    const label = t(
      `models.work.${waits ? 'waiting' : work === 'measuring' ? 'verifying' : (work ?? 'verifying')}`,
    );
    const told = [
      percent(share),
      t('models.done', { done: bytes(doneBytes), total: bytes(totalBytes) }),
      ...(bytesPerSecond > 0 && !waits ? [rate(bytesPerSecond)] : []),
      ...(secondsLeft > 0 && !waits ? [t('models.left', { time: duration(secondsLeft) })] : []),
    ];
    return html`<div>
      <span>${label}</span>
      <progress max="1" .value=${share} aria-label=${`${label}, ${this.#name}`}></progress>
      <span class="facts tabular">${told.join(' · ')}</span>
      ${
        progress && progress.shortBytes > 0
          ? html`<p class="problem">${t('models.short', { size: bytes(progress.shortBytes) })}</p>`
          : nothing
      }
    </div>`;
  }

  /** What the last piece of work came to. */
  #news() {
    const { error, verified, info } = this.model;
    if (error) return html`<p class="problem" role="alert">${problemText(error)}</p>`;
    if (!verified) return nothing;
    const { shards, damaged } = verified;
    if (damaged === 0)
      return html`<p role="status">${t('models.verified', { count: shards, files: integer(shards) })}</p>`;
    const key = info.folder && !info.complete ? 'models.damagedInFolder' : 'models.damaged';
    return html`<p role="status" class="problem">${t(key, { count: damaged, files: integer(damaged) })}</p>`;
  }

  #actions() {
    const { info, work, report } = this.model;
    const { pack, folder, complete, storedBytes } = info;
    const busy = work !== undefined && work !== 'measuring';
    const fetching = work === 'downloading' || work === 'copying';
    const readable = folder !== 'locked' && folder !== 'away';
    const rest = bytes(info.totalBytes - storedBytes);
    return html`
      ${folder === 'locked' && !complete ? this.#action('allow', () => this.models.allow(pack), 'primary') : nothing}
      ${
        !this.inUse && (readable || complete)
          ? this.#action(fetching && !folder ? 'startNow' : 'use', () => this.#choose(), 'primary')
          : nothing
      }
      ${!busy && !complete && !folder ? this.#action(storedBytes > 0 ? 'resume' : 'download', () => this.models.download(pack), '', rest) : nothing}
      ${!busy && !complete && folder === 'ready' ? this.#action(storedBytes > 0 ? 'resumeCopy' : 'copy', () => this.models.download(pack), '', rest) : nothing}
      ${fetching ? this.#action('pause', () => this.models.pause(pack)) : nothing}
      ${fetching ? this.#action('cancel', () => this.#ask()) : nothing}
      ${work === 'verifying' ? this.#action('stop', () => this.models.stop(pack)) : nothing}
      ${!work && !report && (readable || complete) ? this.#action('measure', () => this.models.measure(pack)) : nothing}
      ${!busy && (storedBytes > 0 || folder === 'ready') ? this.#action('verify', () => this.models.verify(pack)) : nothing}
      ${!fetching && (storedBytes > 0 || folder || !this.demo) ? this.#action(folder ? 'forget' : 'remove', () => this.#ask()) : nothing}
    `;
  }

  #action(name: ActionName, act: () => unknown, kind = '', size = '') {
    const label = t(`models.action.${name}`, { size });
    return html`<button class=${kind} aria-label="${label}, ${this.#name}" @click=${act}>${label}</button>`;
  }

  #question() {
    const { folder, storedBytes } = this.model.info;
    const question = folder ? t('models.ask.forget') : t('models.ask.remove', { size: bytes(storedBytes) });
    return html`<div class="actions" role="group" aria-label=${question}>
      <p>${question}</p>
      <button class="primary" @click=${this.#remove}>${t(folder ? 'models.ask.yesForget' : 'models.ask.yes')}</button>
      <button @click=${() => this.#unask()}>${t('models.ask.no')}</button>
    </div>`;
  }

  #leaving() {
    const { pack, folder } = this.model.info;
    return html`<article aria-label=${this.#name}>
      <div class="actions" role="status">
        <p>${t(folder ? 'models.forgotten' : 'models.removed', { name: this.#name })}</p>
        <button class="undo" @click=${() => this.models.restore(pack)}>${t('models.undo')}</button>
      </div>
    </article>`;
  }

  #choose(): void {
    this.dispatchEvent(new CustomEvent('choose'));
  }

  #ask(): void {
    this.asking = true;
    void this.updateComplete.then(() => this.#focus('.actions button:last-child'));
  }

  #unask(): void {
    this.asking = false;
    void this.updateComplete.then(() => this.#focus('.actions button'));
  }

  #remove(): void {
    this.asking = false;
    this.models.remove(this.model.info.pack);
    setTimeout(() => this.#focus('.undo'), 50); // when the list shows it
  }

  #focus(selector: string): void {
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }
}

type ActionName =
  | ('allow' | 'use' | 'startNow' | 'download' | 'resume' | 'copy' | 'resumeCopy' | 'pause')
  | ('cancel' | 'stop' | 'measure' | 'verify' | 'remove' | 'forget');
