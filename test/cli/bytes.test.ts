import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { token, type Lab } from '../../lab/index.ts';
import { packTarball } from '../../lab/tarball.ts';
import { assayInside } from './inside.ts';
import { configOf } from './run.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';

const ANN = token({ user: 'ann' });

type Files = Readonly<Record<string, string>>;

const FILES: Files = {
  'index.js': 'module.exports = 1;\n',
  'lib/a.js': `exports.a = ${'1'.repeat(9000)};\n`,
  'cli.js': '#!/usr/bin/env node\r\nconsole.log(1);\r\n',
  '.gitignore': 'x\n',
};

/** A project with two packages, one of which has an install script. */
async function start({ lab, lock }: LabProject): Promise<void> {
  await lab.publish({ name: 'plain', version: '1.0.0', by: ANN, files: FILES, manifest: { bin: './cli.js' } });
  const manifest = { scripts: { postinstall: 'node build.js' }, dependencies: { plain: '^1.0.0' } };
  await lab.publish({ name: '@s/built', version: '2.0.0', by: ANN, files: FILES, manifest });
  await lock({ '@s/built': '2.0.0' });
}

/** Puts a package's files where npm would. */
function install(folder: string, name: string, version: string, extra: Readonly<Record<string, unknown>> = {}): string {
  const place = join(folder, 'node_modules', name);
  const packed = { name, version, ...extra };
  const { '.gitignore': ignored = '', 'cli.js': command = '', ...others } = FILES;
  const files = {
    'package.json': JSON.stringify(packed, null, 2),
    ...others,
    '.npmignore': ignored,
    'cli.js': command.replace('\r\n', '\n'),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  return place;
}

function installAll(folder: string): { plain: string; built: string } {
  const plain = install(folder, 'plain', '1.0.0', { bin: './cli.js' });
  const scripts = { postinstall: 'node build.js' };
  const built = install(folder, '@s/built', '2.0.0', { scripts, dependencies: { plain: '^1.0.0' } });
  return { plain, built };
}

/** "name code level" of the findings that are not of every new package without provenance, with a script or not. */
function found({ findings }: AuditJson): string[] {
  return findings
    .filter(({ code }) => code !== 'provenance-missing' && code !== 'history-new-package-script')
    .map(({ name, code, level }) => `${name} ${code} ${level}`)
    .sort();
}

function argsOf({ findings }: AuditJson, code: string): unknown {
  return findings.find((finding) => finding.code === code)?.args;
}

/** Where npm keeps a tarball in its cache, below the project's folder, which is the test's home. */
function cached(folder: string, tarball: Buffer): string {
  const hex = createHash('sha512').update(tarball).digest('hex');
  const parts = ['_cacache', 'content-v2', 'sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  const path = join(folder, '.npm', ...parts);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

function flip(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

function tarballsAsked(lab: Lab): number {
  return lab.requests.filter(({ url }) => url.endsWith('.tgz')).length;
}

describe('assay audit --tarballs of a package that is said to have a shrinkwrap', () => {
  it('says nothing of it where the tarball has no lockfile, in every run', async () => {
    await withProject(async ({ lab, lock, edit, report }) => {
      await lab.publish({ name: 'plain', version: '1.0.0', by: ANN });
      const manifest = { dependencies: { plain: '^1.0.0' } };
      const files = {
        shrinkwrap: 'npm-shrinkwrap.json',
        locked: 'Package-Lock.json',
        below: 'lib/npm-shrinkwrap.json',
      };
      for (const [name, file] of Object.entries(files)) {
        await lab.publish({ name, version: '1.0.0', by: ANN, manifest, files: { [file]: '{}' } });
      }
      await lock(Object.fromEntries(Object.keys(files).map((name) => [name, '1.0.0'])));
      edit('package-lock.json', (text) => {
        const lockfile = JSON.parse(text) as { packages: Record<string, object> };
        for (const name of Object.keys(files))
          Object.assign(lockfile.packages[`node_modules/${name}`] ?? {}, { hasShrinkwrap: true });
        return JSON.stringify(lockfile);
      });
      const unbound = ['below', 'locked', 'shrinkwrap'].map((name) => `${name} lockfile-unbound error`);
      expect(found(await report())).toEqual(unbound);
      for (let run = 0; run < 2; run += 1) expect(found(await report('--tarballs'))).toEqual(unbound.slice(1));
    });
  });
});

describe('assay audit --tarballs', () => {
  it('proves that the bytes have the locked hash, and says how many', async () => {
    await withProject(async (project) => {
      await start(project);
      const report = await project.report('--tarballs');
      expect(report.status).toBe(0);
      expect(found(report)).toEqual([]);
      expect(report).toMatchObject({
        counts: { bytes: 2, installed: 0 },
        bytes: { tarballs: 2, cached: 0, corrupt: [] },
      });
      for (const { proofs } of report.dependencies) {
        expect(proofs['bytes']).toMatchObject({ from: 'registry', basis: 'lockfile' });
        expect(proofs['installed']).toBeNull();
      }
      const { stdout } = await project.run('--tarballs');
      expect(stdout).toMatch(/bytes hashed: 2 tarballs \(\d+\.\d kB\)/);
    });
  });

  it('is not done unless it is asked for', async () => {
    await withProject(async (project) => {
      await start(project);
      const report = await project.report();
      expect(report).toMatchObject({ counts: { bytes: 0 }, bytes: null, installed: null });
      expect(tarballsAsked(project.lab)).toBe(0);
    });
  });

  it('one flipped bit anywhere in the served bytes is a contradiction', async () => {
    await withProject(async (project) => {
      await start(project);
      const { lab } = project;
      for (const part of [0, 0.3, 0.7, 1]) {
        lab.tamperTarball('plain', '1.0.0', (bytes) => flip(bytes, Math.floor(part * (bytes.length - 1))));
        const report = await project.report('--tarballs');
        expect(report.status).toBe(1);
        expect(found(report)).toEqual(['plain integrity-mismatch error']);
        expect(argsOf(report, 'integrity-mismatch')).toMatchObject({ source: 'bytes' });
        expect(report).toMatchObject({ counts: { bytes: 1 } });
      }
    });
  });

  it.each<[string, object]>([
    ['no answer', { status: 500 }],
    ['no tarball', { status: 404 }],
    ['an answer without an end', { drip: true }],
    ['an answer that is cut', { dropConnection: 'mid-body' }],
    ['an encoding nobody asked for', { headers: { 'content-encoding': 'br' }, body: 'x' }],
  ])('%s is no statement', async (_, behaviour) => {
    await withProject(async (project) => {
      await start(project);
      appendFileSync(join(project.folder, '.npmrc'), '\nfetch-timeout=1500\nfetch-retries=0\n');
      project.lab.behave(/plain-1\.0\.0\.tgz$/, behaviour);
      const report = await project.report('--tarballs');
      expect(report.status).toBe(3);
      expect(found(report)).toEqual(['plain evidence-unavailable error']);
      expect(argsOf(report, 'evidence-unavailable')).toMatchObject({ evidence: 'tarball' });
    });
  });

  it('asks again where an answer was cut once', async () => {
    await withProject(async (project) => {
      await start(project);
      project.lab.behave(/plain-1\.0\.0\.tgz$/, { dropConnection: 'mid-body', times: 1 });
      appendFileSync(join(project.folder, '.npmrc'), '\nfetch-retry-mintimeout=10\n');
      expect(await project.report('--tarballs')).toMatchObject({ status: 0, counts: { bytes: 2 } });
    });
  });

  it.each<[string, object, string, string, string]>([
    ['a dependency', { dependencies: { evil: '1.0.0' } }, 'dependencies', '', 'evil: 1.0.0'],
    ['an optional dependency', { optionalDependencies: { evil: '1' } }, 'dependencies', '', 'evil: 1'],
    ['a peer dependency', { peerDependencies: { evil: '1' } }, 'peerDependencies', '', 'evil: 1'],
    ['an install script', { scripts: { preinstall: 'sh x' } }, 'scripts', '', 'preinstall: sh x'],
    ['a command', { bin: { ls: 'x.js' } }, 'bin', '', 'ls: x.js'],
    ['another name', { name: 'q' }, 'name', 'p', 'q'],
    ['another version', { version: '1.0.1' }, 'version', '1.0.0', '1.0.1'],
    ['bundled packages', { bundleDependencies: ['x'] }, 'bundleDependencies', '', 'x'],
  ])('%s that only the tarball has is a contradiction', async (_, packed, field, registry, tarball) => {
    await withProject(async (project) => {
      const { lab, lock, report } = project;
      const text = JSON.stringify({ name: 'p', version: '1.0.0', ...packed });
      await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: { 'package.json': text } });
      await lock({ p: '1.0.0' });
      const result = await report('--tarballs');
      expect(result.status).toBe(1);
      expect(found(result)).toEqual(['p history-manifest-differs error']);
      expect(argsOf(result, 'history-manifest-differs')).toEqual({ field, registry, tarball });
    });
  });

  it('a build file that the registry does not show is one, too', async () => {
    await withProject(async ({ lab, lock, report }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: { 'binding.gyp': '{}' } });
      await lock({ p: '1.0.0' });
      const result = await report('--tarballs');
      expect(argsOf(result, 'history-manifest-differs')).toEqual({
        field: 'scripts',
        registry: '',
        tarball: 'install: node-gyp rebuild',
      });
    });
  });

  it.each<[string, Files, RegExp]>([
    ['no package.json', { 'package.json': '{' }, /not a JSON object/],
    ['a second one', { 'Package.json': '{}' }, /more than one package\.json/],
    ['one that npm writes in its place', { 'c:package.json': '{"scripts":{}}' }, /a path that begins anew on Windows/],
  ])('%s is no statement', async (_, files, reason) => {
    await withProject(async ({ lab, lock, report }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files });
      await lock({ p: '1.0.0' });
      const result = await report('--tarballs');
      expect(result.status).toBe(3);
      expect(argsOf(result, 'evidence-malformed')).toMatchObject({
        evidence: 'tarball',
        reason: expect.stringMatching(reason) as string,
      });
    });
  });

  it('where the lockfile has no SHA-512, the registry’s is held, and the weak one besides', async () => {
    await withProject(async ({ lab, lock, report }) => {
      const { tarball } = await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: FILES });
      const sha1 = createHash('sha1').update(tarball).digest('base64');
      await lock({ p: '1.0.0' }, { integrity: { 'p@1.0.0': `sha1-${sha1}` } });
      const [dependency] = (await report('--tarballs')).dependencies;
      expect(dependency?.proofs['bytes']).toMatchObject({ basis: 'registry' });
      lab.tamperTarball('p', '1.0.0', () => packTarball({ 'package.json': '{}' }));
      const other = await report('--tarballs');
      expect(argsOf(other, 'integrity-mismatch')).toMatchObject({ source: 'bytes', basis: 'registry' });
    });
  });
});

