import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { nodesUnderTest } from '../package/nodes.ts';
import { fromRegistry, notToBeHad, ranOrSkip, type Ran } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Those that know --install-strategy=linked. */
const NPMS = ['10.9.9', '11.21.2', '12.2.2'];
const MANIFESTS = {
  '': {
    ...{ name: 'app', version: '1.0.0', workspaces: ['packages/*'] },
    ...{ dependencies: { ms: '2.1.3' }, bundleDependencies: ['ms'] },
  },
  'packages/w': { name: 'w', version: '1.0.0', dependencies: { ms: '2.0.0' }, bundleDependencies: ['ms'] },
};
const OWN = 'node_modules/ms';
const OF_WORKSPACE = 'packages/w/node_modules/ms';

describe('what the project and a workspace bundle', () => {
  it.for(NPMS)('npm %s fetches, that of a workspace where it links', { timeout: 240_000 }, (version, { skip }) => {
    const at = fromRegistry(`npm@${version}`);
    const node = nodesUnderTest().at(version.startsWith('12.') ? -1 : 0)?.binary ?? null;
    if (at === null || node === null) return skip(notToBeHad(`npm ${version}`));
    const project = mkdtempSync(join(tmpdir(), 'assay-bundle-'));
    const npm = (...args: readonly string[]): Ran => {
      const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0'];
      const options = { cwd: project, encoding: 'utf8', timeout: 60_000 } as const;
      return spawnSync(node, [join(at, 'bin/npm-cli.js'), ...args, ...quiet], options);
    };
    const installedBy = (strategy: string): readonly boolean[] => {
      for (const folder of Object.keys(MANIFESTS)) {
        rmSync(join(project, folder, 'node_modules'), { recursive: true, force: true });
      }
      ranOrSkip(npm('ci', `--install-strategy=${strategy}`), skip);
      return [OWN, OF_WORKSPACE].map((path) => existsSync(join(project, path, 'package.json')));
    };
    try {
      for (const [folder, manifest] of Object.entries(MANIFESTS)) {
        const file = join(project, folder, 'package.json');
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, JSON.stringify(manifest));
      }
      // With --package-lock-only npm would look for the workspace's tarball.
      ranOrSkip(npm('install'), skip);
      const manifests = new Map(Object.entries(MANIFESTS).map(([folder, one]) => [folder, JSON.stringify(one)]));
      const lockfile = parseLockfile('package-lock.json', readFileSync(join(project, 'package-lock.json')), manifests);
      // One that leaves it out installs nothing instead; what one of them fetches is verified.
      expect(installedBy('hoisted')).toEqual([true, false]);
      expect(installedBy('linked')).toEqual([true, true]);
      const places = lockfile.dependencies.flatMap((one) => one.places.map(({ path }) => [path, one.version]));
      expect(Object.fromEntries(places)).toEqual({ [OWN]: '2.1.3', [OF_WORKSPACE]: '2.0.0' });
      expect(lockfile.skipped.filter(({ reason }) => reason === 'bundled')).toEqual([]);
    } finally {
      removeFolder(project);
    }
  });
});
