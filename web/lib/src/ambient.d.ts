// What the build provides and TypeScript cannot see.

/** The address of the engine's WebAssembly; empty when it was not built. */
declare module 'virtual:mixtab-wasm' {
  const url: string;
  export default url;
}

/** The WebGPU half of the engine in JavaScript; installs itself on globalThis. */
declare module 'virtual:mixtab-driver' {}

/** Go's own support file; installs the class Go on globalThis. */
declare module 'virtual:go-wasm-exec' {}