describe('what earlier runs read', () => {
  it('spares unpacking, and neither the hash nor the comparison', async () => {
    await withProject(async (project) => {
      const { lab, lock, folder } = project;
      const { tarball } = await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: FILES });
      await lock({ p: '1.0.0' });
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      const audit = async (): Promise<AuditJson> => {
        const args = ['--tarballs', '--json', ...trust];
        const { status, stdout } = await assayInside(args, folder, {
          ASSAY_CACHE: join(folder, 'cache'),
          XDG_CONFIG_HOME: configOf(folder),
        });
        return { ...(JSON.parse(stdout) as AuditJson), status };
      };
      expect(await audit()).toMatchObject({ status: 0, bytes: { cached: 0 } });
      writeFileSync(cached(folder, tarball), tarball);
      expect(await audit()).toMatchObject({ status: 0, bytes: { cached: 1 } });
      writeFileSync(cached(folder, tarball), flip(tarball, 30));
      lab.tamperTarball('p', '1.0.0', (bytes) => flip(bytes, 30));
      expect(found(await audit())).toEqual(['p integrity-mismatch error']);
      lab.tamperTarball('p', '1.0.0', (bytes) => bytes);
      lab.tamper('p', '1.0.0', (manifest) => ({ ...manifest, dependencies: { evil: '1.0.0' } }));
      const args = ['--tarballs', '--reverify', '--json', ...trust];
      const { stdout } = await assayInside(args, folder, {
        ASSAY_CACHE: join(folder, 'cache'),
        XDG_CONFIG_HOME: configOf(folder),
      });
      expect(found(JSON.parse(stdout) as AuditJson)).toContain('p history-manifest-differs error');
    });
  });
});

