import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab } from '../../lab/index.ts';
import { auditIn } from '../scenarios/harness.ts';
import { commitAll, git, hasGit } from '../support/git.ts';
import { ranOrSkip, registryInUse, type Ran } from './real.ts';
import { foldersIn, vltInUse, type VltInUse } from './vlt-in-use.ts';
import { removeFolder } from '../support/remove-folder.ts';

const MANIFEST = {
  name: 'app',
  version: '1.0.0',
  dependencies: { 'is-odd': '^3.0.0', local: 'file:./local', ms: '^2.0.0' },
};
const FILES: Readonly<Record<string, object>> = {
  'package.json': MANIFEST,
  'local/package.json': { name: 'local', version: '1.0.0' },
  'evil/package.json': { name: 'evil', version: '6.6.6' },
};
const PUBLISHED = { 'is-odd': '3.0.1', 'is-number': '6.0.0', ms: '2.1.3' };
/** A package that is another than the one that is asked for. */
const OTHER = '~npm~ms@2.1.3';

let lab: Lab;
let root = '';
let project = '';
let vlt: VltInUse = { obstacle: null, folder: '', node: '' };
/** What vlt writes for the project. */
let lock = '';
/** Hashes of the same packages in the lab. */
const hashes = new Map<string, string>();

function install(...args: readonly string[]): Ran {
  const env = foldersIn(root);
  const options = { cwd: project, encoding: 'utf8', timeout: 60_000, env } as const;
  return spawnSync(vlt.node, [join(vlt.folder, 'vlt.js'), 'install', ...args], options);
}

/** What is-odd gets by a name: vlt puts it beside it. */
function gotByIsOdd(name: string): string | null {
  const path = join(realpathSync(join(project, 'node_modules/is-odd')), '..', name, 'package.json');
  if (!existsSync(path)) return null;
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  return `${manifest['name'] ?? ''}@${manifest['version'] ?? ''}`;
}

interface VltLock {
  readonly nodes: Record<string, unknown[]>;
  readonly edges: Record<string, string>;
}

/** The lockfile with another edge of is-odd, and a node where that leads to a new one. */
function withEdge(name: string, spec: string, id: string, node?: unknown[]): string {
  const value = JSON.parse(lock) as VltLock;
  value.edges[`~npm~is-odd@3.0.1 ${name}`] = `prod ${spec} ${id}`;
  if (node !== undefined) value.nodes[id] = node;
  return JSON.stringify(value, null, 2);
}

/** As vlt writes an address into an id. */
function escaped(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '/': '+', _: '__', '+': '_p', ':': '_c', '~': '_t' };
  return text.replace(/[/_+:~]/g, (each) => escapes[each] ?? each);
}

/** Findings of an audit where the lab has published what the lockfile names. */
async function findingsOf(lockfile: string): Promise<readonly string[]> {
  const value = JSON.parse(lockfile) as VltLock;
  for (const [id, node] of Object.entries(value.nodes)) if (hashes.has(id)) node[2] = hashes.get(id);
  const manifests = new Map([['', JSON.stringify(MANIFEST)]]);
  const outcome = await auditIn(lab, JSON.stringify(value), { file: 'vlt-lock.json', manifests });
  const found = outcome.findings.filter((each) => !each.endsWith('provenance-missing'));
  const whole = outcome.report.lockfiles.flatMap(({ findings }) => findings.map(({ finding }) => finding.code));
  expect(outcome.status).toBe(found.length + whole.length === 0 ? 0 : 1);
  return [...found, ...whole];
}

beforeAll(async () => {
  vlt = vltInUse();
  root = mkdtempSync(join(tmpdir(), 'assay-vlt-other-'));
  project = join(root, 'project');
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), JSON.stringify(content));
  }
  lab = await startLab();
  for (const [name, version] of Object.entries(PUBLISHED)) {
    const dependencies = name === 'is-odd' ? { 'is-number': '^6.0.0' } : {};
    const { integrity } = await lab.publish({ name, version, by: token({ user: 'x' }), manifest: { dependencies } });
    hashes.set(`~npm~${name}@${version}`, integrity);
  }
}, 400_000);

afterAll(async () => {
  await lab.close();
  removeFolder(root);
});

