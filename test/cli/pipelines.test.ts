import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ciWorkflow, token } from '../../lab/index.ts';
import { copyCheckout, giveModules } from '../support/checkout.ts';
import { at, commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { start, type Run } from './run.ts';
import { removeFolder } from '../support/remove-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PACKAGE = JSON.parse(read('package.json')) as { name: string; version: string };
const PAGE = read('docs/pipelines.md');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: {
    readonly steps: readonly {
      readonly run: string;
      readonly shell: string;
      readonly env: Readonly<Record<string, string>>;
    }[];
  };
}
interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
const ACTION = parse(read('action.yml')) as Action;

/** The code of the page below a heading. */
function block(heading: string): string {
  const [, text] = new RegExp(`^## ${heading}\\n[^]*?^\`\`\`\\w+\\n([^]*?)^\`\`\`$`, 'm').exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`no code below ${heading}`);
  return text;
}
const STEPS = (parse(block('GitHub Actions')) as { jobs: { install: { steps: readonly Step[] } } }).jobs.install.steps;

const TARBALL = `${PACKAGE.name}-${PACKAGE.version}.tgz`;

/** Has the tarball that the page tells to make, and the checkout that GitHub's runner makes of the action. */
let folderOfAssay: string;
let action: string;

beforeAll(() => {
  folderOfAssay = mkdtempSync(join(tmpdir(), 'assay-test-action-'));
  action = join(folderOfAssay, '_actions/owner/assay/commit');
  copyCheckout(action);
  giveModules(action);
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folderOfAssay];
  expect(spawnSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).stdout).toBe(`${TARBALL}\n`);
});

afterAll(() => {
  rmSync(folderOfAssay, { recursive: true, force: true, maxRetries: 5 });
});

interface Pipeline extends LabProject {
  /** Runs a script as a runner does, in the project. */
  readonly sh: (script: string, env?: Readonly<Record<string, string>>) => Promise<Run>;
  /** Runs the action, with more variables of its job. */
  readonly act: (inputs: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>) => Promise<Run>;
  /** Makes the project depend on a version of p that lost its provenance. */
  readonly attack: () => Promise<void>;
  readonly isInstalled: () => boolean;
}

/** A project that depends on p, of which an attacker publishes 1.0.1. What to verify with is in assay.yml. */
async function withPipeline(work: (pipeline: Pipeline) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'assay-test-home-'));
  try {
    await withProject(async (project) => {
      const { lab, folder, lock } = project;
      mkdirSync(join(folder, 'tools'));
      copyFileSync(join(folderOfAssay, TARBALL), join(folder, 'tools', TARBALL));
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      await lock({ p: '1.0.0' });
      writeFileSync(
        join(folder, 'assay.yml'),
        `trust:\n  root: root.json\nregistries:\n  private:\n    - url: ${lab.url}\n      keys: keys.json\n`,
      );
      const env = {
        PATH: `${join(home, 'global/bin')}:${process.env['PATH'] ?? ''}`,
        HOME: home,
        LANG: 'C.UTF-8',
        ASSAY_CACHE: '',
        NO_COLOR: '1',
        npm_config_registry: lab.url,
        npm_config_cache: join(home, 'cache'),
        npm_config_prefix: join(home, 'global'),
        npm_config_update_notifier: 'false',
      };
      // As the runners of GitHub call it.
      const shell = ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c'];
      const sh: Pipeline['sh'] = (script, more = {}) =>
        start('bash', [...shell, script], folder, { ...env, ...more }, 120_000);
      await work({
        ...project,
        sh,
        act: async (inputs, more = {}) => {
          const [step] = ACTION.runs.steps;
          if (step === undefined) throw new Error('the action has no step');
          const values = Object.entries(step.env).map(([name, value]): [string, string] => {
            const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1] ?? '';
            return [name, inputs[input] ?? String(ACTION.inputs[input]?.default)];
          });
          return sh(step.run, { GITHUB_ACTION_PATH: action, ...more, ...Object.fromEntries(values) });
        },
        attack: () => lock({ p: '1.0.1' }),
        isInstalled: () => existsSync(join(folder, 'node_modules/p')),
      });
    });
  } finally {
    removeFolder(home);
  }
}

