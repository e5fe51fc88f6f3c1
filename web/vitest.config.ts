import { defineConfig } from 'vitest/config';
import { engine } from './vite/engine.ts';

export default defineConfig({
  plugins: [engine()],
  server: { fs: { allow: ['..'] } },
  test: {
    include: ['lib/test/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000, // for a machine that is busy with something else
  },
});
