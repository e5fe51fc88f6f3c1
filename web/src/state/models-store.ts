import {
  isLocal,
  type MixtabError,
  type PackFolder,
  type PackInfo,
  type PackProgress,
  type Packs,
  type Preflight,
  packs,
  type StorageInfo,
} from '../../lib/src/index.ts';
import { unmarkKept } from '../offline/evicted.ts';
import { asMixtabError, type EngineStore } from './engine-store.ts';
import { Store } from './store.ts';

/** What is going on with a pack. */
export type Work = 'downloading' | 'copying' | 'verifying' | 'measuring';

/** A pack as the list shows it. A changed one is a new object. */
export interface Model {
  readonly info: PackInfo;
  /** Where the server offers it as a torrent: the address of that. */
  readonly torrent?: string | undefined;
  readonly work?: Work | undefined;
  readonly progress?: PackProgress | undefined;
  readonly report?: Preflight | undefined;
  readonly verified?: { shards: number; damaged: number } | undefined;
  readonly error?: MixtabError | undefined;
  /** Deleted in a moment, unless the visitor thinks better of it. */
  readonly leaving?: boolean | undefined;
}

/** A pack that the page's server offers. */
interface Offer {
  info: PackInfo;
  torrent: string | undefined;
}

/** How long a deletion can be taken back. */
const undoMs = 8000;

/** The packs that this browser knows or the server offers, and the work on them. */
export class ModelsStore extends Store {
  models: readonly Model[] = [];
  storage: StorageInfo | undefined;
  /** The list itself could not be had. */
  error: MixtabError | undefined;

  readonly #engines: EngineStore;
  readonly #packs: Packs;
  readonly #leaving = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #works = new Map<string, AbortController>();
  #offers: Promise<Offer[]> | undefined;

  constructor(engines: EngineStore, store: Packs = packs) {
    super();
    this.#engines = engines;
    this.#packs = store;
  }

  /** Looks at what there is now, and follows the downloads that other tabs do. */
  async refresh(): Promise<void> {
    await this.#look();
    // Not after each piece of work: the tab whose download was paused may not have stopped yet.
    for (const { info, work } of this.models) if (info.downloading && !work) void this.download(info.pack);
  }

  async #look(): Promise<void> {
    try {
      const [listed, storage] = await Promise.all([this.#packs.list(), this.#packs.storage()]);
      this.#offers ??= offers();
      const offered = await this.#offers;
      const unknown = offered.filter(({ info }) => !listed.some(({ pack }) => pack === info.pack));
      // Where the pack cannot be reached now, the server's list tells enough to show it.
      const added = unknown.map(({ info }) => this.#packs.add(info.pack).catch(() => info));
      const all = [...listed, ...(await Promise.all(added))];
      this.storage = storage;
      this.error = undefined;
      const before = new Map(this.models.map(model => [model.info.pack, model]));
      this.models = this.#inOrder(all).map(info => {
        const torrent = offered.find(offer => offer.info.pack === info.pack)?.torrent;
        return { ...before.get(info.pack), info, torrent };
      });
      this.changed();
    } catch (error) {
      this.error = asMixtabError(error);
      this.changed();
    }
  }

  /** Adds a pack by its address, and measures it. Rejects where it is none. */
  async add(url: string): Promise<void> {
    await this.#added(await this.#packs.add(url));
  }

  /** Adds a pack in a folder on this machine, and measures it. Rejects where it is none. */
  async addFolder(folder: PackFolder): Promise<void> {
    await this.#added(await this.#packs.addFolder(folder));
  }

  /** Has the browser ask whether a pack's folder may be read; in a click's handler. */
  async allow(pack: string): Promise<void> {
    await this.#packs.allow(pack);
    await this.#look();
  }

