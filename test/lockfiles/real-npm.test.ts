import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { isNotReached, NO_REGISTRY } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A project with each way to ask for a package that needs nothing but the configured registry. */
const MANIFESTS = {
  '': {
    name: 'app',
    version: '1.0.0',
    workspaces: ['packages/*'],
    dependencies: {
      'is-odd': '^3.0.1',
      odd: 'npm:is-odd@0.1.2',
      local: 'file:local',
      packed: 'file:vendor/packed-1.0.0.tgz',
    },
    devDependencies: { ms: '2.1.3' },
    optionalDependencies: { fsevents: '2.3.3' },
  },
  'packages/w': { name: '@app/w', version: '1.0.0', dependencies: { 'is-number': '^7.0.0' } },
  local: { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } },
  'vendor/packed': { name: 'packed', version: '1.0.0', dependencies: { 'is-buffer': '1.1.6' } },
};
interface Listed {
  readonly name: string;
  readonly version: string;
  /** Absent where the package is listed in full elsewhere. */
  readonly path?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Record<string, Listed>;
}

let project = '';
/** Why the tests cannot run, or null. */
let obstacle: string | null = null;

function npm(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const options = { cwd: project, encoding: 'utf8', timeout: 45_000, shell: process.platform === 'win32' } as const;
  return spawnSync('npm', [...args, '--fetch-retries=0', '--fetch-timeout=15000'], options);
}

/** Every package below a node of `npm ls`, links left out: a package and what else it says of it, by location. */
function list(node: Listed, found = new Map<string, Listed>()): ReadonlyMap<string, Listed> {
  for (const child of Object.values(node.dependencies ?? {})) {
    if (child.path !== undefined && !isLink(child))
      found.set(relative(project, child.path).replaceAll('\\', '/'), child);
    list(child, found);
  }
  return found;
}

function isLink({ resolved }: Listed): boolean {
  return resolved?.startsWith('file:') === true && !resolved.endsWith('.tgz');
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'assay-npm-'));
  for (const [folder, manifest] of Object.entries(MANIFESTS)) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify(manifest));
  }
  const packed = npm('pack', './vendor/packed', '--pack-destination', 'vendor', '--ignore-scripts');
  if (packed.status !== 0) obstacle = `npm cannot be run: ${packed.stderr}`;
});

afterAll(() => removeFolder(project));

describe('a lockfile that npm has just written', () => {
  for (const version of [1, 2, 3]) {
    it(`version ${version}: the same packages, places and flags as npm ls`, ({ skip }) => {
      if (obstacle !== null) skip(obstacle);
      const file = join(project, 'package-lock.json');
      rmSync(file, { force: true });
      const written = npm(
        'install',
        '--package-lock-only',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        `--lockfile-version=${version}`,
      );
      if (isNotReached(written)) skip(NO_REGISTRY);
      expect(written).toMatchObject({ status: 0 });
      const tree = JSON.parse(npm('ls', '--all', '--long', '--json', '--package-lock-only').stdout) as Listed;
      const manifests = new Map([['', JSON.stringify(MANIFESTS[''])]]);
      const lockfile = parseLockfile('package-lock.json', readFileSync(file), manifests);
      expect(lockfile.format).toBe(`package-lock v${version}`);

      const ours = lockfile.dependencies.flatMap(
        ({ places, name, version: locked, artifacts: [{ source }], dev, optional }) =>
          places.map(({ path }) => ({ path, name, version: source.kind === 'file' ? '1.0.0' : locked, dev, optional })),
      );
      const theirs = [...list(tree)].map(([path, { name, version: listed, dev, optional }]) => ({
        path,
        name,
        version: listed,
        dev: dev === true,
        optional: optional === true,
      }));
      const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);
      expect(theirs.length).toBeGreaterThan(8);
      expect([...ours].sort(byPath)).toEqual(theirs.sort(byPath));

      const direct = lockfile.dependencies.filter((dependency) => dependency.direct);
      expect(direct.map(({ name, version: locked }) => `${name}@${locked}`).sort()).toEqual(
        [
          'fsevents@2.3.3',
          'is-number@7.0.0',
          'is-odd@0.1.2',
          'is-odd@3.0.1',
          'ms@2.0.0',
          'ms@2.1.3',
          version === 1 ? 'packed@file:vendor/packed-1.0.0.tgz' : 'packed@1.0.0',
        ].sort(),
      );
      expect(lockfile.skipped.filter(({ reason }) => reason === 'link')).toHaveLength(2);
      expect(
        lockfile.dependencies.every(({ artifacts: [{ digests: integrity }] }) => integrity[0]?.algorithm === 'sha512'),
      ).toBe(true);
    });
  }
});
