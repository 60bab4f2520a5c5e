import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { clientScripts } from './scripts/build/client.mjs';

/** Tests that run what users get: dist/ is built once before them, and only for them. */
const BUILT = ['test/package/{pack,checkout}.test.ts', 'test/cli/**/*.test.ts'];

/**
 * What does not depend on assay's own Node: folders that the linter holds to functions of their arguments, what is held
 * to the repository's files, what is said in the end, and whole histories, of which each step is tested on every Node.
 */
const ONCE = [
  'test/{advisories,baseline,bench,checks,lockfiles,model,policy,report}/**/*.test.ts',
  'test/package/{extending,lint-rules,map,name,pages,repository,workflows}.test.ts',
  'test/scenarios/{accounts,decisions,history,incidents,recorded-golden,releases,vectors}.test.ts',
];
/**
 * Of the command line what starts processes and threads, reaches a network, keeps files, or writes to streams is tested
 * on every Node. All else there is about a project's files or about real package managers.
 */
const BUILT_EVERYWHERE = [
  'test/package/pack.test.ts',
  'test/cli/{audit,bytes,bytes-memory,cache,compile-cache,devices,environment,exec,hook,hosts,html}.test.ts',
  'test/cli/{installs,interrupted,links,log-ends,log-watch,mcp,offline,options,outputs,pack,private-sigstore,threads,trust}.test.ts',
  'test/cli/{verify-bundle,witnesses}.test.ts',
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

/** They change nothing that another file of them sees, and so share what they import. */
function once(name: string, include: string[]): TestProjectInlineConfiguration {
  const { test } = project(name, include);
  return { extends: true, test: { ...test, isolate: false } };
}

function built(name: string, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  const { test } = project(name, include, exclude);
  const server = { deps: { external: [/\/dist\//] } };
  return { extends: true, test: { ...test, globalSetup: 'test/package/build.ts', server } };
}

export default defineConfig({
  define: await clientScripts(import.meta.dirname),
  test: {
    // Tests spawn processes and servers of their own, and wait for some: one more than CI has cores leaves none idle;
    // more make them slow, and not the suite fast.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      project('source', ['test/**/*.test.ts'], [...BUILT, ...ONCE, REAL_SIGSTORE]),
      once('once', ONCE),
      built('built', BUILT_EVERYWHERE),
      built('built-once', BUILT, BUILT_EVERYWHERE),
    ],
  },
});
