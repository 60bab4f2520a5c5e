import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { token, type Lab, type Published } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { accountOf, type AccountedJson } from './accounts.ts';
import { assayInside } from './inside.ts';
import { configOf } from './run.ts';
import { withProject, type LabProject } from './lab-project.ts';

const ANN = token({ user: 'ann' });
const FILES = { 'index.js': 'module.exports = 1;\n', 'lib/a.js': 'exports.a = 1;\n' };
const SCHEMA = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json'), 'utf8'),
) as object;

interface BytesJson extends AccountedJson {
  readonly status: number | null;
  readonly bytes: { readonly tarballs: number; readonly size: number; readonly cached: number } | null;
  readonly installed: {
    readonly copies: number;
    readonly files: number;
    readonly absent: readonly string[];
    readonly unlocked: readonly string[];
  } | null;
}

/** The report, which has its published schema and in which all numbers add up. */
async function audit({ run }: LabProject, ...args: string[]): Promise<BytesJson> {
  const { status, stdout, stderr } = await run('audit', ...args, '--json');
  if (stdout === '') throw new Error(stderr);
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const report = JSON.parse(stdout) as BytesJson;
  expect(ajv.validate(SCHEMA, report), JSON.stringify(ajv.errors)).toBe(true);
  accountOf(report);
  const { counts, dependencies, bytes } = report;
  for (const name of ['bytes', 'installed'] as const) {
    expect(counts[name]).toBe(dependencies.filter(({ proofs }) => proofs[name] !== null).length);
  }
  if (bytes !== null) expect(bytes.tarballs).toBe(counts['bytes']);
  return { ...report, status };
}

function found({ findings }: AccountedJson): string[] {
  return findings
    .filter(({ code }) => !/^(?:provenance|lockfile-patched)/.test(code))
    .map(({ name, version, code, level }) => `${name}@${version} ${code} ${level}`)
    .sort();
}

function publish(lab: Lab, name: string): Promise<Published> {
  return lab.publish({ name, version: '1.0.0', by: ANN, files: FILES });
}

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Puts a package where npm and Yarn would. */
function install(folder: string, name: string): string {
  const place = join(folder, 'node_modules', name);
  put(place, { ...FILES, 'package.json': JSON.stringify({ name, version: '1.0.0' }, null, 2) });
  return place;
}

function tarballsAsked(lab: Lab): string[] {
  return lab.requests.flatMap(({ url }) => /[^/]+\.tgz$/.exec(url)?.[0] ?? []).sort();
}

describe.skipIf(!hasGit)(hasGit ? 'with --since' : WITHOUT_GIT, () => {
  it('only what the lockfile gained is hashed and compared; whatever is installed is known by it', async () => {
    await withProject(async (project) => {
      const { lab, folder, lock } = project;
      for (const name of ['p', 'q']) await publish(lab, name);
      await lock({ p: '1.0.0' });
      writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      await lock({ p: '1.0.0', q: '1.0.0' });
      install(folder, 'p');
      const q = install(folder, 'q');
      const good = await audit(project, '--since', 'main', '--installed');
      expect(tarballsAsked(lab)).toEqual(['q-1.0.0.tgz']);
      expect(good).toMatchObject({
        status: 0,
        counts: { unchanged: 1, dependencies: 1, bytes: 1, installed: 1 },
        installed: { copies: 1, absent: [], unlocked: [] },
      });
      put(q, { 'index.js': 'module.exports = 2;\n' });
      const bad = await audit(project, '--since', 'main', '--installed');
      expect([bad.status, found(bad)]).toEqual([1, ['q@1.0.0 installed-modified error']]);
      expect(await audit(project, '--since', 'HEAD', '--tarballs', 'package-lock.json')).toMatchObject({ status: 0 });
    });
  });

  it('nothing new is nothing to hash, and no error', async () => {
    await withProject(async (project) => {
      const { lab, folder, lock } = project;
      await publish(lab, 'p');
      await lock({ p: '1.0.0' });
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      const report = await audit(project, '--since', 'main', '--tarballs');
      expect(report).toMatchObject({ status: 0, bytes: { tarballs: 0, size: 0 }, installed: null });
      expect(tarballsAsked(lab)).toEqual([]);
    });
  });
});