  /** Tells what a pack needs and how fast it will be. */
  measure(pack: string): Promise<void> {
    return this.#run(pack, 'measuring', async signal => {
      this.#change(pack, { report: await this.#engines.preflight(pack, signal) });
    });
  }

  /** Downloads a pack, or copies it out of its folder; goes on where it stopped. */
  download(pack: string): Promise<void> {
    return this.#run(pack, isLocal(pack) ? 'copying' : 'downloading', signal =>
      this.#packs.download(pack, { signal, onProgress: progress => this.#told(progress) }),
    );
  }

  pause(pack: string): Promise<void> {
    return this.#packs.pause(pack);
  }

  /** Hashes all that is here of a pack. */
  verify(pack: string): Promise<void> {
    return this.#run(pack, 'verifying', async signal => {
      const onProgress = (progress: PackProgress) => this.#change(pack, { progress });
      this.#change(pack, { verified: await this.#packs.verify(pack, { signal, onProgress }) });
    });
  }

  /** Ends a measurement or a verification. */
  stop(pack: string): void {
    this.#works.get(pack)?.abort();
  }

  /** Deletes a pack, or forgets its folder, in a moment: until then restore keeps it. */
  remove(pack: string): void {
    this.stop(pack);
    this.#change(pack, { leaving: true });
    this.#leaving.set(
      pack,
      setTimeout(() => void this.#delete(pack), undoMs),
    );
  }

  restore(pack: string): void {
    clearTimeout(this.#leaving.get(pack));
    this.#leaving.delete(pack);
    this.#change(pack, { leaving: false });
  }

  /** Deletes at once what was to go in a moment. */
  async settle(): Promise<void> {
    await Promise.all([...this.#leaving.keys()].map(pack => this.#delete(pack)));
  }

  /** Asks the browser not to delete models by itself. */
  async persist(): Promise<void> {
    await this.#packs.persist();
    this.storage = await this.#packs.storage();
    this.changed();
  }

  async #delete(pack: string): Promise<void> {
    clearTimeout(this.#leaving.get(pack));
    this.#leaving.delete(pack);
    try {
      // The next visit must not fetch it again.
      if (pack === this.#engines.pack && !this.#engines.demo)
        await this.#engines.choose(this.#engines.demoPack);
      await this.#packs.pause(pack);
      await this.#packs.remove(pack);
      unmarkKept(pack); // It was not the browser.
      this.models = this.models.filter(({ info }) => info.pack !== pack);
    } catch (error) {
      this.#change(pack, { leaving: false, error: asMixtabError(error) });
    }
    await this.#look();
  }

  async #added(info: PackInfo): Promise<void> {
    const others = this.models.filter(model => model.info.pack !== info.pack);
    this.models = this.#inOrder([...others.map(model => model.info), info]).map(
      each => others.find(model => model.info === each) ?? { info: each },
    );
    this.changed();
    void this.measure(info.pack);
  }

  /** One piece of work on a pack at a time; a measurement makes way for any other. */
  async #run(pack: string, work: Work, act: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const before = this.#works.get(pack);
    if (before && this.models.find(({ info }) => info.pack === pack)?.work !== 'measuring') return;
    before?.abort();
    const running = new AbortController();
    this.#works.set(pack, running);
    this.#change(pack, { work, error: undefined, verified: undefined, progress: undefined });
    try {
      await act(running.signal);
    } catch (error) {
      const stopped = error instanceof DOMException && error.name === 'AbortError';
      if (!stopped && !running.signal.aborted) this.#change(pack, { error: asMixtabError(error) });
    }
    if (this.#works.get(pack) !== running) return;
    this.#works.delete(pack);
    this.#change(pack, { work: undefined });
    await this.#look();
  }

  #told(progress: PackProgress): void {
    this.#change(progress.pack, { progress });
    this.#engines.noteDownload(progress);
  }

  #change(pack: string, part: Partial<Model>): void {
    this.models = this.models.map(model => (model.info.pack === pack ? { ...model, ...part } : model));
    this.changed();
  }

  /** The pack in use first, then by name. */
  #inOrder(all: PackInfo[]): PackInfo[] {
    const rank = ({ pack }: PackInfo) => (pack === this.#engines.pack ? 0 : 1);
    return all.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  }
}

/** The server's list, beside the page; a host of plain files has none. */
async function offers(): Promise<Offer[]> {
  interface Served {
    url: string;
    model: string;
    format: string;
    bytes: number;
    torrent?: string;
  }
  try {
    const response = await fetch('packs.json');
    const { packs: served } = (await response.json()) as { packs: Served[] };
    const here = (url: string) => new URL(url, location.href).href;
    return served.map(({ url, model: name, format, bytes: totalBytes, torrent }) => ({
      info: {
        ...{ pack: here(url), name, format, totalBytes, licence: '', source: '', folder: null },
        ...{ storedBytes: 0, complete: false, downloading: false },
      },
      torrent: torrent === undefined ? undefined : here(torrent),
    }));
  } catch {
    return [];
  }
}
