import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notUsed } from '../../src/cli/project/not-used.ts';
import type { NodeLockfile, NodeManager } from '../../src/model/dependency.ts';
import { git } from '../support/git.ts';
import { removeFolder } from '../support/remove-folder.ts';

const silent = { write: () => true, isTerminal: false, color: false, columns: 80, unicode: true };
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-committed-'));
});

afterAll(() => removeFolder(root));

const FILES: Readonly<Record<NodeManager, string>> = {
  npm: 'package-lock.json',
  pnpm: 'pnpm-lock.yaml',
  'yarn-classic': 'yarn.lock',
  yarn: 'yarn.lock',
  bun: 'bun.lock',
  vlt: 'vlt-lock.json',
};

/** What is not used of a project's lockfile, with these files committed, and these only there. */
async function said(
  manager: NodeManager,
  committed: Readonly<Record<string, string>>,
  there: readonly string[] = [],
  audited?: readonly string[],
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(root, 'p-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write('package.json', '{"workspaces":["m"]}');
  write('m/package.json', '{"name":"m"}');
  write(FILES[manager], '');
  if (Object.keys(committed).length > 0) {
    for (const [file, text] of Object.entries(committed)) write(file, text);
    git(folder, ['init', '-q', '-b', 'main']);
    git(folder, ['add', '-fA']);
    git(folder, ['commit', '-qm', 'project']);
  }
  for (const file of there) write(file, '');
  const path = join(folder, FILES[manager]);
  const lockfile: NodeLockfile = {
    file: FILES[manager],
    format: manager,
    manager,
    entries: 0,
    dependencies: [],
    skipped: [],
  };
  const manifests = new Map([
    ['', '{"workspaces":["m"]}'],
    ['m', '{"name":"m"}'],
  ]);
  const io = { cwd: folder, env: { ...process.env, HOME: folder }, stdout: silent, stderr: silent };
  const found = await notUsed(
    path,
    lockfile,
    manifests,
    io,
    audited?.map((name) => join(folder, name)),
  );
  return found.flatMap(({ finding }) => (finding.code === 'lockfile-not-used' ? [finding.args.by] : []));
}

describe('what is committed where packages are installed', () => {
  it.each(['pnpm', 'yarn-classic', 'yarn', 'bun', 'npm'] as const)('%s: a node_modules', async (manager) => {
    const own = manager === 'npm' ? [] : ['node_modules of the repository'];
    expect(await said(manager, { 'node_modules/a/index.js': '' })).toEqual(own);
    expect(await said(manager, { 'm/node_modules/a/index.js': '' })).toEqual(['m/node_modules of the repository']);
    // What an installation made is not committed, and without git nothing says so.
    const made = ['node_modules/a/index.js', 'm/node_modules/a/index.js', '.yarn/unplugged/a/index.js'];
    expect(await said(manager, { 'a.txt': '' }, made)).toEqual([]);
    expect(await said(manager, {}, made)).toEqual([]);
    expect(await said(manager, { 'test/fixtures/node_modules/a/index.js': '' })).toEqual([]);
  });

  it('Yarn 2 and later: what is unplugged, in whichever folder', async () => {
    const unplugged = { '.yarn/unplugged/a/.ready': '' };
    expect(await said('yarn', unplugged)).toEqual(['.yarn/unplugged of the repository']);
    expect(await said('yarn-classic', unplugged)).toEqual([]);
    const elsewhere = { '.yarnrc.yml': 'pnpUnpluggedFolder: ./vendor\n', 'vendor/a/.ready': '' };
    expect(await said('yarn', elsewhere)).toEqual(['vendor of the repository']);
  });
});

describe('a package-lock.json beside an npm-shrinkwrap.json', () => {
  it('is not read, and says so where the other one is not audited', async () => {
    const both = { 'npm-shrinkwrap.json': '{}' };
    const first = 'npm-shrinkwrap.json, which npm reads first';
    expect(await said('npm', both)).toEqual([first]);
    expect(await said('npm', both, [], ['package-lock.json', 'npm-shrinkwrap.json'])).toEqual([]);
    expect(await said('npm', { 'a.txt': '' })).toEqual([]);
    expect(await said('pnpm', both)).toEqual([]);
  });
});
