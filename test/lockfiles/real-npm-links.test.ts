import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodesUnderTest } from '../package/nodes.ts';
import { auditIn, withLab } from '../scenarios/harness.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

const NPMS = ['6.14.18', '8.19.4', '10.9.9', '11.21.2', '12.2.2'];
const MANIFEST = { name: 'app', version: '1.0.0', dependencies: { axios: '^1.0.0' } };
const EVIL = { name: 'axios', version: '1.14.0' };
/** package.json asks a registry for axios, and the lockfile links a folder in its place. */
const LOCKFILE = JSON.stringify({
  ...{ name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true },
  packages: {
    '': MANIFEST,
    evil: EVIL,
    'node_modules/axios': { resolved: 'evil', link: true },
  },
});
/** npm 6 compares what package.json asks for itself; here a folder does that it asks for. */
const OLD_MANIFEST = { name: 'app', version: '1.0.0', dependencies: { local: 'file:local' } };
const LOCAL = { name: 'local', version: '1.0.0', dependencies: { axios: '^1.0.0' } };
const OLD_LOCKFILE = JSON.stringify({
  ...{ name: 'app', version: '1.0.0', lockfileVersion: 1, requires: true },
  dependencies: {
    axios: { version: 'file:evil' },
    local: { version: 'file:local', requires: { axios: '^1.0.0' } },
  },
});

/** A pattern of workspaces has the folder, which has no package.json: it is none, whatever the lockfile calls it. */
const PATTERN_MANIFEST = { ...MANIFEST, workspaces: ['evil*'] };
const PATTERN_LOCKFILE = LOCKFILE.replace(JSON.stringify(MANIFEST), JSON.stringify(PATTERN_MANIFEST));

/**
 * Installs with npm, with nothing to ask; what a file of the installation has, or null where that npm is not to be had.
 */
function installed(version: string, files: Readonly<Record<string, string>>, path: string): string | null {
  const at = fromRegistry(`npm@${version}`);
  const node = nodesUnderTest().at(version.startsWith('12.') ? -1 : 0)?.binary ?? null;
  if (at === null || node === null) return null;
  const project = mkdtempSync(join(tmpdir(), 'assay-link-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    const args = [join(at, 'bin/npm-cli.js'), 'ci', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    const env = { ...process.env, HOME: project, npm_config_cache: join(project, '.npm') };
    const ran = spawnSync(node, args, { cwd: project, env, encoding: 'utf8', timeout: 120_000 });
    expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 });
    return readFileSync(join(project, path), 'utf8');
  } finally {
    removeFolder(project);
  }
}

describe('a link in the place of a package', () => {
  it.for(NPMS)('is what npm %s installs', { timeout: 240_000 }, (version, { skip }) => {
    const isOld = version.startsWith('6.');
    const files = {
      'package.json': JSON.stringify(isOld ? OLD_MANIFEST : MANIFEST),
      'package-lock.json': isOld ? OLD_LOCKFILE : LOCKFILE,
      'evil/package.json': JSON.stringify({ ...EVIL, description: 'another code' }),
      'local/package.json': JSON.stringify(LOCAL),
    };
    const manifest = installed(version, files, 'node_modules/axios/package.json');
    if (manifest === null) return skip(notToBeHad(`npm ${version}`));
    expect(manifest).toContain('another code');
  });

  it.for(['8.19.4', '11.21.2'])(
    'is what npm %s installs from a folder that is called a workspace',
    { timeout: 240_000 },
    (version, { skip }) => {
      const files = {
        'package.json': JSON.stringify(PATTERN_MANIFEST),
        'package-lock.json': PATTERN_LOCKFILE,
        'evil/index.js': '// another code',
      };
      const script = installed(version, files, 'node_modules/axios/index.js');
      if (script === null) return skip(notToBeHad(`npm ${version}`));
      expect(script).toContain('another code');
    },
  );

  it('fails in every phase', async () => {
    await withLab(async (lab) => {
      const old = new Map([
        ['', JSON.stringify(OLD_MANIFEST)],
        ['local', JSON.stringify(LOCAL)],
      ]);
      for (const enforce of ['observe', 'critical', 'all'] as const) {
        for (const [lockfile, manifests] of [
          [LOCKFILE, new Map([['', JSON.stringify(MANIFEST)]])],
          [OLD_LOCKFILE, old],
          [PATTERN_LOCKFILE, new Map([['', JSON.stringify(PATTERN_MANIFEST)]])],
        ] as const) {
          const outcome = await auditIn(lab, lockfile, { enforce, manifests });
          expect(outcome.findings).toContain('axios@link:evil lockfile-substituted');
          expect(outcome.status).toBe(1);
        }
      }
    });
  });
});
