import {
  createEngine,
  type Engine,
  type EngineDownload,
  type EngineOptions,
  type EngineProgress,
  type EngineRestoring,
  MixtabError,
} from '../../lib/src/index.ts';
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

/** The one engine of the page: opens it, notices when it is lost, opens it again. */
export class EngineStore extends Store {
  state: EngineState = { kind: 'loading', progress: undefined };
  readonly pack: string;
  readonly #worker: EngineOptions['worker'];

  constructor(pack: string, worker?: EngineOptions['worker']) {
    super();
    this.pack = pack;
    this.#worker = worker;
  }

  /** Opens the pack; again after a failure. */
  async open(): Promise<void> {
    this.#set({ kind: 'loading', progress: undefined });
    let download: EngineDownload | undefined;
    try {
      const engine = await createEngine({
        pack: this.pack,
        onProgress: progress => this.#set({ kind: 'loading', progress }),
        onDownload: now => {
          download = now;
          if (this.state.kind === 'ready') this.#set({ ...this.state, download });
        },
        onRestoring: now => {
          if (this.state.kind === 'ready')
            this.#set({ ...this.state, restoring: now.done ? undefined : now });
        },
        onWaiting: waiting => {
          if (this.state.kind === 'ready') this.#set({ ...this.state, waiting });
        },
        ...(this.#worker && { worker: this.#worker }),
      });
      void engine.lost.then(error => this.#set({ kind: 'failed', error }));
      this.#set({ kind: 'ready', engine, download, restoring: undefined, waiting: false });
    } catch (error) {
      this.#set({ kind: 'failed', error: asMixtabError(error) });
    }
  }

  #set(state: EngineState): void {
    this.state = state;
    this.changed();
  }
}

export function asMixtabError(error: unknown): MixtabError {
  if (error instanceof MixtabError) return error;
  return new MixtabError('internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
