import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyNotRun } from '../../src/cli/exec/why-not.ts';
import { notUsed } from '../../src/cli/project/not-used.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { NodeLockfile, NodeManager } from '../../src/model/dependency.ts';
import { inFolder } from './run.ts';

const silent = { write: () => true, isTerminal: false, color: false, columns: 80, unicode: true };
type Files = Readonly<Record<string, string>>;

const LOCKFILES: Readonly<Partial<Record<NodeManager, readonly [name: string, text: string]>>> = {
  yarn: ['yarn.lock', '__metadata:\n  version: 8\n  cacheKey: 10c0\n'],
  'yarn-classic': ['yarn.lock', '# yarn lockfile v1\n'],
  pnpm: ['pnpm-lock.yaml', "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n"],
};
const COMMANDS: Readonly<Partial<Record<NodeManager, string>>> = {
  yarn: 'yarn',
  'yarn-classic': 'yarn',
  pnpm: 'pnpm i',
};

/**
 * What is said of the lockfile in outer/app, and whether an installation from it is run; `home` is the user's folder.
 */
function said(manager: NodeManager, files: Files, home = 'home'): Promise<readonly [audit: boolean, exec: boolean]> {
  return inFolder(async (root) => {
    const [name, text] = LOCKFILES[manager] ?? ['', ''];
    const all = { 'outer/app/package.json': '{"name":"app"}', [`outer/app/${name}`]: text, ...files };
    for (const [file, content] of Object.entries(all)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
    }
    const folder = join(root, 'outer/app');
    expect(existsSync(join(folder, name))).toBe(true);
    const io = { cwd: folder, env: { HOME: join(root, home) }, stdout: silent, stderr: silent };
    const path = join(folder, name);
    const manifests = new Map([['', '{"name":"app"}']]);
    const lockfile = parseLockfile(name, readFileSync(path), manifests) as NodeLockfile;
    const found = await notUsed(path, lockfile, manifests, io);
    const why = await whyNotRun((COMMANDS[manager] ?? '').split(' '), [{ path, manager }], io);
    return [found.length > 0, why !== null];
  });
}

const SUBMODULE = { 'outer/app/.git': 'gitdir: ../.git/modules/app\n', 'outer/.git/HEAD': 'ref: x\n' };
const REPOSITORY = { 'outer/app/.git/HEAD': 'ref: x\n' };
const WORKTREE = { 'outer/app/.git': 'gitdir: /somewhere/.git/worktrees/app\n' };
const CASES: readonly (readonly [NodeManager, string, string])[] = [
  ['yarn', 'outer/.yarnrc.yml', 'checksumBehavior: ignore\n'],
  ['yarn', 'outer/.yarnrc.yml', 'lockfileFilename: other.lock\n'],
  ['yarn-classic', 'outer/.yarnrc', '--update-checksums true\n'],
  ['pnpm', 'outer/pnpm-workspace.yaml', 'packages: [app]\n'],
];

describe('settings in the folders above', () => {
  it.each(CASES)('%s: %s counts in an archive and in a submodule', async (manager, file, text) => {
    // pnpm installs from the lockfile of the workspace, which was not audited.
    const exec = manager === 'pnpm';
    expect(await said(manager, { [file]: text })).toEqual([true, exec]);
    expect(await said(manager, { [file]: text, ...SUBMODULE })).toEqual([true, exec]);
  });

  it.each(CASES)(
    '%s: %s above a repository is not of the project, and its command is not run',
    async (manager, file, text) => {
      for (const git of [REPOSITORY, WORKTREE]) {
        // pnpm takes a workspace above for its own, whosever it is, and leaves this lockfile unread.
        expect(await said(manager, { [file]: text, ...git })).toEqual([manager === 'pnpm', true]);
      }
    },
  );

  it("the user's own, and what is above them, are not of the project either", async () => {
    expect(await said('yarn', { 'outer/.yarnrc.yml': 'checksumBehavior: ignore\n' }, 'outer')).toEqual([false, true]);
    expect(await said('yarn', { '.yarnrc.yml': 'checksumBehavior: ignore\n' }, 'outer')).toEqual([false, true]);
    expect(await said('yarn-classic', { 'outer/.yarnrc': '--update-checksums true\n' }, 'outer')).toEqual([
      false,
      true,
    ]);
  });

  it.each([
    ['yarn', 'outer/.yarnrc.yml', 'checksumBehavior: throw\n'],
    ['yarn', 'outer/other/.yarnrc.yml', 'checksumBehavior: ignore\n'],
    ['pnpm', 'outer/pnpm-workspace.yaml', 'packages: [other]\n'],
    ['yarn-classic', 'outer/.yarnrc', 'yarn-offline-mirror x\n'],
  ] as const)('%s: nothing is said of %s', async (manager, file, text) => {
    expect((await said(manager, { [file]: text }))[0]).toBe(false);
  });

  it('a store beside the setting that names it is of the project', async () => {
    const files = { 'outer/.yarnrc': 'cache-folder "./store"\n', 'outer/store/x': '' };
    expect((await said('yarn-classic', files))[0]).toBe(true);
    expect((await said('yarn-classic', { 'outer/.yarnrc': 'cache-folder "./store"\n' }))[0]).toBe(false);
  });
});
