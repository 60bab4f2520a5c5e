import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { assayHere } from './in-process.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';

const THEN = Date.UTC(2026, 3, 1);
const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

interface Linked extends LabProject {
  /** The report of an audit, in any phase that is given. */
  readonly audit: (...args: string[]) => Promise<AuditJson>;
  /** Puts a folder into the place of axios, in the lockfile and on disk. */
  readonly link: (target?: string) => void;
}

/** A project that asks the registry for axios, and gets it; its assay.lock holds axios 1.14.0. */
function inLinked(work: (linked: Linked) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock, edit } = project;
    await lab.publish({ name: 'axios', version: '1.14.0', by: ciWorkflow({ repository: 'axios/axios' }) });
    await lab.publish({ name: 'q', version: '1.0.0', by: ciWorkflow({ repository: 'q/q' }) });
    await lock({ axios: '^1.14.0', q: '1.0.0' });
    const written = await assayHere(['update', ...TRUST], folder);
    expect(written).toMatchObject({ status: 0 });
    await work({
      ...project,
      audit: async (...args) => {
        const { status, stdout, stderr } = await assayHere(['audit', '--json', ...args, ...TRUST], folder);
        if (stdout === '') throw new Error(stderr);
        return { ...(JSON.parse(stdout) as AuditJson), status };
      },
      link: (target = 'evil') => {
        mkdirSync(join(folder, target), { recursive: true });
        writeFileSync(join(folder, target, 'package.json'), '{"name":"axios","version":"1.14.0"}');
        mkdirSync(join(folder, 'node_modules'), { recursive: true });
        symlinkSync(join(folder, target), join(folder, 'node_modules/axios'));
        edit('package-lock.json', (text) => {
          const lockfile = JSON.parse(text) as { packages: Record<string, object> };
          lockfile.packages['node_modules/axios'] = { resolved: target, link: true };
          lockfile.packages[target] = { name: 'axios', version: '1.14.0' };
          return JSON.stringify(lockfile, null, 2);
        });
      },
    });
  });
}

/** What fails about axios. */
function errors({ findings }: AuditJson): readonly string[] {
  return findings.filter(({ level, name }) => level === 'error' && name === 'axios').map(({ code }) => code);
}

describe('a folder in the place of a package that a registry was asked for', () => {
  it.each(['evil', 'packages/deep/evil', 'node_modules/evil'])(
    'is a contradiction in every phase, although assay.lock holds the package: %s',
    async (target) => {
      await inLinked(async ({ audit, link }) => {
        expect((await audit()).status).toBe(0);
        link(target);
        for (const phase of ['observe', 'guard', 'critical', 'all']) {
          const report = await audit('--enforce', phase);
          expect(report.status, phase).toBe(1);
          expect(errors(report), phase).toContain('lockfile-substituted');
          expect(report.baseline, phase).toMatchObject({ held: 1 });
        }
      });
    },
  );

  it('is not taken into assay.lock', async () => {
    await inLinked(async ({ folder, link }) => {
      link();
      const before = readFileSync(join(folder, 'assay.lock'), 'utf8');
      await assayHere(['update', ...TRUST], folder);
      const after = readFileSync(join(folder, 'assay.lock'), 'utf8');
      expect(after.split('\n').filter((line) => !before.includes(line) && !line.includes(' seen '))).toEqual([]);
    });
  });

  it('is one where the policy requires provenance of it', async () => {
    await inLinked(async ({ folder, audit, link }) => {
      writeFileSync(join(folder, 'assay.yml'), 'expect:\n  axios:\n    provenance: required\n');
      expect((await audit('--enforce', 'observe')).status).toBe(0);
      link();
      const report = await audit('--enforce', 'observe');
      expect(report.status).toBe(1);
      expect(errors(report)).toContain('lockfile-substituted');
    });
  });

  it('is one where what is installed is compared, and where that is the same folder', async () => {
    await inLinked(async ({ audit, link }) => {
      link();
      const report = await audit('--installed');
      expect(report.status).toBe(1);
      expect(errors(report)).toContain('lockfile-substituted');
    });
  });

  it.skipIf(!hasGit)(`is one where only what is new is looked at${WITHOUT_GIT}`, async () => {
    await inLinked(async ({ folder, audit, link }) => {
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, THEN);
      git(folder, ['checkout', '-qb', 'change']);
      link();
      const report = await audit('--since', 'main');
      expect(report.status).toBe(1);
      expect(errors(report)).toContain('lockfile-substituted');
    });
  });

  it('is none where package.json asks for the folder', async () => {
    await inLinked(async ({ audit, link, edit }) => {
      link();
      const own = (text: string): string => text.replaceAll('"^1.14.0"', '"file:evil"');
      edit('package.json', own);
      edit('package-lock.json', own);
      expect(errors(await audit('--enforce', 'all'))).not.toContain('lockfile-substituted');
    });
  });
});
