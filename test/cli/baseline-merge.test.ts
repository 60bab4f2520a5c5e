import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import type { Baseline, BaselinePackage, BaselineVersion, LastingIdentity, LogHead } from '../../src/model/baseline.ts';
import { packageId } from '../../src/model/package.ts';
import { parseBaseline } from '../../src/baseline/file.ts';
import { formatBaseline } from '../../src/baseline/text.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { removeFolder } from '../support/remove-folder.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const MOVED = ciWorkflow({ repository: 'team/q', workflow: '.github/workflows/other.yml' });
const hasGit = spawnSync('git', ['--version']).status === 0;

function git(folder: string, ...args: string[]): { status: number | null; stdout: string } {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@lab.test', '-c', 'commit.gpgsign=false'];
  const config = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const { status, stdout } = spawnSync('git', [...identity, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...config },
  });
  return { status, stdout };
}

/** A repository with a, b, c and d locked and in the baseline; each has a version 1.0.1 that a branch may move to. */
async function inRepository(work: (project: LabProject, branch: Branch) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, run, folder } = project;
    for (const name of ['a', 'b', 'c', 'd']) await lab.publish({ name, version: '1.0.0', by: TEAM });
    lab.clock.advance(86_400_000);
    for (const name of ['a', 'b', 'c', 'd']) await lab.publish({ name, version: '1.0.1', by: TEAM });
    await lab.publish({ name: 'b', version: '2.0.0', by: MOVED });
    const all = { a: '1.0.0', b: '1.0.0', c: '1.0.0', d: '1.0.0' };
    await project.lock(all);
    await run('update');
    git(folder, 'init', '-q', '-b', 'main');
    git(folder, 'add', '-A');
    git(folder, 'commit', '-qm', 'base');
    await work(project, async (name, change) => {
      git(folder, 'checkout', '-q', '-b', name, 'main');
      await project.lock({ ...all, ...change });
      expect((await run('update')).status).toBe(0);
      git(folder, 'commit', '-qam', name);
    });
  });
}

type Branch = (name: string, change: Readonly<Record<string, string>>) => Promise<void>;

describe.skipIf(!hasGit)(`merging branches that both ran update${hasGit ? '' : ' (skipped: no git here)'}`, () => {
  it('after updates of different dependencies gives the baseline of both', async () => {
    await inRepository(async ({ folder, run, report, lock, read }, branch) => {
      await branch('left', { b: '1.0.1' });
      await branch('right', { a: '1.0.1', c: '1.0.1' });
      git(folder, 'merge', '-q', '-m', 'merge', 'left');
      // What npm's own files come to is npm's business.
      const conflicts = git(folder, 'diff', '--name-only', '--diff-filter=U').stdout.split('\n');
      expect(conflicts).not.toContain('assay.lock');
      await lock({ a: '1.0.1', b: '1.0.1', c: '1.0.1', d: '1.0.0' });
      const merged = read('assay.lock');
      expect(await report()).toMatchObject({ status: 0, baseline: { held: 4, uncovered: [], unused: [] } });
      await run('update');
      expect(read('assay.lock')).toBe(merged);
    });
  });

  it('after different updates of the same dependency is a conflict, which assay names', async () => {
    await inRepository(async ({ folder, run, report, read }, branch) => {
      await branch('left', { b: '1.0.1' });
      await branch('right', { b: '2.0.0' });
      expect(git(folder, 'merge', '-q', '-m', 'merge', 'left').status).toBe(1);
      expect(read('assay.lock')).toContain('<<<<<<< HEAD');
      git(folder, 'checkout', '--ours', 'package.json', 'package-lock.json');
      const { status, stderr } = await run();
      expect(status).toBe(2);
      expect(stderr).toMatch(/^assay: assay\.lock:\d+: an unresolved merge conflict; take one side whole/);
      git(folder, 'checkout', '--ours', 'assay.lock');
      // Who built it is another one now: whoever merges has to decide, and the file can be read.
      expect(await report()).toMatchObject({ status: 1, baseline: { held: 3, uncovered: ['b@2.0.0'] } });
    });
  });

  it('shows a changed workflow as one removed and one added line', async () => {
    await withProject(async ({ lab, run, lock, folder, edit }) => {
      await lab.publish({ name: 'a', version: '1.0.0', by: TEAM });
      await lock({ a: '1.0.0' });
      await run('update');
      git(folder, 'init', '-q', '-b', 'main');
      git(folder, 'add', '-A');
      git(folder, 'commit', '-qm', 'base');
      edit('assay.lock', (text) => text.replace('workflows/publish.yml', 'workflows/evil.yml'));
      const { stdout } = git(folder, 'diff', '-U0', 'assay.lock');
      expect(stdout.split('\n').filter((line) => /^[-+](?![-+])/.test(line))).toEqual([
        '-npm:a workflow .github/workflows/publish.yml',
        '+npm:a workflow .github/workflows/evil.yml',
      ]);
    });
  });
});