describe('caches', () => {
  it("npm's serves what it has without a request", async () => {
    await withProject(async (project) => {
      const { lab, lock, folder, report } = project;
      const { tarball } = await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: FILES });
      await lock({ p: '1.0.0' });
      writeFileSync(cached(folder, tarball), tarball);
      expect(await report('--tarballs')).toMatchObject({ status: 0, bytes: { tarballs: 1, cached: 1, corrupt: [] } });
      expect(tarballsAsked(lab)).toBe(0);
    });
  });

  it('other bytes in it are not the registry’s fault: it is asked, and the report says so', async () => {
    await withProject(async (project) => {
      const { lab, lock, folder, report } = project;
      const { tarball } = await lab.publish({ name: 'p', version: '1.0.0', by: ANN, files: FILES });
      await lock({ p: '1.0.0' });
      writeFileSync(cached(folder, tarball), flip(tarball, 40));
      expect(await report('--tarballs')).toMatchObject({ status: 0, bytes: { cached: 0, corrupt: ['p@1.0.0'] } });
      expect((await project.run('--tarballs')).stdout).toContain('a cache had other bytes of p@1.0.0');
    });
  });

  it("yarn's serves the tarball beside what it unpacked", async () => {
    await withProject(async ({ lab, lock, folder, report }) => {
      const { tarball } = await lab.publish({ name: '@s/p', version: '1.0.0', by: ANN, files: FILES });
      await lock({ '@s/p': '1.0.0' });
      const place = join(folder, '.cache/yarn/v6', `npm-@s-p-1.0.0-${'ab'.repeat(20)}-integrity`, 'node_modules/@s/p');
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, '.yarn-tarball.tgz'), tarball);
      const result = await report('--tarballs');
      expect(result).toMatchObject({ status: 0, bytes: { cached: 1 } });
      expect(tarballsAsked(lab)).toBe(0);
    });
  });
});

