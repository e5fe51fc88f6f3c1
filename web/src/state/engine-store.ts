import {
  createEngine,
  type Engine,
  type EngineDownload,
  type EngineOptions,
  type EngineProgress,
  type EngineRestoring,
  isLocal,
  MixtabError,
  type PackProgress,
  type Preflight,
  packs,
  preflight,
} from '../../lib/src/index.ts';
import { rememberPack } from '../models/chosen.ts';
import { Store } from './store.ts';

export type EngineState =
  | { kind: 'loading'; progress: EngineProgress | undefined }
  | {
      kind: 'ready';
      engine: Engine;
      download: EngineDownload | undefined;
      restoring: EngineRestoring | undefined;
      /** A request waits for the answer that another tab gets. */
      waiting: boolean;
    }
  | { kind: 'failed'; error: MixtabError };

/** Comes with the page's server. */
const demoPack = 'packs/demo/';

/** The one engine of the page: opens it, notices when it is lost, opens it again, or another in its place. */
export class EngineStore extends Store {
  state: EngineState = { kind: 'loading', progress: undefined };
  /** The address of the pack that is open, or on its way. */
  pack: string;
  readonly #worker: EngineOptions['worker'];
  /** Ends the opening, or the engine, that holds now. */
  #current = new AbortController();

  constructor(pack: string | undefined, worker?: EngineOptions['worker']) {
    super();
    this.pack = addressOf(pack ?? demoPack);
    this.#worker = worker;
  }

  /** Whether the pack is the built-in one. */
  get demo(): boolean {
    return this.pack === this.demoPack;
  }

  get demoPack(): string {
    return addressOf(demoPack);
  }

  /** Opens the pack; again after a failure. */
  async open(): Promise<void> {
    this.#current.abort();
    const current = new AbortController();
    this.#current = current;
    const { signal } = current;
    const set = (state: EngineState) => {
      if (!signal.aborted) this.#set(state);
    };
    set({ kind: 'loading', progress: undefined });
    let download: EngineDownload | undefined;
    try {
      const engine = await createEngine({
        pack: this.pack,
        signal,
        onProgress: progress => set({ kind: 'loading', progress }),
        onDownload: now => {
          download = now;
          if (this.state.kind === 'ready') set({ ...this.state, download });
        },
        onRestoring: now => {
          if (this.state.kind === 'ready') set({ ...this.state, restoring: now.done ? undefined : now });
        },
        onWaiting: waiting => {
          if (this.state.kind === 'ready') set({ ...this.state, waiting });
        },
        ...(this.#worker && { worker: this.#worker }),
      });
      if (signal.aborted) {
        engine.dispose();
        return;
      }
      signal.addEventListener('abort', () => engine.dispose());
      void engine.lost.then(error => set({ kind: 'failed', error }));
      set({ kind: 'ready', engine, download, restoring: undefined, waiting: false });
    } catch (error) {
      set({ kind: 'failed', error: asMixtabError(error) });
    }
  }

  /** Opens the pack again, in a click's handler: the browser may have to ask whether its folder may be read. */
  async retry(): Promise<void> {
    if (isLocal(this.pack)) await packs.allow(this.pack).catch(() => false);
    await this.open();
  }

  /** Opens another pack in the place of this one. What answers is running ends. */
  async choose(pack: string): Promise<void> {
    this.pack = addressOf(pack);
    rememberPack(this.pack);
    await this.open();
  }

  /** What a pack needs, and how fast it will be. */
  preflight(pack: string, signal: AbortSignal): Promise<Preflight> {
    if (this.state.kind === 'ready') return this.state.engine.preflight(pack, { signal });
    return preflight(pack, { signal, ...(this.#worker && { worker: this.#worker }) });
  }

  /** Follows a download of the open pack that somebody else than its engine has gone on with. */
  noteDownload({ pack, phase, doneBytes, totalBytes, bytesPerSecond, secondsLeft }: PackProgress): void {
    if (pack !== this.pack || this.state.kind !== 'ready') return;
    const left = totalBytes - doneBytes;
    const before = this.state.download;
    const known = {
      secondsPerToken: before?.secondsPerToken ?? null,
      waitingTokens: before?.waitingTokens ?? 0,
    };
    this.#set({
      ...this.state,
      download: {
        ...known,
        phase: left === 0 && phase === 'downloading' ? 'done' : phase,
        doneBytes,
        totalBytes,
        bytesPerSecond,
        secondsLeft: secondsLeft > 0 ? secondsLeft : null,
        failure: null,
      },
    });
  }

  /** Gives the GPU back; open opens the pack again. */
  close(): void {
    this.#current.abort();
    this.#set({ kind: 'loading', progress: undefined });
  }

  #set(state: EngineState): void {
    this.state = state;
    this.changed();
  }
}

/** A pack's address as the library names it; what is none stays as it is, for the library to refuse. */
function addressOf(pack: string): string {
  const base = globalThis.location?.href;
  const slashed = pack.replace(/\/?$/, '/');
  return URL.canParse(slashed, base) ? new URL(slashed, base).href : pack;
}

export function asMixtabError(error: unknown): MixtabError {
  if (error instanceof MixtabError) return error;
  return new MixtabError('internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
