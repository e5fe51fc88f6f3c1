// What the build provides and TypeScript cannot see.

/** The address of the engine's WebAssembly; empty when it was not built. */
declare module 'virtual:mixtab-wasm' {
  const url: string;
  export default url;
}

/** The WebGPU half of the engine in JavaScript; installs itself on globalThis. */
declare module 'virtual:mixtab-driver' {}

/** The browser's weight store, wasm/store/client.js. */
declare module 'virtual:mixtab-store' {
  type OnProgress = (progress: import('./packs.ts').PackProgress) => void;

  /** The part of the store that the page uses; Go uses the rest. */
  export interface StoreClient {
    list(): Promise<import('./packs.ts').PackInfo[]>;
    describe(pack: string): Promise<import('./packs.ts').PackInfo>;
    lend(folder: FileSystemDirectoryHandle | Map<string, File>): Promise<import('./packs.ts').PackInfo>;
    allow(pack: string): Promise<boolean>;
    space(): Promise<import('./packs.ts').StorageInfo>;
    download(pack: string, onProgress?: OnProgress, signal?: AbortSignal): Promise<void>;
    pause(pack: string): Promise<void>;
    verify(
      pack: string,
      onProgress?: OnProgress,
      signal?: AbortSignal,
    ): Promise<{ shards: number; damaged: number }>;
    remove(pack: string): Promise<void>;
    dropCache(key: string): Promise<void>;
  }

  export function connect(worker: Worker, startAnother: () => Worker): StoreClient;
}

/** The address of the store's worker. */
declare module 'virtual:mixtab-store-worker' {
  const url: string;
  export default url;
}

/** Go's own support file; installs the class Go on globalThis. */
declare module 'virtual:go-wasm-exec' {}
