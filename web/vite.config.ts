import { defineConfig } from 'vite';
import { engine } from './vite/engine.ts';
import { examples } from './vite/examples.ts';
import { pwa } from './vite/pwa.ts';

export default defineConfig(({ mode }) => ({
  // Relative addresses: the library is also loaded from other origins, and the page may
  // live under a path.
  base: './',
  // Work on the page with a pretended engine wants no cache between it and the build.
  plugins: [engine(), examples(), ...(mode === 'fake' ? [] : pwa())],
  server: {
    fs: { allow: ['..'] },
    proxy: { '/packs': process.env.MIXTAB_SERVER ?? 'http://localhost:8080' },
  },
  worker: {
    format: 'es',
    plugins: () => [engine()],
    // A folder of their own, whose files the server gives policies: a worker takes its own
    // from its script, as a page from its document, and no other script has any.
    rolldownOptions: { output: { entryFileNames: 'workers/[name]-[hash].js' } },
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: mode === 'fake', // scripts/prepare.mjs empties dist, but for .keep.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: mode === 'fake',
    rolldownOptions: {
      input: { index: 'index.html', mixtab: 'lib/src/index.ts', 'mixtab-chat': 'src/elements/chat.ts' },
      preserveEntrySignatures: 'strict',
      output: {
        // What other sites load keeps its name.
        entryFileNames: ({ name }) =>
          name.startsWith('mixtab') ? `lib/${name}.js` : 'assets/[name]-[hash].js',
      },
    },
  },
}));