describe('several lockfiles', () => {
  it('of several folders are each compared with their own node_modules', async () => {
    await withProject(async (project) => {
      const { lab, folder } = project;
      for (const name of ['p', 'q']) await publish(lab, name);
      await lab.writeProject(join(folder, 'a'), { p: '1.0.0' });
      await lab.writeProject(join(folder, 'b'), { p: '1.0.0', q: '1.0.0' });
      install(join(folder, 'a'), 'p');
      const changed = install(join(folder, 'b'), 'p');
      install(join(folder, 'b'), 'stranger');
      put(changed, { 'lib/a.js': 'exports.a = 2;\n' });
      const report = await audit(project, '--recursive', '--installed');
      expect(report).toMatchObject({
        status: 1,
        counts: { dependencies: 3, bytes: 3, installed: 1 },
        bytes: { tarballs: 3, cached: 0 },
        installed: { copies: 2, absent: ['q@1.0.0'], unlocked: [join('b', 'node_modules/stranger')] },
      });
      expect(report.findings.filter(({ code }) => code === 'installed-modified')).toMatchObject([
        { name: 'p', args: { path: 'node_modules/p' } },
      ]);
      const { stdout } = await project.run('--recursive', '--installed');
      expect(stdout).toContain('bytes hashed: 3 tarballs');
      expect(stdout).toContain('of 2 copies as in their tarballs');
      expect(stdout).toMatch(/p@1\.0\.0 {2}b\/package-lock\.json:\d+/);
    });
  });

  it('one beside which nothing is installed keeps the run from passing, and hides nothing of the others', async () => {
    await withProject(async (project) => {
      const { lab, folder } = project;
      for (const name of ['p', 'q']) await publish(lab, name);
      await lab.writeProject(join(folder, 'a'), { p: '1.0.0' });
      await lab.writeProject(join(folder, 'b'), { q: '1.0.0' });
      const place = install(join(folder, 'a'), 'p');
      const unread = [
        { file: 'b/package-lock.json', problem: expect.stringContaining('nothing is installed') as string },
      ];
      expect(await audit(project, '--recursive', '--installed')).toMatchObject({ status: 2, unread });
      put(place, { 'index.js': '' });
      const bad = await audit(project, '--recursive', '--installed');
      expect(bad).toMatchObject({ status: 1, unread });
      expect(found(bad)).toEqual(['p@1.0.0 installed-modified error']);
    });
  });

  it('of one folder share its node_modules: unlocked is what none of them names', async () => {
    await withProject(async (project) => {
      const { lab, folder, lock } = project;
      const p = await publish(lab, 'p');
      const q = await publish(lab, 'q');
      await lock({ p: '1.0.0' });
      const entries = [p, q].map(
        ({ name, version, integrity, manifest }) =>
          `${name}@^${version}:\n  version "${version}"\n  resolved "${manifest.dist.tarball}"\n  integrity ${integrity}\n`,
      );
      put(folder, { 'yarn.lock': ['# yarn lockfile v1\n\n', ...entries].join('\n') });
      for (const name of ['p', 'q', 'stranger']) install(folder, name);
      const report = await audit(project, '--installed');
      expect(report).toMatchObject({
        status: 0,
        counts: { dependencies: 3, installed: 3 },
        installed: { copies: 3, absent: [], unlocked: ['node_modules/stranger'] },
      });
    });
  });
});

describe('a lockfile of Yarn 2 and later, which locks no tarball', () => {
  /** As Yarn 4 writes it, with a patch of its own for `patched`. */
  function berry(packages: readonly string[], patched: readonly string[] = []): string {
    const entry = (name: string, locator: string): string =>
      `"${name}@${locator.replace('1.0.0', '^1.0.0')}":\n  version: 1.0.0\n  resolution: "${name}@${locator}"\n  checksum: 10c0/${'ab'.repeat(64)}\n  languageName: node\n  linkType: hard\n`;
    const patch = (name: string): string =>
      `"${name}@patch:${name}@npm%3A^1.0.0#~/.yarn/patches/${name}.patch":\n  version: 1.0.0\n  resolution: "${name}@patch:${name}@npm%3A1.0.0#~/.yarn/patches/${name}.patch::version=1.0.0&hash=abc123"\n  checksum: 10c0/${'cd'.repeat(64)}\n  languageName: node\n  linkType: hard\n`;
    const asked = packages.map((name) =>
      patched.includes(name)
        ? `    ${name}: "patch:${name}@npm%3A^1.0.0#~/.yarn/patches/${name}.patch"\n`
        : `    ${name}: "npm:^1.0.0"\n`,
    );
    const root = `"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n  dependencies:\n${asked.join('')}  languageName: unknown\n  linkType: soft\n`;
    const entries = [...packages.map((name) => entry(name, 'npm:1.0.0')), ...patched.map(patch)];
    return ['__metadata:\n  version: 8\n  cacheKey: 10c0\n', ...entries.sort(), root].join('\n');
  }

  async function start(project: LabProject, patched: readonly string[] = []): Promise<void> {
    const { lab, folder } = project;
    await publish(lab, 'p');
    const asked = patched.includes('p') ? 'patch:p@npm%3A^1.0.0#~/.yarn/patches/p.patch' : '^1.0.0';
    put(folder, {
      'package.json': JSON.stringify({ name: 'app', dependencies: { p: asked } }),
      '.yarnrc.yml': `npmRegistryServer: ${lab.url}\n`,
      'yarn.lock': berry(['p'], patched),
    });
  }

  it('has its bytes held to what the registry signed', async () => {
    await withProject(async (project) => {
      await start(project);
      const good = await audit(project, '--tarballs');
      expect([good.status, found(good)]).toEqual([0, []]);
      expect(good.dependencies[0]?.proofs['bytes']).toMatchObject({ basis: 'registry', from: 'registry' });
      project.lab.tamperTarball('p', '1.0.0', (bytes) => gzipSync(gunzipSync(bytes), { level: 1 }));
      const bad = await audit(project, '--tarballs');
      expect([bad.status, found(bad)]).toEqual([1, ['p@1.0.0 integrity-mismatch error']]);
      expect(bad.findings.find(({ code }) => code === 'integrity-mismatch')?.args).toMatchObject({
        source: 'bytes',
        basis: 'registry',
      });
    });
  });

  it('names what differs of a patched package, and cannot hold it against anything', async () => {
    await withProject(async (project) => {
      await start(project, ['p']);
      const place = install(project.folder, 'p');
      put(place, { 'index.js': 'patched', 'new.js': 'patched' });
      const report = await audit(project, '--installed');
      expect([report.status, found(report)]).toEqual([
        0,
        ['p@1.0.0 installed-added note', 'p@1.0.0 installed-modified note'],
      ]);
      const [{ args } = { args: {} }] = report.findings.filter(({ code }) => code === 'installed-modified');
      expect(args).toMatchObject({ files: ['index.js'], patches: [expect.stringContaining('p.patch')] });
      expect(report.dependencies.map(({ proofs }) => proofs['installed'])).toEqual([null]);
    });
  });
});

