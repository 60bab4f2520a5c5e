import { defineConfig } from 'vitest/config';
import { clientScripts } from './scripts/build/client.mjs';

/** Tests that run what users get: dist/ is built once before them, and only for them. */
const BUILT = ['test/package/{pack,checkout}.test.ts', 'test/cli/**/*.test.ts'];

export default defineConfig({
  define: await clientScripts(import.meta.dirname),
  test: {
    // Tests spawn processes and servers of their own; more workers than this make them slow, not the suite fast.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      { extends: true, test: { name: 'source', include: ['test/**/*.test.ts'], exclude: BUILT } },
      {
        extends: true,
        test: {
          name: 'built',
          include: BUILT,
          globalSetup: 'test/package/build.ts',
          server: { deps: { external: [/\/dist\//] } },
        },
      },
    ],
  },
});