describe('the action', () => {
  it('documents its inputs, and puts nothing from outside into its script', () => {
    const rows = [...PAGE.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(Object.keys(ACTION.inputs)).toEqual(rows);
    for (const { run, shell } of ACTION.runs.steps) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
  });

  it('has the current version in the examples', () => {
    const tarballs = [PAGE, read('docs/getting-started.md')].map((page) => page.match(/assay-[\d.]+tgz/g) ?? []);
    expect(new Set(tarballs.flat())).toEqual(new Set([TARBALL]));
    expect(block('The tarball')).toMatch(/^npm ci\nnpm pack /);
  });

  it(
    'installs what its build needs by its own lockfile, without scripts, once a job',
    { timeout: 180_000 },
    async () => {
      await withPipeline(async ({ folder, act }) => {
        const clean = join(folderOfAssay, '_actions/owner/assay/other-commit');
        copyCheckout(clean);
        // Does what npm does (test/package/checkout.test.ts has the real one), and writes down how it was called.
        const bin = join(folder, '.bin');
        const modules = join(ROOT, 'node_modules');
        mkdirSync(bin);
        writeFileSync(
          join(bin, 'npm'),
          `#!/bin/sh\necho "$PWD $*" >>'${bin}/calls'\nln -s '${modules}' node_modules\n`,
        );
        chmodSync(join(bin, 'npm'), 0o755);
        const env = { GITHUB_ACTION_PATH: clean, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
        expect(await act({}, env)).toMatchObject({ status: 0 });
        expect(await act({}, env)).toMatchObject({ status: 0 });
        expect(readFileSync(join(bin, 'calls'), 'utf8')).toMatch(/^\S+other-commit ci --ignore-scripts [^\n]*\n$/);
      });
    },
  );

  it('is pinned in the example by digest, as is what it stands beside', () => {
    for (const { uses } of STEPS) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  it('passes, or fails before anything is installed, as the example shows it', { timeout: 180_000 }, async () => {
    await withPipeline(async ({ sh, act, attack, isInstalled }) => {
      const job = async (): Promise<Run | null> => {
        for (const { uses, run, with: inputs = {} } of STEPS) {
          if (uses?.startsWith('actions/checkout@')) continue;
          const ended = run === undefined ? await act(inputs as Record<string, string>) : await sh(run);
          if (ended.status !== 0) return ended;
        }
        return null;
      };
      expect(await job()).toBeNull();
      expect(isInstalled()).toBe(true);
      await sh('rm -r node_modules');
      await attack();
      const failed = await job();
      expect(failed?.status).toBe(1);
      expect(failed?.stdout).toContain('error[provenance-lost]');
      expect(isInstalled()).toBe(false);
    });
  });

  it(
    'runs its own checkout, whatever the workspace has, and takes inputs for what they are',
    { timeout: 180_000 },
    async () => {
      await withPipeline(async ({ folder, act }) => {
        for (const path of ['scripts/start.mjs', 'node_modules/assay/scripts/start.mjs', 'dist/main.cjs']) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), "process.getBuiltinModule('fs').writeFileSync('pwned', '')");
        }
        const run = await act({ arguments: '--omit\ndev\n--json\n' });
        expect(run.status).toBe(0);
        expect((JSON.parse(run.stdout) as { verdict: string }).verdict).toBe('pass');
        for (const directory of ['$(touch pwned)', '`touch pwned`', '"; touch pwned; "', '--json']) {
          const refused = await act({ directory, enforce: '' });
          expect(refused.status).toBe(2);
          expect(refused.stderr).toMatch(/^assay: /);
        }
        expect((await act({ enforce: '; touch pwned' })).stderr).toMatch(
          /--enforce takes observe, guard, critical, all/,
        );
        expect(existsSync(join(folder, 'pwned'))).toBe(false);
      });
    },
  );
});

/**
 * What actions/checkout leaves of a pull request from a fork: the merge of it, which has both branches behind it only
 * where `depth` is 0. Its main depends on q@1.0.1, which lost its provenance; the pull request adds what `change` does.
 */
async function checkOutPullRequest({ folder, lab, lock }: Pipeline, depth: number, change: () => Promise<void>) {
  await lab.publish({ name: 'q', version: '1.0.0', by: ciWorkflow({ repository: 'team/q' }) });
  lab.clock.advance(86_400_000);
  await lab.publish({ name: 'q', version: '1.0.1', by: token({ user: 'thief' }) });
  await lock({ q: '1.0.1' });
  const upstream = join(folder, 'upstream.git');
  git(folder, ['init', '-q', '-b', 'main']);
  writeFileSync(join(folder, '.gitignore'), 'upstream.git\n');
  commitAll(folder, 1_770_000_000_000);
  git(folder, ['checkout', '-qb', 'fork']);
  await change();
  commitAll(folder, 1_770_000_060_000);
  git(folder, ['checkout', '-q', 'main']);
  git(folder, ['merge', '-q', '--no-ff', '-m', 'Merge', 'fork'], at(1_770_000_120_000));
  git(folder, ['init', '-q', '--bare', '-b', 'main', upstream]);
  git(folder, ['push', '-q', upstream, 'HEAD:refs/pull/1/merge', 'HEAD~1:refs/heads/main']);
  rmSync(join(folder, '.git'), { recursive: true });
  git(folder, ['init', '-q']);
  git(folder, ['remote', 'add', 'origin', `file://${upstream}`]);
  const merge = '+refs/pull/1/merge:refs/remotes/pull/1/merge';
  const what = depth === 0 ? ['+refs/heads/*:refs/remotes/origin/*', merge] : ['--depth', String(depth), merge];
  git(folder, ['fetch', '-q', '--no-tags', 'origin', ...what]);
  git(folder, ['checkout', '-q', '--force', 'refs/remotes/pull/1/merge']);
}

describe.skipIf(!hasGit)(`the action with since${WITHOUT_GIT}`, () => {
  const PULL_REQUEST = { GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'fork', GITHUB_EVENT_NAME: 'pull_request' };

  it(
    'audits what a pull request from a fork changes, and everything outside of one',
    { timeout: 180_000 },
    async () => {
      await withPipeline(async (pipeline) => {
        const { act, lock } = pipeline;
        await checkOutPullRequest(pipeline, 0, () => lock({ q: '1.0.1', p: '1.0.0' }));
        const inputs = { since: 'pull-request', enforce: 'all' };
        const changed = await act(inputs, PULL_REQUEST);
        expect([changed.status, changed.stderr]).toEqual([0, '']);
        expect(changed.stdout).toMatch(
          /since origin\/main \([0-9a-f]{12}\): 1 to look at, 1 unchanged and not looked at/,
        );
        for (const env of [{}, { GITHUB_BASE_REF: '' }]) {
          const whole = await act(inputs, env);
          expect(whole.status).toBe(1);
          expect(whole.stdout).toMatch(/error\[provenance-lost\][^]*q@1\.0\.1/);
        }
        expect((await act({ since: 'origin/main', enforce: 'all' })).status).toBe(0);
      });
    },
  );

  it('fails on what a pull request brings', { timeout: 180_000 }, async () => {
    await withPipeline(async (pipeline) => {
      const { act, lock } = pipeline;
      await checkOutPullRequest(pipeline, 0, () => lock({ q: '1.0.1', p: '1.0.1' }));
      const run = await act({ since: 'pull-request', enforce: 'all' }, PULL_REQUEST);
      expect(run.status).toBe(1);
      expect(run.stdout).toMatch(/error\[provenance-lost\][^]*p@1\.0\.1/);
      expect(run.stdout).not.toContain('  q@1.0.1');
    });
  });

  it('says what a shallow clone lacks, and takes its value for a ref alone', { timeout: 180_000 }, async () => {
    await withPipeline(async (pipeline) => {
      const { act, lock, folder } = pipeline;
      await checkOutPullRequest(pipeline, 1, () => lock({ q: '1.0.1', p: '1.0.0' }));
      const run = await act({ since: 'pull-request' }, PULL_REQUEST);
      expect([run.status, run.stdout]).toEqual([2, '']);
      expect(run.stderr).toMatch(/^assay: --since origin\/main cannot be read: .*fetch-depth: 0 .*\n$/);
      for (const since of ['$(touch pwned)', '--output=pwned', 'a\nb', '; touch pwned']) {
        const refused = await act({ since });
        expect([refused.status, refused.stdout]).toEqual([2, '']);
        expect(refused.stderr).toMatch(/^assay: --since .* cannot be read: git does not know /);
      }
      expect(existsSync(join(folder, 'pwned'))).toBe(false);
    });
  });
});

describe('the other examples', () => {
  it('stop before the install, in GitLab and anywhere else', { timeout: 180_000 }, async () => {
    await withPipeline(async ({ sh, attack, isInstalled }) => {
      const { dependencies } = parse(block('GitLab')) as { dependencies: { script: readonly string[] } };
      const examples = [dependencies.script.join('\n'), block('Anywhere else')];
      expect(await sh('command -v assay')).toMatchObject({ status: 1 });
      for (const example of examples) {
        expect(await sh(example)).toMatchObject({ status: 0 });
        expect(isInstalled()).toBe(true);
        await sh('rm -r node_modules');
      }
      await attack();
      for (const example of examples) {
        const run = await sh(example);
        expect(run.status).toBe(1);
        expect(`${run.stdout}${run.stderr}`).toContain('error[provenance-lost]');
        expect(isInstalled()).toBe(false);
      }
    });
  });

  it.skipIf(!hasGit)(`stop a commit that changes the lockfile${WITHOUT_GIT}`, { timeout: 180_000 }, async () => {
    await withPipeline(async ({ folder, sh, attack, lab }) => {
      git(folder, ['init', '-q', '-b', 'main']);
      git(folder, ['add', '-A']);
      await sh(`npm install --global ./tools/${TARBALL}`);
      expect(await sh(block('Before a commit'))).toMatchObject({ status: 0 });
      const asked = lab.requests.length;
      git(folder, ['-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-qm', 'Start']);
      expect(await sh(block('Before a commit'))).toMatchObject({ status: 0, stdout: '' });
      expect(lab.requests).toHaveLength(asked);
      await attack();
      writeFileSync(join(folder, 'assay.yml'), `enforce: all\n${readFileSync(join(folder, 'assay.yml'), 'utf8')}`);
      git(folder, ['add', '-A']);
      expect(await sh(block('Before a commit'))).toMatchObject({ status: 1 });
    });
  });
});