describe('every other output', () => {
  it('names what is installed and is not what was verified', async () => {
    await withProject(async (project) => {
      const { lab, folder, lock, run, read } = project;
      await publish(lab, 'p');
      await lock({ p: '1.0.0' });
      put(install(folder, 'p'), { 'lib/a.js': 'exports.a = 2;\n' });
      const kinds = ['sarif=r.sarif', 'html=r.html', 'markdown=r.md', 'junit=r.xml', 'gitlab=r.json'];
      const { status } = await run('audit', '--installed', ...kinds.flatMap((kind) => ['--output', kind]));
      expect(status).toBe(1);
      for (const kind of kinds) {
        const text = read(kind.split('=')[1] ?? '');
        expect(text, kind).toContain('installed-modified');
        expect(text, kind).toContain('lib/a.js');
      }
      const { runs } = JSON.parse(read('r.sarif')) as {
        runs: { results: { ruleId: string; locations: { physicalLocation: object }[] }[] }[];
      };
      const result = runs[0]?.results.find(({ ruleId }) => ruleId === 'installed-modified');
      expect(result?.locations[0]?.physicalLocation).toMatchObject({ artifactLocation: { uri: 'package-lock.json' } });
      expect(read('r.html')).toContain('bytes hashed: 1 tarball');
    });
  });
});

describe('what assay.lock holds', () => {
  it('is hashed, and its manifest alone is asked for', async () => {
    await withProject(async (project) => {
      const { lab, lock, run, requestsOf } = project;
      await publish(lab, 'p');
      await lock({ p: '1.0.0' });
      await run('update');
      expect(await requestsOf(() => run('audit'))).toBe(0);
      const asked = await requestsOf(async () => {
        const report = await audit(project, '--tarballs');
        expect(report).toMatchObject({ status: 0, baseline: { held: 1 }, counts: { bytes: 1 } });
      });
      expect(asked).toBe(2);
      lab.tamperTarball('p', '1.0.0', (bytes) => gzipSync(gunzipSync(bytes), { level: 1 }));
      expect(found(await audit(project, '--tarballs'))).toEqual(['p@1.0.0 integrity-mismatch error']);
    });
  });

  it.each([
    ['is compared with its manifest once, and asked for no more', false, [2, 1, 1]],
    ['and differs from its manifest is said in every run', true, [2, 2, 2]],
  ])('%s', async (_, differs, requests) => {
    await withProject(async (project) => {
      const { lab, lock, run, folder, requestsOf } = project;
      await publish(lab, 'p');
      await lock({ p: '1.0.0' });
      await run('update');
      if (differs) lab.tamper('p', '1.0.0', (manifest) => ({ ...manifest, dependencies: { evil: '1.0.0' } }));
      const args = ['--tarballs', '--json', '--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      for (const expected of requests) {
        const asked = await requestsOf(async () => {
          const { stdout } = await assayInside(args, folder, {
            ASSAY_CACHE: join(folder, 'cache'),
            XDG_CONFIG_HOME: configOf(folder),
          });
          const codes = found(JSON.parse(stdout) as BytesJson);
          expect(codes).toEqual(differs ? ['p@1.0.0 history-manifest-differs error'] : []);
        });
        expect(asked).toBe(expected);
      }
      if (differs) return;
      // Whoever asks for everything again is told.
      lab.tamper('p', '1.0.0', (manifest) => ({ ...manifest, dependencies: { evil: '1.0.0' } }));
      const { stdout } = await assayInside([...args, '--reverify'], folder, {
        ASSAY_CACHE: join(folder, 'cache'),
        XDG_CONFIG_HOME: configOf(folder),
      });
      expect(found(JSON.parse(stdout) as BytesJson)).toContain('p@1.0.0 history-manifest-differs error');
    });
  });
});