/** Stands for the builder of a version that was left out. */
const LEFT_OUT = 3;
/** A version of one release line, from one of few builders, from nobody known, or left out; or none. */
const version = fc.option(fc.record({ patch: fc.nat(3), builder: fc.nat(LEFT_OUT) }), { nil: null });
/** What is locked of one package: a version of each of two release lines, mostly of one. */
const locked = fc.tuple(version, fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, version));
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
type Locked = typeof locked extends fc.Arbitrary<infer T> ? T : never;

const BUILDERS: readonly LastingIdentity[] = ['publish', 'release'].map((name) => ({
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'https://github.com/team/mono',
  repositoryId: '1',
  ownerId: '2',
  workflow: `.github/workflows/${name}.yml`,
  signer: null,
  runner: 'hosted',
}));

const CODES = ['identity-unexpected-workflow', 'provenance-lost'] as const;

/** The higher of them were taken in despite what was found. */
function isDespite({ patch, builder }: { readonly patch: number; readonly builder: number }): boolean {
  return patch >= 2 && builder !== LEFT_OUT;
}

function packageOf(name: string, both: Locked): BaselinePackage {
  const versions = new Map<string, BaselineVersion>();
  let last: LastingIdentity | null = null;
  for (const [line, picked] of both.entries()) {
    if (picked === null || picked.builder === LEFT_OUT) continue;
    const identity = BUILDERS[picked.builder] ?? null;
    const hex = createHash('sha512').update(`${name} ${line} ${picked.patch} ${picked.builder}`).digest('hex');
    versions.set(`${line}.0.${picked.patch}${picked.builder}`, {
      artifacts: artifactsOf(picked.patch, hex),
      evidence: { algorithm: 'sha256', hex: hex.slice(0, 64) },
      ...(picked.patch === 1 ? {} : { entry: { algorithm: 'sha256', hex: hex.slice(64) } }),
      provenance: identity === null ? { identity, earlier: 0 } : { identity },
      publisher: picked.patch === 3 ? null : 'GitHub Actions',
      ...(picked.patch === 2 ? { approver: 'bob' } : {}),
      published: 0,
      capabilities: picked.patch % 2 === 0 ? null : ['network', 'environment'],
      ...(isDespite(picked) ? { despite: { codes: CODES, expected: BUILDERS[0] ?? null } } : {}),
    });
    last = identity ?? last;
  }
  const since = last === null ? null : { version: '0.0.0', published: 0 };
  const channels = new Map(last === null || both[1] === null ? [] : [['next', last] as const]);
  return { ecosystem: 'npm', since, identity: last, channels, versions };
}

/** One file, or two that are told apart by their names. */
function artifactsOf(patch: number, hex: string): BaselineVersion['artifacts'] {
  if (patch !== 0) return [{ file: null, hash: { algorithm: 'sha512', hex } }];
  return [
    { file: 'a.tar.gz', hash: { algorithm: 'sha256', hex: hex.slice(0, 64) } },
    { file: 'a.whl', hash: { algorithm: 'sha256', hex: hex.slice(64) } },
  ];
}

/** The size of a tree says which of its line's versions wrote it. */
function headsOf(tree: readonly Locked[]): readonly LogHead[] {
  const size = tree.reduce((sum, [first]) => sum + (first?.patch ?? 0), 0);
  return size % 2 === 0 ? [] : [{ origin: 'a log', size, root: 'ab'.repeat(32) }];
}

