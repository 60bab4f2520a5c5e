import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { chainOf, withProject, type LabProject } from './lab-project.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const isReport = ajv.compile(JSON.parse(readFileSync(resolve('docs/schemas/report-1.schema.json'), 'utf8')) as object);
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });

interface Locked {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What the lab's npm lockfile says of its packages, which all are at the top. */
function lockedIn(text: string): readonly Locked[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, Omit<Locked, 'name'>> };
  return Object.entries(packages).flatMap(([location, { version, integrity, dependencies = {} }]) =>
    location === '' ? [] : [{ name: location.replace('node_modules/', ''), version, integrity, dependencies }],
  );
}

function bunLock(locked: readonly Locked[], registry: (name: string, version: string) => string = () => ''): string {
  const names = locked.map(({ name, version }) => `        ${JSON.stringify(name)}: "${version}",\n`);
  const entries = locked.map(({ name, version, integrity, dependencies }) => {
    const values = [`${name}@${version}`, registry(name, version), { dependencies }, integrity];
    return `    ${JSON.stringify(name)}: ${JSON.stringify(values)},\n`;
  });
  const workspace = `    "": {\n      "name": "app",\n      "dependencies": {\n${names.join('')}      },\n    },\n`;
  return `{\n  "lockfileVersion": 2,\n  "workspaces": {\n${workspace}  },\n  "packages": {\n${entries.join('\n')}  }\n}\n`;
}

function vltLock(locked: readonly Locked[], registry?: (name: string, version: string) => string): string {
  const idOf = ({ name, version }: Pick<Locked, 'name' | 'version'>): string =>
    `~npm~${name.replace('/', '+')}@${version}`;
  const nodes = locked.map((one) => {
    const address = registry === undefined ? [] : [registry(one.name, one.version)];
    return [idOf(one), [0, one.name, one.integrity, ...address]] as const;
  });
  const edges = locked.map((one) => [`file~_d ${one.name}`, `prod ${one.version} ${idOf(one)}`] as const);
  const between = locked.flatMap((from) =>
    Object.entries(from.dependencies).flatMap(([name, range]) =>
      locked
        .filter((to) => to.name === name)
        .map((to) => [`${idOf(from)} ${name}`, `prod ${range} ${idOf(to)}`] as const),
    ),
  );
  const all = {
    lockfileVersion: 1,
    options: {},
    nodes: Object.fromEntries(nodes),
    edges: Object.fromEntries([...edges, ...between]),
  };
  return JSON.stringify(all, null, 2);
}

const FORMATS = [
  { file: 'bun.lock', write: bunLock, format: 'bun.lock v2' },
  { file: 'vlt-lock.json', write: vltLock, format: 'vlt-lock v1' },
] as const;

/** A project with this lockfile and no other, of two packages that depend on each other. */
async function locked(project: LabProject, { file, write }: (typeof FORMATS)[number]): Promise<readonly Locked[]> {
  const { lab, folder, lock, read } = project;
  await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
  await lab.publish({ name: '@s/q', version: '2.0.0', by: TEAM, manifest: { dependencies: { p: '^1.0.0' } } });
  await lock({ p: '1.0.0', '@s/q': '2.0.0' });
  const packages = lockedIn(read('package-lock.json'));
  rmSync(join(folder, 'package-lock.json'));
  writeFileSync(join(folder, file), write(packages));
  return packages;
}

/** The line of the n-th hash of a file. */
function lineOfHash(text: string, index: number): number {
  const lines = text.split('\n').flatMap((line, at) => (line.includes('sha512-') ? [at + 1] : []));
  return lines[index] ?? -1;
}

