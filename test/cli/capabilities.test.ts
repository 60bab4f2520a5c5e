import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { token, type Lab } from '../../lab/index.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';

const NOBODY = token({ user: 'a' });
const BY_NETWORK = 'enforce: critical\ncritical:\n  - capability: network\n';

type Files = Readonly<Record<string, string>>;

async function publish(lab: Lab, name: string, files: Files, version = '1.0.0'): Promise<Buffer> {
  const { tarball } = await lab.publish({ name, version, by: NOBODY, files });
  lab.clock.advance(86_400_000);
  return tarball;
}

/** A project with a package that reaches the network and one that does not, under a policy. */
async function start({ lab, lock, folder }: LabProject, policy: string): Promise<void> {
  await publish(lab, 'net', { 'lib/a.js': "\nconst https = require('node:https');" });
  await publish(lab, 'pure', { 'index.js': "// require('https')\nmodule.exports = 1" });
  await lock({ net: '1.0.0', pure: '1.0.0' });
  writeFileSync(join(folder, 'assay.yml'), policy);
}

/** "name level" of every finding. */
function levels({ findings }: AuditJson): string[] {
  return findings.map(({ name, level }) => `${name} ${level}`).sort();
}

function criticalOf(report: AuditJson, name: string): unknown {
  return report.dependencies.find((one) => one.name === name)?.critical;
}

function tarballs(lab: Lab): number {
  return lab.requests.filter(({ url }) => url.endsWith('.tgz')).length;
}

/** Where npm keeps a tarball in its cache, below the project's folder, which is the test's home. */
function cached(folder: string, tarball: Buffer): string {
  const hex = createHash('sha512').update(tarball).digest('hex');
  const parts = ['_cacache', 'content-v2', 'sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  const path = join(folder, '.npm', ...parts);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

describe('the critical set by capability', () => {
  it('fails for the dependency that has it, with the place, and for no other', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      const report = await project.report();
      expect(report.status).toBe(1);
      expect(levels(report)).toEqual(['net error', 'pure warning']);
      expect(criticalOf(report, 'net')).toEqual({
        by: 'capability',
        capability: 'network',
        source: 'tarball',
        place: { file: 'lib/a.js', line: 2, text: "require('node:https')" },
      });
      expect(criticalOf(report, 'pure')).toBeNull();
      const { stdout } = await project.run();
      expect(stdout).toContain("critical: network, as lib/a.js:2 shows: require('node:https')");
    });
  });

  it.each([
    ['another capability', 'critical:\n  - capability: [process, native]\n', ['net warning', 'pure warning']],
    ['a list with it', 'critical:\n  - capability: [process, network]\n', ['net error', 'pure warning']],
    ['beside a name', 'critical:\n  - pure\n  - capability: network\n', ['net error', 'pure error']],
    [
      'stated to be without',
      'critical: [{capability: network}]\ncapabilities: {net: []}\n',
      ['net warning', 'pure warning'],
    ],
    [
      'stated to have it',
      'critical: [{capability: native}]\ncapabilities: {"p*": [native]}\n',
      ['net warning', 'pure error'],
    ],
  ])('%s', async (_, policy, expected) => {
    await withProject(async (project) => {
      await start(project, `enforce: critical\n${policy}`);
      expect(levels(await project.report())).toEqual(expected);
    });
  });

  it('an install script and binding.gyp alone are read from the tarball, not from the registry', async () => {
    await withProject(async ({ lab, lock, folder, report }) => {
      await lab.publish({ name: 'script', version: '1.0.0', by: NOBODY, manifest: { scripts: { postinstall: 'x' } } });
      lab.tamper('script', '1.0.0', ({ scripts, ...manifest }) => (scripts === undefined ? manifest : manifest));
      await publish(lab, 'gyp', { 'binding.gyp': '{}' });
      await publish(lab, 'pure', {});
      await lock({ script: '1.0.0', gyp: '1.0.0', pure: '1.0.0' });
      writeFileSync(join(folder, 'assay.yml'), 'enforce: critical\ncritical: [{capability: install-script}]\n');
      const found = await report();
      // Its lockfile says that there is a script, the registry no longer does.
      expect(levels(found)).toEqual(['gyp error', 'pure warning', 'script error', 'script note']);
      expect(criticalOf(found, 'script')).toMatchObject({ place: { file: 'package.json' } });
    });
  });

  it('what is not direct is not asked', async () => {
    await withProject(async ({ lab, lock, folder, report }) => {
      await publish(lab, 'deep', { 'a.js': 'fetch(1)' });
      await lab.publish({ name: 'top', version: '1.0.0', by: NOBODY, manifest: { dependencies: { deep: '1.0.0' } } });
      await lock({ top: '1.0.0' });
      writeFileSync(join(folder, 'assay.yml'), BY_NETWORK);
      expect(levels(await report())).toEqual(['deep warning', 'top warning']);
      expect(tarballs(lab)).toBe(1);
    });
  });

  it('no tarball is asked for where no capability is', async () => {
    await withProject(async (project) => {
      await start(project, 'enforce: critical\ncritical: [direct]\n');
      await project.report();
      expect(tarballs(project.lab)).toBe(0);
    });
  });

  it('what cannot be read is critical, and the report says why', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      project.lab.behave(/\/pure-1\.0\.0\.tgz$/, { status: 403 });
      const report = await project.report();
      expect(levels(report)).toEqual(['net error', 'pure error']);
      expect(criticalOf(report, 'pure')).toMatchObject({
        source: 'unknown',
        reason: 'its tarball: not authorized (403); check the credentials configured for this address',
      });
      project.lab.behave(/\/pure-1\.0\.0\.tgz$/, { status: 404 });
      const { stdout } = await project.run();
      expect(stdout).toMatch(/unknown what they can reach: pure@1\.0\.0 \(the registry does not have/);
    });
  });

  it('other bytes than the locked ones are a contradiction, and nothing of them is read', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      project.lab.tamperTarball('pure', '1.0.0', (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
      const report = await project.report('--enforce', 'observe');
      expect(report.status).toBe(1);
      const [finding] = report.findings.filter(({ code }) => code === 'integrity-mismatch');
      expect(finding).toMatchObject({ name: 'pure', level: 'error', args: { source: 'bytes' } });
      expect(criticalOf(report, 'pure')).toMatchObject({ source: 'unknown' });
    });
  });

  it('no other host is asked, whatever address the lockfile gives', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      const { lab, lock, report } = project;
      const elsewhere = await lab.mirror();
      const resolved = { 'net@1.0.0': `${elsewhere.url}net/-/net-1.0.0.tgz` };
      await lock({ net: '1.0.0' }, { resolved });
      expect(criticalOf(await report(), 'net')).toMatchObject({ source: 'tarball' });
      expect(tarballs(lab)).toBe(1);
      expect(elsewhere.requests).toHaveLength(0);
    });
  });
});

