// Puts the example pages beside the page, at examples/, as they are: they are what a developer
// reads and copies.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const folder = fileURLToPath(new URL('../examples', import.meta.url));

export function examples(): Plugin {
  return {
    name: 'mixtab-examples',
    apply: 'build',
    generateBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const fileName = `examples/${file.slice(folder.length + 1)}`;
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      }
    },
  };
}