describe.each(FORMATS)('$file', (format) => {
  const { file } = format;

  it('proves what a package-lock.json proves', async () => {
    await withProject(async (project) => {
      await locked(project, format);
      const { status, stdout } = await project.run('audit', '--json');
      const report = JSON.parse(stdout) as {
        readonly lockfiles: unknown;
        readonly counts: Readonly<Record<string, number>>;
        readonly dependencies: readonly { readonly name: string; readonly direct: boolean; readonly proofs: object }[];
      };
      expect(status).toBe(0);
      expect(report.lockfiles).toMatchObject([{ file, format: format.format }]);
      expect(report.counts).toMatchObject({
        entries: 2,
        skipped: 0,
        dependencies: 2,
        pass: 2,
        signature: 2,
        publish: 2,
        provenance: 2,
      });
      expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
      for (const { direct, proofs } of report.dependencies) {
        expect(direct).toBe(true);
        expect(chainOf(proofs)).not.toContain(null);
      }
    });
  });

  it('with one hash changed fails in its line', async () => {
    await withProject(async (project) => {
      await locked(project, format);
      const { edit, read, run } = project;
      edit(file, (text) => text.replace(/sha512-(.)(.)/, (_, first: string) => `sha512-${first === 'A' ? 'B' : 'A'}A`));
      const { status, stdout } = await run('audit', '--json');
      const { findings } = JSON.parse(stdout) as {
        readonly findings: readonly {
          readonly code: string;
          readonly location: { readonly file: string; readonly line: number };
        }[];
      };
      expect(status).toBe(1);
      expect(findings.map(({ code }) => code)).toEqual(['integrity-mismatch']);
      const { line } = findings[0]?.location ?? { line: 0 };
      // A node of vlt begins in the line before its hash where every value has a line of its own.
      const entry = read(file)
        .split('\n')
        .findLastIndex((text, at) => at < lineOfHash(read(file), 0) && /^ {4}"/.test(text));
      expect(line).toBe(entry + 1);
      expect((await run('audit')).stdout).toContain(`${file}:${line}`);
    });
  });

  it('with an address elsewhere says so', async () => {
    await withProject(async (project) => {
      const packages = await locked(project, format);
      const { folder, report } = project;
      const elsewhere = (name: string, version: string): string =>
        `https://elsewhere.example.org/${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`;
      writeFileSync(join(folder, file), format.write(packages, elsewhere));
      const { status, findings } = await report('audit');
      expect(status).toBe(0);
      expect(findings.map(({ code, level }) => [code, level])).toEqual([
        ['lockfile-unexpected-host', 'warning'],
        ['lockfile-unexpected-host', 'warning'],
      ]);
    });
  });

  it('has a baseline: what was verified is not asked again, and what changed is', async () => {
    await withProject(async (project) => {
      await locked(project, format);
      const { lab, run, read, report, requestsOf, lock, folder } = project;
      expect(await run('update')).toMatchObject({ status: 0, stderr: '' });
      expect(read('assay.lock')).toMatch(/^npm:p@1\.0\.0 artifact sha512-/m);
      expect(await requestsOf(async () => expect((await report('audit')).baseline).toMatchObject({ held: 2 }))).toBe(0);

      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      await lock({ p: '1.0.1', '@s/q': '2.0.0' });
      const stolen = lockedIn(read('package-lock.json'));
      rmSync(join(folder, 'package-lock.json'));
      writeFileSync(join(folder, file), format.write(stolen));
      const { status, findings } = await report('audit', '--enforce', 'critical');
      expect(status).toBe(1);
      expect(findings.map(({ name, version, code }) => `${name}@${version} ${code}`)).toContain(
        'p@1.0.1 provenance-lost',
      );
    });
  });

  it('that names nothing, or cannot be read, ends with 2', async () => {
    await withProject(async (project) => {
      await locked(project, format);
      const { folder, run, edit } = project;
      edit(file, (text) => text.slice(0, -30));
      expect(await run('audit')).toMatchObject({ status: 2, stdout: '' });
      writeFileSync(join(folder, file), format.write([]));
      rmSync(join(folder, 'package.json'));
      const nothing = await run('audit');
      expect(nothing).toMatchObject({ status: 2, stdout: '' });
      expect(nothing.stderr).toContain(`nothing to check in ${file}`);
    });
  });
});

describe('a patch of a bun.lock', () => {
  it('is named, as nothing verifies what it makes', async () => {
    await withProject(async (project) => {
      await locked(project, FORMATS[0]);
      const section = '"patchedDependencies": {\n    "p@1.0.0": "patches/p@1.0.0.patch",\n  },\n';
      project.edit('bun.lock', (text) => text.replace('  "packages"', `  ${section}  "packages"`));
      const report = JSON.parse((await project.run('audit', '--json')).stdout) as {
        readonly dependencies: readonly { readonly name: string; readonly patches?: readonly string[] }[];
      };
      const { dependencies } = report;
      expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
      expect(dependencies.map(({ name, patches }) => [name, patches])).toEqual([
        ['@s/q', undefined],
        ['p', ['patches/p@1.0.0.patch']],
      ]);
      expect((await project.run('audit')).stdout).toContain(
        'note[lockfile-patched]: changed by a patch after it is verified (1 dependency)\n',
      );
    });
  });
});

describe('bun.lockb', () => {
  it('ends with 2 and the command that writes bun.lock', async () => {
    await withProject(async ({ folder, run }) => {
      writeFileSync(join(folder, 'bun.lockb'), '#!/usr/bin/env bun\nbun-lockfile-format-v0\n');
      const { status, stdout, stderr } = await run('audit');
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('bun install --save-text-lockfile --frozen-lockfile --lockfile-only');
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });
  });
});
