import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withGoLab } from '../support/go-lab.ts';
import { TEAM } from './in-pull-request.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

interface Mixed extends LabProject {
  readonly go: GoLab;
  readonly assay: (...args: string[]) => Promise<Run>;
  /** Adds a version to go.sum and go.mod. */
  readonly require: (path: string, version: string) => void;
}

/** A folder with a package-lock.json and a go.sum, on a registry and a module proxy of the lab. */
function inMixed(work: (project: Mixed) => Promise<void>): Promise<void> {
  return withProject((project) =>
    withGoLab(async (go) => {
      const { lab, folder, lock } = project;
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lock({ p: '1.0.0' });
      writeFileSync(join(folder, 'go.mod'), 'module project.example\n\ngo 1.21\n');
      writeFileSync(join(folder, 'go.sum'), '');
      const append = (file: string, text: string): void =>
        writeFileSync(join(folder, file), readFileSync(join(folder, file), 'utf8') + text);
      const require = (path: string, version: string): void => {
        append('go.sum', go.publish(path, version));
        append('go.mod', `require ${path} ${version}\n`);
      };
      // Named as the package is.
      require('p.example/p', 'v1.0.0');
      const assay = (...args: string[]): Promise<Run> =>
        assayInside(
          [...args.slice(0, 1), '--trusted-root', 'root.json', '--registry-keys', 'keys.json', ...args.slice(1)],
          folder,
          go.env,
        );
      await work({ ...project, go, assay, require });
    }),
  );
}

describe('a repository of two ecosystems', () => {
  it('gives one report, one baseline and one verdict', () =>
    inMixed(async ({ assay, read, edit }) => {
      const audit = await assay('audit');
      expect(audit).toMatchObject({ status: 0, stderr: '' });
      expect(audit.stdout).toContain('package-lock.json');
      expect(audit.stdout).toContain('2 dependencies: 2 pass');
      expect(audit.stdout).toContain('hash 2, registry signature 1, publish attestation 1, provenance 1');
      expect((await assay('init')).status).toBe(0);
      expect(read('assay.lock')).toMatch(/^go:p\.example\/p@v1\.0\.0 artifact zip h1:/m);
      expect(read('assay.lock')).toMatch(/^npm:p@1\.0\.0 artifact sha512-/m);
      expect((await assay('audit', '--json')).stdout).toContain('"held": 2');
      expect((await assay('update')).stdout).toContain('0 taken in, 0 removed, 2 unchanged');
      edit('go.sum', (text) => text.replace(/h1:..../, 'h1:AAAA'));
      const { status, stdout } = await assay('audit');
      expect(status).toBe(1);
      expect(stdout).toContain('fails: 1 of 2 dependencies');
    }));

  it('can be audited in part, and is not updated in part', () =>
    inMixed(async ({ assay }) => {
      expect(await assay('audit', 'go.sum')).toMatchObject({ status: 0 });
      expect(await assay('audit', 'package-lock.json')).toMatchObject({ status: 0 });
      expect(await assay('update', 'go.sum')).toMatchObject({ status: 2 });
    }));

  it('runs a command of go only where all of it holds', () =>
    inMixed(async ({ assay, edit }) => {
      const good = await assay('exec', '--', process.execPath, '--version');
      expect(good.status).toBe(0);
      edit('go.sum', (text) => text.replace(/h1:..../, 'h1:AAAA'));
      const bad = await assay('exec', '--', 'go', 'build', './...');
      expect(bad.status).toBe(1);
      expect(bad.stderr).toContain('not run: go build ./...');
    }));
});

describe.skipIf(!hasGit)(`a change of go.sum${WITHOUT_GIT}`, () => {
  const inChange = (work: (project: Mixed) => Promise<void>): Promise<void> =>
    inMixed(async (project) => {
      const { folder, assay } = project;
      await assay('update');
      git(folder, ['init', '-q', '-b', 'main']);
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'base']);
      git(folder, ['checkout', '-qb', 'change']);
      await work(project);
    });

  it('may bring the tree that an update writes, and no other', () =>
    inChange(async ({ assay, require, edit, read, go }) => {
      const before = read('assay.lock');
      go.grow(20);
      require('p.example/new', 'v1.0.0');
      expect((await assay('update')).status).toBe(0);
      expect(read('assay.lock')).toMatch(/^log sum\.lab\.example 22 /m);
      expect((await assay('audit', '--base', 'main')).stdout).toContain('Exit status 0');
      const updated = read('assay.lock');
      // A tree that is the beginning of today's, but not one that this log ever had at that size; then an older one.
      edit('assay.lock', (text) => text.replace(/^(log \S+) 22 (\S+)$/m, '$1 21 $2'));
      const forged = await assay('audit', '--base', 'main');
      expect(forged.status).toBe(1);
      expect(forged.stdout).toContain('log-inconsistent');
      const [kept = ''] = /^log .*$/m.exec(before) ?? [];
      edit('assay.lock', () => updated.replace(/^log .*\n/m, ''));
      expect((await assay('audit', '--base', 'main')).stdout).toContain('baseline-forged');
      edit('assay.lock', () => updated.replace(/^log .*$/m, kept));
      expect(await assay('audit', '--base', 'main')).toMatchObject({ status: 0 });
      // Larger than any that was seen: nobody can say that it is one.
      edit('assay.lock', () => updated.replace(/^(log \S+) 22 /m, '$1 2200 '));
      expect((await assay('audit', '--base', 'main')).stdout).toContain('baseline-forged');
    }));

  it('is audited alone with --since', () =>
    inChange(async ({ assay, require }) => {
      require('p.example/new', 'v1.0.0');
      const { status, stdout } = await assay('audit', '--since', 'main');
      expect(status).toBe(0);
      expect(stdout).toContain('1 dependency: 1 pass');
    }));
});