describe('assay audit --installed', () => {
  it('holds for what npm installs', async () => {
    await withProject(async (project) => {
      await start(project);
      installAll(project.folder);
      const report = await project.report('--installed');
      expect(found(report)).toEqual([]);
      expect(report).toMatchObject({ status: 0, installed: { copies: 2, files: 10, absent: [], unlocked: [] } });
      expect(report.dependencies.map(({ proofs }) => proofs['installed'])).toEqual([
        { paths: ['node_modules/@s/built'], files: 5 },
        { paths: ['node_modules/plain'], files: 5 },
      ]);
      expect((await project.run('--installed')).stdout).toContain(
        'installed: 10 files of 2 copies as in their tarballs',
      );
    });
  });

  it('one changed byte on disk is a contradiction, with its file', async () => {
    await withProject(async (project) => {
      await start(project);
      const { plain } = installAll(project.folder);
      writeFileSync(join(plain, 'lib/a.js'), flip(readFileSync(join(plain, 'lib/a.js')), 5000));
      const report = await project.report('--installed');
      expect(report.status).toBe(1);
      expect(found(report)).toEqual(['plain installed-modified error']);
      expect(argsOf(report, 'installed-modified')).toEqual({
        path: 'node_modules/plain',
        files: ['lib/a.js'],
        total: 1,
        what: 'files',
        found: null,
      });
    });
  });

  it.each<[string, (place: string) => void, string]>([
    ['a longer file', (at) => appendFileSync(join(at, 'index.js'), ' '), 'installed-modified error'],
    ['an emptied file', (at) => writeFileSync(join(at, 'index.js'), ''), 'installed-modified error'],
    ['a missing file', (at) => rmSync(join(at, 'index.js')), 'installed-missing warning'],
    ['a new file', (at) => writeFileSync(join(at, 'lib.js'), 'x'), 'installed-added warning'],
    ['a new link', (at) => symlinkSync('/etc/passwd', join(at, 'x.js')), 'installed-added warning'],
    [
      'a link in the place of a file',
      (at) => {
        rmSync(join(at, 'index.js'));
        symlinkSync('/etc/passwd', join(at, 'index.js'));
      },
      'installed-modified error',
    ],
    [
      'a pipe in the place of a file',
      (at) => {
        rmSync(join(at, 'index.js'));
        spawnSync('sh', ['-c', 'mkfifo "$0"', join(at, 'index.js')]);
      },
      'installed-modified error',
    ],
    [
      'a file in the place of the package',
      (at) => {
        rmSync(at, { recursive: true });
        writeFileSync(at, 'x');
      },
      'installed-modified error',
    ],
    [
      'a link in the place of the package',
      (at) => {
        renameSync(at, `${at}-elsewhere`);
        symlinkSync(`${at}-elsewhere`, at);
      },
      'installed-modified error',
    ],
    [
      'another version',
      (at) => writeFileSync(join(at, 'package.json'), JSON.stringify({ name: 'plain', version: '1.0.1' })),
      'installed-modified error',
    ],
  ])('%s is found', async (_, change, expected) => {
    await withProject(async (project) => {
      await start(project);
      const { plain } = installAll(project.folder);
      change(plain);
      expect(found(await project.report('--installed'))).toEqual([`plain ${expected}`]);
    });
  });

  it('what a package’s own script may have added is a note; what it changed is not', async () => {
    await withProject(async (project) => {
      await start(project);
      const { built } = installAll(project.folder);
      mkdirSync(join(built, 'build'));
      writeFileSync(join(built, 'build/x.node'), 'x');
      expect(found(await project.report('--installed'))).toEqual(['@s/built installed-added note']);
      appendFileSync(join(built, 'index.js'), ' ');
      expect(found(await project.report('--installed'))).toEqual([
        '@s/built installed-added note',
        '@s/built installed-modified error',
      ]);
    });
  });

  it('a program that the script took from its own dependency is the verified one', async () => {
    await withProject(async (project) => {
      await start(project);
      const { plain, built } = installAll(project.folder);
      cpSync(join(plain, 'lib/a.js'), join(built, 'index.js'));
      expect(found(await project.report('--installed'))).toEqual([]);
      appendFileSync(join(plain, 'lib/a.js'), ' ');
      cpSync(join(plain, 'lib/a.js'), join(built, 'index.js'));
      expect(found(await project.report('--installed'))).toEqual(['plain installed-modified error']);
    });
  });

  it('a package.json that npm 6 wrote again is the same; one that runs other code is not', async () => {
    await withProject(async (project) => {
      await start(project);
      const { plain } = installAll(project.folder);
      const rewrite = (more: object): void => {
        const written = {
          _id: 'plain@1.0.0',
          _from: 'plain',
          bin: { plain: 'cli.js' },
          name: 'plain',
          version: '1.0.0',
          ...more,
        };
        writeFileSync(join(plain, 'package.json'), JSON.stringify(written));
      };
      rewrite({});
      expect(found(await project.report('--installed'))).toEqual([]);
      for (const more of [{ main: 'evil.js' }, { scripts: { postinstall: 'x' } }, { exports: './evil.js' }]) {
        rewrite(more);
        expect(found(await project.report('--installed'))).toEqual(['plain installed-modified error']);
      }
    });
  });

  it('names what is not there and what nobody locked, without a failure', async () => {
    await withProject(async (project) => {
      await start(project);
      const { plain } = installAll(project.folder);
      rmSync(plain, { recursive: true });
      install(project.folder, 'stranger', '1.0.0');
      const report = await project.report('--installed');
      expect(report).toMatchObject({
        status: 0,
        installed: { copies: 1, absent: ['plain@1.0.0'], unlocked: ['node_modules/stranger'] },
      });
      const { stdout } = await project.run('--installed');
      expect(stdout).toContain('not installed, or not everywhere: plain@1.0.0');
      expect(stdout).toMatch(/not in the lockfile and not\s+looked at: node_modules\/stranger/);
    });
  });

  it('without anything installed there is nothing to say, in one line', async () => {
    await withProject(async (project) => {
      await start(project);
      const { status, stdout, stderr } = await project.run('--installed');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(
        'assay: nothing is installed beside package-lock.json: no package of it is in node_modules; install first, or leave out --installed\n',
      );
    });
  });

  it('what a tarball brings along is compared with that tarball', async () => {
    await withProject(async (project) => {
      const { lab, lock, folder } = project;
      const inner = 'node_modules/inner/index.js';
      const manifest = { dependencies: { inner: '1.0.0' }, bundleDependencies: ['inner'] };
      await lab.publish({ name: 'inner', version: '1.0.0', by: ANN });
      await lab.publish({ name: 'outer', version: '1.0.0', by: ANN, files: { [inner]: 'original' }, manifest });
      await lock({ outer: '1.0.0' });
      project.edit('package-lock.json', (text) => {
        const json = JSON.parse(text) as { packages: Record<string, object> };
        delete json.packages['node_modules/inner'];
        json.packages['node_modules/outer/node_modules/inner'] = { version: '1.0.0', inBundle: true };
        Object.assign(json.packages['node_modules/outer'] ?? {}, manifest);
        return JSON.stringify(json);
      });
      const place = join(folder, 'node_modules/outer');
      mkdirSync(join(place, dirname(inner)), { recursive: true });
      writeFileSync(
        join(place, 'package.json'),
        JSON.stringify({ name: 'outer', version: '1.0.0', ...manifest }, null, 2),
      );
      writeFileSync(join(place, 'index.js'), '');
      writeFileSync(join(place, inner), 'original');
      expect(found(await project.report('--installed'))).toEqual([]);
      writeFileSync(join(place, inner), 'changed!');
      const report = await project.report('--installed');
      expect(argsOf(report, 'installed-modified')).toMatchObject({ files: [inner] });
    });
  });
});

describe('inside of a tarball', () => {
  it('one flipped bit in package.json, packed again, is another hash', async () => {
    await withProject(async (project) => {
      await start(project);
      project.lab.tamperTarball('plain', '1.0.0', (bytes) => {
        const unpacked = gunzipSync(bytes);
        return gzipSync(flip(unpacked, unpacked.indexOf('"version"') + 2));
      });
      expect(found(await project.report('--tarballs'))).toEqual(['plain integrity-mismatch error']);
      expect(readdirSync(project.folder)).not.toContain('node_modules');
    });
  });
});