describe('vlt installs with --frozen-lockfile', () => {
  const reinstall = (lockfile: string): Ran => {
    rmSync(join(project, 'node_modules'), { recursive: true, force: true });
    writeFileSync(join(project, 'vlt-lock.json'), lockfile);
    return install('--frozen-lockfile');
  };

  it('what was asked for, where nothing was changed', { timeout: 150_000 }, async ({ skip }) => {
    if (vlt.obstacle !== null) return skip(vlt.obstacle);
    ranOrSkip(install(`--registry=${registryInUse()}`), skip);
    lock = readFileSync(join(project, 'vlt-lock.json'), 'utf8');
    ranOrSkip(reinstall(lock), skip);
    expect(gotByIsOdd('is-number')).toBe('is-number@6.0.0');
    expect(await findingsOf(lock)).toEqual([]);
  });

  it.for([
    ['a folder', 'is-number', '^6.0.0', 'file~evil', 'evil@6.6.6', ['is-number@file:evil lockfile-substituted']],
    [
      'a folder of the project',
      'is-number',
      '^6.0.0',
      'file~local',
      'local@1.0.0',
      ['local@file:local lockfile-substituted'],
    ],
    ['another package', 'is-number', '^6.0.0', OTHER, 'ms@2.1.3', ['ms@2.1.3 lockfile-substituted']],
    [
      'what an entry asks for',
      'is-number',
      'npm:ms@^2.0.0',
      OTHER,
      'ms@2.1.3',
      ['is-odd@3.0.1 lockfile-entry-differs'],
    ],
    [
      'what an entry asks for besides',
      'more',
      'npm:ms@^2.0.0',
      OTHER,
      'ms@2.1.3',
      ['is-odd@3.0.1 lockfile-entry-differs'],
    ],
  ] as const)('%s', { timeout: 90_000 }, async ([, name, spec, id, got, found], { skip }) => {
    if (vlt.obstacle !== null) return skip(vlt.obstacle);
    const lockfile = withEdge(name, spec, id, id === 'file~evil' ? [0, 'evil', null, 'evil'] : undefined);
    ranOrSkip(reinstall(lockfile), skip);
    expect(gotByIsOdd(name)).toBe(got);
    expect(await findingsOf(lockfile)).toEqual(expect.arrayContaining([...found]));
  });

  it('an archive at an address, and a repository', { timeout: 150_000 }, async ({ skip }) => {
    if (vlt.obstacle !== null) return skip(vlt.obstacle);
    const address = 'https://registry.npmjs.org/ms/-/ms-2.0.0.tgz';
    const byAddress = withEdge('is-number', '^6.0.0', `remote~${escaped(address)}`, [0, 'ms']);
    ranOrSkip(reinstall(byAddress), skip);
    expect(gotByIsOdd('is-number')).toBe('ms@2.0.0');
    expect(await findingsOf(byAddress)).toContain('ms@2.0.0 lockfile-substituted');
    if (!hasGit) return;
    const repository = join(root, 'repository');
    mkdirSync(repository);
    writeFileSync(join(repository, 'package.json'), JSON.stringify({ name: 'evil', version: '7.7.7' }));
    git(repository, ['init', '--quiet']);
    const commit = commitAll(repository, 0);
    const remote = `git+file://${repository}`;
    const byGit = withEdge('is-number', '^6.0.0', `git~${escaped(remote)}~${commit}`, [0, 'evil']);
    ranOrSkip(reinstall(byGit), skip);
    expect(gotByIsOdd('is-number')).toBe('evil@7.7.7');
    expect(await findingsOf(byGit)).toContain(`evil@${remote}#${commit} lockfile-substituted`);
  });

  it(
    'what no node has, where an edge of the project leads to another version',
    { timeout: 90_000 },
    async ({ skip }) => {
      if (vlt.obstacle !== null) return skip(vlt.obstacle);
      const lockfile = lock.replaceAll('~npm~ms@2.1.3', '~npm~ms@1.0.0');
      ranOrSkip(reinstall(lockfile), skip);
      const { version } = JSON.parse(
        readFileSync(join(project, 'node_modules/ms/package.json'), 'utf8'),
      ) as typeof MANIFEST;
      expect(version).toMatch(/^2\./);
      expect(await findingsOf(lockfile)).toContain('lockfile-not-used');
    },
  );
});