function baselineOf(tree: readonly Locked[]): Baseline {
  const packages = NAMES.map((name, index) => [name, packageOf(name, tree[index] ?? [null, null])] as const);
  const seen = NAMES.flatMap((name, index) =>
    (tree[index] ?? []).flatMap((picked, line) =>
      picked?.builder === LEFT_OUT
        ? [{ ecosystem: 'npm' as const, name, version: `${line}.0.${picked.patch}`, time: picked.patch * 1000 }]
        : [],
    ),
  );
  const accepted = packages.flatMap(([name, { versions }]) =>
    [...versions].flatMap(
      ([
        of,
        {
          artifacts: [{ hash }],
          despite,
        },
      ]) =>
        (despite?.codes ?? []).map((code) => ({
          ...{ ecosystem: 'npm' as const, name, version: of, bytes: hash },
          ...{ code, by: 'ada', why: 'read', until: 0 },
        })),
    ),
  );
  const there = packages.filter(([, { versions }]) => versions.size > 0);
  const named = there.map(([name, one]) => [packageId({ ecosystem: 'npm', name }), one] as const);
  return { heads: headsOf(tree), packages: new Map(named), accepted, seen };
}

const tree = fc.array(locked, { minLength: NAMES.length, maxLength: NAMES.length });
const changes = fc.array(fc.tuple(fc.nat(NAMES.length - 1), locked), { maxLength: 3 });

describe.skipIf(!hasGit)(`a three-way merge of any three baselines${hasGit ? '' : ' (skipped: no git here)'}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-merge-'));
  });
  afterAll(() => removeFolder(folder));

  it('is a conflict that is refused, or has of each version what one of the sides has', () => {
    let clean = 0;
    const property = fc.property(tree, changes, changes, (base, left, right) => {
      const apply = (some: typeof left): Locked[] =>
        base.map((old, index) => some.find(([at]) => at === index)?.[1] ?? old);
      const sides = [apply(left), base, apply(right)].map(baselineOf);
      const files = sides.map((_, index) => join(folder, String(index)));
      for (const [index, side] of sides.entries()) writeFileSync(files[index] ?? '', formatBaseline(side));
      const { status, stdout } = spawnSync('git', ['merge-file', '-p', ...files], { encoding: 'utf8' });
      if (status !== 0) {
        expect(() => parseBaseline('assay.lock', stdout)).toThrow(/an unresolved merge conflict/);
        return;
      }
      clean += 1;
      const merged = parseBaseline('assay.lock', stdout).content;
      for (const [name, { versions }] of merged.packages) {
        for (const [of, entry] of versions) {
          const [ours, , theirs] = sides.map(({ packages }) => packages.get(name)?.versions.get(of));
          expect([ours, theirs]).toContainEqual(entry);
        }
      }
      for (const one of merged.heads) {
        expect([...(sides[0]?.heads ?? []), ...(sides[2]?.heads ?? [])]).toContainEqual(one);
      }
      for (const one of merged.accepted) {
        expect([...(sides[0]?.accepted ?? []), ...(sides[2]?.accepted ?? [])]).toContainEqual(one);
      }
      for (const one of merged.seen) expect([...(sides[0]?.seen ?? []), ...(sides[2]?.seen ?? [])]).toContainEqual(one);
      // Where one side left a package alone, the other side's word holds.
      for (const name of NAMES) {
        const id = packageId({ ecosystem: 'npm', name });
        const [ours, before, theirs] = sides.map(({ packages }) => JSON.stringify(textOf(packages.get(id))));
        const expected = ours === before ? theirs : ours;
        if (ours === before || theirs === before) {
          expect(JSON.stringify(textOf(merged.packages.get(id)))).toBe(expected);
        }
      }
    });
    fc.assert(property, { numRuns: 300 });
    expect(clean).toBeGreaterThan(50);
  });
});

function textOf(one: BaselinePackage | undefined): unknown {
  if (one === undefined) return null;
  // The order of members means nothing.
  const versions = [...one.versions].map(([of, entry]) => [
    of,
    Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return [one.ecosystem, one.since, one.identity, [...one.channels], versions];
}
