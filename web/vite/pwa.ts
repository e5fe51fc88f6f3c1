// What makes the page an app that works without a network: its web manifest and its service
// worker, and beside them the library's script for the service workers of other sites.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type ResolvedConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const description =
  'Chat with a mixture-of-experts language model that runs on your own GPU. Nothing you type leaves your machine.';

export function pwa(): Plugin[] {
  return [
    serviceWorkerLibrary(),
    ...VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      injectRegister: false, // src/offline does it.
      includeManifestIcons: false, // They are among the files below.
      injectManifest: {
        rollupFormat: 'iife',
        // All of the page, for every language and view. Weights are not files of the page.
        globPatterns: ['**/*.{js,css,html,svg,png,wasm,woff2}'],
        globIgnores: ['sw.js', 'lib/mixtab-sw.js', 'lib/types/**', 'examples/**'],
        maximumFileSizeToCacheInBytes: 16 << 20, // the engine's WebAssembly
      },
      manifest: {
        name: 'mixtab',
        short_name: 'mixtab',
        description,
        lang: 'en',
        id: './',
        start_url: './',
        scope: './',
        display: 'standalone',
        background_color: '#fbfaf7',
        theme_color: '#fbfaf7',
        categories: ['productivity', 'utilities'],
        icons: [
          { src: 'icons/192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
        shortcuts: [{ name: 'New conversation', url: './?q=' }],
        // The service worker answers it, so that nothing shared is sent anywhere.
        share_target: {
          action: './share',
          method: 'POST',
          enctype: 'multipart/form-data',
          params: { title: 'title', text: 'text', url: 'url' },
        },
      },
    }),
  ];
}

/** Builds lib/mixtab-sw.js: one script without imports or exports. */
function serviceWorkerLibrary(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'mixtab-service-worker-library',
    apply: 'build',
    configResolved: resolved => {
      config = resolved;
    },
    closeBundle: {
      sequential: true,
      async handler() {
        await build({
          configFile: false,
          publicDir: false,
          logLevel: 'warn',
          build: {
            target: 'es2022',
            outDir: join(config.root, config.build.outDir, 'lib'),
            emptyOutDir: false,
            lib: {
              entry: fileURLToPath(new URL('../lib/src/serve/mixtab-sw.ts', import.meta.url)),
              name: 'mixtab',
              formats: ['iife'],
              fileName: () => 'mixtab-sw.js',
            },
          },
        });
      },
    },
  };
}
