import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly environment?: string;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly os: readonly string[]; readonly node: readonly string[] } };
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FILES = readdirSync(join(ROOT, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const CI = parse(read('.github/workflows/ci.yml')) as Workflow;
const RELEASE = parse(read('.github/workflows/release.yml')) as Workflow;
const jobOf = ({ jobs }: Workflow, name: string): Job => {
  const job = jobs[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  return job;
};
const runs = ({ steps }: Job): string[] => steps.flatMap(({ run }) => run ?? []);

/** The pages whose examples people take over. */
const PAGES = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

describe('every workflow', () => {
  test('is one of those that are tested here', () => {
    expect(FILES).toEqual(['.github/workflows/ci.yml', '.github/workflows/release.yml']);
  });

  test('names actions by commit, with the version beside it, as do the examples', () => {
    const release = /^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
    // The action itself has no commit that a page of it could name.
    const own = /^uses: OWNER\/assay@0{40} # /;
    const used = (file: string): string[] => read(file).match(/(?<=^\s*(?:- )?)uses:.*$/gm) ?? [];
    for (const file of FILES) expect(used(file).length).toBeGreaterThan(0);
    const all = [...FILES, 'action.yml', 'README.md', ...PAGES].flatMap(used);
    expect(all.filter((line) => !release.test(line) && !own.test(line))).toEqual([]);
  });

  test.each(FILES)('%s may do nothing but what a job asks for', (file) => {
    const workflow = parse(read(file)) as Workflow;
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency).toHaveProperty('group');
    expect(Object.keys(workflow.on).filter((event) => !['push', 'pull_request'].includes(event))).toEqual([]);
    for (const job of Object.values(workflow.jobs)) {
      expect(['{"contents":"read"}', '{"id-token":"write"}']).toContain(JSON.stringify(job.permissions));
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
      for (const { uses = '', with: inputs } of job.steps) {
        if (uses.startsWith('actions/checkout@')) expect(inputs).toMatchObject({ 'persist-credentials': false });
        if (uses.startsWith('actions/setup-node@')) expect(inputs).toMatchObject({ 'package-manager-cache': false });
      }
    }
  });

  test.each(FILES)('%s puts nothing from outside into a script, and knows no secret', (file) => {
    const text = read(file);
    expect(text).not.toMatch(/\bsecrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|pull_request_target/);
    const { jobs } = parse(text) as Workflow;
    for (const job of Object.values(jobs)) for (const run of runs(job)) expect(run).not.toContain('${{');
  });
});

describe('ci.yml', () => {
  const job = jobOf(CI, 'test');

  test('does what .ci/run does', () => {
    const script = read('.ci/run');
    const [install, check] = ['install', 'check'].map(
      (step) => new RegExp(`^step '${step}' (.+)$`, 'm').exec(script)?.[1],
    );
    expect(install).toMatch(/^npm ci /);
    expect(check).toMatch(/^npm run /);
    expect(runs(job)).toEqual([install, check, 'npm test', 'npm run test:sigstore']);
    // .ci/run names the Node that runs the tests; npm's own is the one that setup-node gives.
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts['test']).toBe('vitest run');
    expect(script).toMatch(/^ {2}"\$1" node_modules\/vitest\/vitest\.mjs run --reporter/m);
    expect(scripts['test:sigstore']).toBe('vitest run --config test/real-sigstore/vitest.config.ts');
    expect(script).toMatch(/^step .* --config test\/real-sigstore\/vitest\.config\.ts$/m);
    expect(script.match(/^(?: {2}if .*; then )?step /gm)).toHaveLength(5);
  });

  test('runs on every system, from the oldest Node that is supported', () => {
    const { matrix } = job.strategy ?? { matrix: { os: [], node: [] } };
    expect(matrix.os.map((os) => os.split('-')[0])).toEqual(['ubuntu', 'windows', 'macos']);
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(matrix.node).toEqual([engines.node.replace('>=', ''), '22', '24']);
  });
});

describe('release.yml', () => {
  const [pack, publish] = [jobOf(RELEASE, 'pack'), jobOf(RELEASE, 'publish')];

  test('starts from a tag alone, and refuses before it installs anything', () => {
    expect(RELEASE.on).toEqual({ push: { tags: ['v*'] } });
    const [first, second] = runs(pack);
    expect(first).toBe('node scripts/check-release.mjs');
    expect(second).toBe(runs(jobOf(CI, 'test'))[0]);
  });

  test('packs once, and tests and publishes that tarball', () => {
    const all = [...runs(pack), ...runs(publish)].join('\n');
    expect(all.match(/\bnpm pack\b/g)).toHaveLength(1);
    expect(all.match(/\bnpm publish\b/g)).toHaveLength(1);
    const tested = pack.steps.find(({ run }) => run === 'npm test');
    expect(tested?.env?.['ASSAY_TARBALL']).toMatch(/\/release\/\$\{\{ steps\.pack\.outputs\.tarball \}\}$/);
    expect(pack.steps.at(-1)?.uses).toMatch(/^actions\/upload-artifact@/);
    expect(pack.steps.at(-1)?.with).toMatchObject({ path: 'release/' });
    const [last = ''] = runs(publish).slice(-1);
    expect(last).toMatch(/sha256sum --check --strict\n.*npm publish "\.\/\$TARBALL" --provenance /);
    expect(publish.needs).toBe('pack');
  });

  test('lets only the job ask for an identity that runs nothing of the repository', () => {
    expect(pack.permissions).toEqual({ contents: 'read' });
    expect(publish.permissions).toEqual({ 'id-token': 'write' });
    expect(publish.environment).toBe('npm');
    const actions = publish.steps.flatMap(({ uses }) => uses?.split('@')[0] ?? []);
    expect(actions).toEqual(['actions/setup-node', 'actions/download-artifact']);
    expect(runs(publish).join('\n')).not.toMatch(/\bnpm (?:ci|install|run|test|exec)\b|\bnpx\b|\bnode /);
  });
});