describe("npm's cache", () => {
  it('serves what it has without a request, also where the registry would not', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      const { lab, folder, lock, report } = project;
      const tarball = await publish(lab, 'c', { 'a.js': 'fetch(1)' });
      await lock({ c: '1.0.0' });
      writeFileSync(cached(folder, tarball), tarball);
      lab.behave(/\.tgz$/, { status: 500 });
      expect(criticalOf(await report(), 'c')).toMatchObject({ source: 'tarball', place: { file: 'a.js' } });
      expect(tarballs(lab)).toBe(0);
    });
  });

  it.each([
    ['other bytes', (path: string) => writeFileSync(path, 'no tarball')],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('with %s in its place costs a request and nothing else', async (_, corrupt) => {
    await withProject(async ({ lab, folder, lock, report }) => {
      const tarball = await publish(lab, 'c', { 'a.js': 'fetch(1)' });
      await lock({ c: '1.0.0' });
      writeFileSync(join(folder, 'assay.yml'), BY_NETWORK);
      corrupt(cached(folder, tarball));
      expect(criticalOf(await report(), 'c')).toMatchObject({ source: 'tarball', place: { file: 'a.js' } });
      expect(tarballs(lab)).toBe(1);
    });
  });
});

describe('the baseline', () => {
  it('records what was read, so that a held version costs no request', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      await project.run('update');
      const text = project.read('assay.lock').split('\n');
      expect(text).toContain('npm:net@1.0.0 capability network');
      expect(text).toContain('npm:pure@1.0.0 capability none');
      let report: AuditJson | null = null;
      expect(await project.requestsOf(async () => (report = await project.report()))).toBe(0);
      expect(report).toMatchObject({ status: 1 });
      expect(criticalOf(report as unknown as AuditJson, 'net')).toEqual({
        by: 'capability',
        capability: 'network',
        source: 'baseline',
      });
    });
  });

  it('an entry without that line is read again, and gets it from update', async () => {
    await withProject(async (project) => {
      await start(project, 'enforce: observe\n');
      await project.run('update');
      expect(project.read('assay.lock')).not.toContain('capability');
      writeFileSync(join(project.folder, 'assay.yml'), BY_NETWORK);
      expect(levels(await project.report())).toEqual(['net error', 'pure warning']);
      expect(tarballs(project.lab)).toBe(2);
      const { stdout } = await project.run('update');
      expect(stdout).toMatch(/0 taken in, 0 removed, 2 unchanged/);
      expect(await project.requestsOf(() => project.report())).toBe(0);
    });
  });

  it('a new version that shows less stays critical until it is taken in', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      await project.run('update');
      await publish(project.lab, 'net', { 'lib/a.js': 'globalThis["fet" + "ch"](1)' }, '1.0.1');
      await project.lock({ net: '1.0.1', pure: '1.0.0' });
      const report = await project.report();
      expect(levels(report)).toEqual(['net error', 'pure warning']);
      await project.run('update');
      expect(project.read('assay.lock')).toContain('npm:net@1.0.1 capability none');
      expect(levels(await project.report())).toEqual(['net warning', 'pure warning']);
    });
  });

  it('--reverify reads the files again', async () => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      await project.run('update');
      project.edit('assay.lock', (text) => text.replace('capability network', 'capability none'));
      expect(levels(await project.report())).toEqual(['net warning', 'pure warning']);
      expect(levels(await project.report('--reverify'))).toEqual(['net error', 'pure warning']);
    });
  });

  it.each([
    ['another word', 'capability net'],
    ['another order', 'capability filesystem network'],
    ['a word twice', 'capability network network'],
    ['two spaces', 'capability network  process'],
    ['none and a word', 'capability none network'],
  ])('with %s is refused', async (_, line) => {
    await withProject(async (project) => {
      await start(project, BY_NETWORK);
      await project.run('update');
      project.edit('assay.lock', (text) => text.replace('capability network', line));
      const { status, stderr } = await project.run();
      expect(status).toBe(2);
      expect(stderr).toMatch(/^assay: assay\.lock:\d+: .*capability/);
    });
  });
});
