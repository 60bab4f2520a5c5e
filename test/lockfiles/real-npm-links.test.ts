import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodesUnderTest } from '../package/nodes.ts';
import { auditIn, withLab } from '../scenarios/harness.ts';
import { fromRegistry, notToBeHad } from './real.ts';

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

describe('a link in the place of a package', () => {
  it.for(NPMS)('is what npm %s installs', { timeout: 240_000 }, (version, { skip }) => {
    const at = fromRegistry(`npm@${version}`);
    const node = nodesUnderTest().at(version.startsWith('12.') ? -1 : 0)?.binary ?? null;
    if (at === null || node === null) return skip(notToBeHad(`npm ${version}`));
    const project = mkdtempSync(join(tmpdir(), 'assay-link-'));
    try {
      const isOld = version.startsWith('6.');
      const files = {
        'package.json': JSON.stringify(isOld ? OLD_MANIFEST : MANIFEST),
        'package-lock.json': isOld ? OLD_LOCKFILE : LOCKFILE,
        'evil/package.json': JSON.stringify({ ...EVIL, description: 'another code' }),
        'local/package.json': JSON.stringify(LOCAL),
      };
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(project, path)), { recursive: true });
        writeFileSync(join(project, path), text);
      }
      const args = [join(at, 'bin/npm-cli.js'), 'ci', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
      const env = { ...process.env, HOME: project, npm_config_cache: join(project, '.npm') };
      const ran = spawnSync(node, args, { cwd: project, env, encoding: 'utf8', timeout: 120_000 });
      expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 });
      const installed = readFileSync(join(project, 'node_modules/axios/package.json'), 'utf8');
      expect(installed).toContain('another code');
    } finally {
      rmSync(project, { recursive: true, force: true, maxRetries: 5 });
    }
  });

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
        ] as const) {
          const outcome = await auditIn(lab, lockfile, { enforce, manifests });
          expect(outcome.findings).toContain('axios@link:evil lockfile-substituted');
          expect(outcome.status).toBe(1);
        }
      }
    });
  });
});
