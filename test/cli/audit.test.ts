import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { withLab } from '../scenarios/harness.ts';
import { assay, inFolder, type Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

/** A project in a folder of its own, with the lab's root and keys beside it. */
async function inProject(
  roots: Record<string, string>,
  lab: Lab,
  work: (run: (...args: string[]) => Promise<Run>, folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await lab.writeProject(folder, roots);
    writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(lab.keys));
    // The clock of the lab starts in the past; the command line's is the real one.
    await work(
      (...args) => assay([...args, '--trusted-root', 'root.json', '--registry-keys', 'keys.json'], folder),
      folder,
    );
  });
}

describe('audit through the command line', () => {
  it("an address in the registry's own form holds before and after it is in the baseline", async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.tamper('p', '1.0.0', (manifest) => ({
        ...manifest,
        dist: { ...manifest.dist, tarball: `${lab.url}files/7f3a` },
      }));
      await inProject({ p: '1.0.0' }, lab, async (run, folder) => {
        const path = join(folder, 'package-lock.json');
        const lockfile = readFileSync(path, 'utf8');
        writeFileSync(path, lockfile.replace('/p/-/p-1.0.0.tgz', '/files/7f3a'));
        expect((await run()).status).toBe(0);
        expect((await run('update')).status).toBe(0);
        expect((await run()).status).toBe(0);
        writeFileSync(path, lockfile.replace('/p/-/p-1.0.0.tgz', '/files/7f3b'));
        expect((await run()).status).toBe(1);
      });
    });
  });

  it('the hidden lockfile has its package.json above node_modules', async () => {
    await inFolder(async (folder) => {
      const address = 'https://example.com/d.tgz';
      const entry = { version: '1.0.0', resolved: address, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` };
      mkdirSync(join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { d: address } }));
      const lockfile = { lockfileVersion: 3, packages: { 'node_modules/d': entry } };
      writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(lockfile));
      const { status, stdout } = await assay(['node_modules/.package-lock.json'], folder);
      expect(status).toBe(0);
      expect(stdout).toContain('lockfile-not-registry');
    });
  });

  it('proven: counts and nothing else, status 0', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await inProject({ p: '1.0.0' }, lab, async (run) => {
        const { status, stdout, stderr } = await run();
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout).toMatch(/1 dependency: 1 pass/);
        expect(stdout.trimEnd().split('\n').length).toBeLessThan(10);
      });
    });
  });

  it('lost provenance: a warning in observe, status 1 with nothing configured, and the place is named', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.clock.advance(1000);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      await inProject({ p: '1.0.1' }, lab, async (run) => {
        expect((await run('--enforce', 'observe')).status).toBe(0);
        const enforced = await run();
        expect(enforced.status).toBe(1);
        expect(enforced.stdout).toContain('provenance-lost');
        expect(enforced.stdout).toMatch(/package-lock\.json:\d+/);
        expect(enforced.stdout).toContain('assay check p@1.0.1');
      });
    });
  });

  it('JSON is the published schema, whatever the findings', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'a' }), signatures: ['invalid'] });
      await inProject({ p: '1.0.0', q: '1.0.0' }, lab, async (run) => {
        const { status, stdout } = await run('--json');
        expect(status).toBe(1);
        const report = JSON.parse(stdout) as Record<string, unknown>;
        expect(report).toMatchObject({ schema: 'assay.report/1', verdict: 'fail', enforce: 'guard' });
        const schema = resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
        const ajv = new Ajv2020({ allErrors: true });
        addFormats.default(ajv);
        const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
        expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
      });
    });
  });

  it('no network: no statement, status 3, one group', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await inProject({ p: '1.0.0' }, lab, async (run, folder) => {
        writeFileSync(join(folder, '.npmrc'), 'fetch-retries=0\n');
        const { status, stdout } = await run('--registry', 'http://127.0.0.1:9/');
        expect(status).toBe(3);
        expect(stdout).toContain('evidence-unavailable');
      });
    });
  });

  it('works in a pipe that closes early', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await inProject({ p: '1.0.0' }, lab, async (run) => {
        expect((await run('--json')).stderr).toBe('');
      });
    });
  });
});

describe('check through the command line', () => {
  it('shows a version beside its predecessor, and what it added', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.clock.advance(1000);
      await lab.publish({
        name: 'p',
        version: '1.0.1',
        by: token({ user: 'thief' }),
        manifest: { dependencies: { 'plain-crypto-js': '4.2.1' }, scripts: { postinstall: 'node setup.js' } },
      });
      await inProject({}, lab, async (run) => {
        for (const spec of ['p', 'p@latest', 'p@1.0.1', 'p@^1.0.0']) {
          const { status, stdout } = await run('check', spec, '--registry', lab.url, '--enforce', 'critical');
          expect(status).toBe(1);
          for (const shown of [
            '1.0.0',
            '1.0.1',
            'thief',
            'plain-crypto-js',
            'postinstall',
            'team/p',
            'provenance-lost',
          ]) {
            expect(stdout).toContain(shown);
          }
        }
      });
    });
  });

  it('shows both texts of an install script that changed', async () => {
    await withLab(async (lab) => {
      const scripts = (command: string): { readonly scripts: { readonly postinstall: string } } => ({
        scripts: { postinstall: command },
      });
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, manifest: scripts('node a.js') });
      lab.clock.advance(30 * 86_400_000);
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM, manifest: scripts('node b.js') });
      await inProject({}, lab, async (run) => {
        const { status, stdout } = await run('check', 'p@1.0.1', '--registry', lab.url);
        expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
          'runs postinstall ("node b.js", before "node a.js") at install, unlike 1.0.0',
        );
        expect(status).toBe(0);
      });
    });
  });

  it('a registry that leaves signatures out does not show whether there is provenance', async () => {
    await withLab(async (lab) => {
      for (const version of ['1.0.0', '1.0.1']) {
        await lab.publish({ name: 'p', version, by: token({ user: 'a' }) });
        lab.clock.advance(86_400_000);
      }
      const mirror = await lab.mirror({ stripSignatures: true });
      await inProject({}, lab, async (run) => {
        const provenance = async (url: string): Promise<unknown> => {
          const { stdout } = await run('check', 'p@1.0.1', '--registry', url, '--json');
          const { comparisons } = JSON.parse(stdout) as {
            readonly comparisons: readonly Readonly<
              Record<'predecessor' | 'current', { readonly provenance: string }>
            >[];
          };
          return comparisons.flatMap(({ predecessor, current }) => [predecessor.provenance, current.provenance]);
        };
        expect(await provenance(lab.url)).toEqual(['none', 'none']);
        expect(await provenance(mirror.url)).toEqual(['unknown', 'unknown']);
      });
    });
  });

  it('what does not exist is one line and status 2; what cannot be asked is 3', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await inProject({}, lab, async (run, folder) => {
        writeFileSync(join(folder, '.npmrc'), 'fetch-retries=0\n');
        const missing = await run('check', 'nothing-here', '--registry', lab.url);
        expect(missing.status).toBe(2);
        expect(missing.stderr).toMatch(/has no package nothing-here/);
        expect((await run('check', 'p@9.9.9', '--registry', lab.url)).status).toBe(2);
        for (const spec of ['p@', 'p@@1', '@p', '@p/', 'p@ 1', 'https://x.example/p.tgz', 'p@npm:q@1']) {
          const asked = lab.requests.length;
          const { status, stdout, stderr } = await run('check', spec, '--registry', lab.url);
          expect([status, stdout, stderr.trim().split('\n')], spec).toEqual([2, '', [expect.stringContaining(spec)]]);
          expect(lab.requests.slice(asked).filter(({ url }) => url.startsWith('/p'))).toEqual([]);
        }
        expect((await run('check', 'p', '--registry', 'http://127.0.0.1:9/')).status).toBe(3);
        const both = await run('check', 'p', 'nothing-here', '--registry', lab.url);
        expect(both.stdout).toContain('p');
        expect(both.status).toBe(2);
      });
    });
  });
});
