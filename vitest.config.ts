import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { clientScripts } from './scripts/build/client.mjs';

/** Tests that run what users get: dist/ is built once before them, and only for them. */
const BUILT = ['test/package/{pack,checkout}.test.ts', 'test/cli/**/*.test.ts'];

/**
 * What does not depend on assay's own Node: real package managers, what is held to the repository's files, what is read
 * from large corpora by functions of their bytes alone, and what is said in the end, of which the command line's tests
 * see some on every Node.
 */
const ONCE = [
  'test/{bench,policy,report}/**/*.test.ts',
  'test/lockfiles/{real-*,yarn-real,yarn-installs-other}.test.ts',
  'test/lockfiles/{*-differential,*-fuzz,*-recorded,formats,known-settings,go-sum,go-mod}.test.ts',
  'test/lockfiles/go/**/*.test.ts',
  'test/package/{extending,lint-rules,map,name,pages,repository,workflows}.test.ts',
];
/**
 * Of the command line what is about a project's files alone, which the tests of source read on every Node. What starts
 * processes and threads, reaches a network, keeps files, or writes to streams stays with those that every Node runs.
 */
const PROJECTS = [
  'accept,axios,baseline,baseline-{golden,merge,migration},bun-vlt,bytes-lockfiles,capabilities,explained,forged-lines',
  'go-repository,init,inside,lockfiles,managers,manifests,newcomer,not-used,other-base,pnpm,policy,pull-request',
  'read-lockfile,readme,review,since,trust-import,upwards,yarn',
  'cargo-beside,cargo-registries,exec-lines,hook,mcp,go-info,go-review,pypi-index-changed,pypi-lockfiles,pypi-not-used',
  'pypi-review,python-settings,unlocked',
].map((names) => `test/cli/{${names}}.test.ts`);
const BUILT_ONCE = [
  'test/cli/{cargo-real,demo-recorded,gate-real,gate-real-ends,go-real,installed-real}.test.ts',
  'test/cli/{pipelines,pypi-installed-real,pypi-real,verdaccio}.test.ts',
  'test/package/checkout.test.ts',
  ...PROJECTS,
];

/** Tests against servers that are started before them, with a configuration of their own. */
const REAL_SIGSTORE = 'test/real-sigstore/**';

/** Begun first, so that no worker is left alone with one of them at the end. A clean clone has no times to go by. */
const LONGEST = [
  'cli/installed-real',
  'cli/gate-real',
  'cli/gate-real-ends',
  'cli/pipelines',
  'lockfiles/real-stores',
  'lockfiles/real-pnpm',
  'sigstore/flips',
  'lockfiles/real-npm-entries',
  'lockfiles/pnpm-fuzz',
  'cli/verdaccio',
  'lockfiles/formats',
  'package/lint-rules',
  'package/checkout',
].map((name) => `test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

function project(name: string, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include, exclude } };
}

function built(name: string, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  const { test } = project(name, include, exclude);
  const server = { deps: { external: [/\/dist\//] } };
  return { extends: true, test: { ...test, globalSetup: 'test/package/build.ts', server } };
}

export default defineConfig({
  define: await clientScripts(import.meta.dirname),
  test: {
    // Tests spawn processes and servers of their own; more workers than this make them slow, not the suite fast.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      project('source', ['test/**/*.test.ts'], [...BUILT, ...ONCE, REAL_SIGSTORE]),
      project('once', ONCE),
      built('built', BUILT, BUILT_ONCE),
      built('built-once', BUILT_ONCE),
    ],
  },
});
