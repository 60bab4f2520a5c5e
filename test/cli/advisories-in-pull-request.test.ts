import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVERY_VERSION, malicious } from '../advisories/records.ts';
import { zipOf } from '../readers/zip-archive.ts';
import { git, hasGit } from '../support/git.ts';
import { inPullRequest } from './in-pull-request.ts';

const OF_P = malicious('npm', 'p', EVERY_VERSION);
const OTHER = malicious('npm', 'other', EVERY_VERSION, { id: 'MAL-2026-2' });

describe.skipIf(!hasGit)('advisories in a pull request', () => {
  it('that main has are a part of the policy; those that no commit has are not', () =>
    inPullRequest(async ({ folder, audit }) => {
      const path = (file: string): string => join(folder, file);
      const write = (file: string, content: string | Buffer): void => writeFileSync(path(file), content);
      const commit = (message: string): void => {
        git(folder, ['add', '-A']);
        git(folder, ['commit', '-qm', message]);
      };
      const changed = async (...args: string[]): Promise<unknown> =>
        (await audit(undefined, ...args)).baseline.base?.policyChanged;

      git(folder, ['checkout', '-q', 'main']);
      mkdirSync(path('own'));
      write('own/MAL-2026-1.json', OF_P);
      write('own/MAL-2026-2.json', OTHER);
      write('assay.yml', 'advisories: [own, fetched.zip]\n');
      write('.gitignore', 'fetched.zip\n');
      commit('advisories');
      git(folder, ['checkout', '-q', '-B', 'change']);
      write('fetched.zip', zipOf([{ name: 'MAL-2026-2.json', content: OTHER }]));
      expect(await changed()).toBe(false);
      expect((await audit()).findings.map(({ name, code }) => `${name} ${code}`)).toEqual(['p advisory-malicious']);

      // A record is taken out, or back, before or after it is committed.
      rmSync(path('own/MAL-2026-1.json'));
      expect(await changed()).toBe(true);
      commit('without');
      expect(await changed()).toBe(true);
      write('own/MAL-2026-1.json', malicious('npm', 'p', EVERY_VERSION, { withdrawn: '2026-08-21T00:00:00Z' }));
      expect(await changed()).toBe(true);
      write('own/MAL-2026-1.json', OF_P);
      expect(await changed()).toBe(false);

      // Another folder stands in for it.
      renameSync(path('own'), path('away'));
      mkdirSync(path('less'));
      write('less/MAL-2026-2.json', OTHER);
      symlinkSync('less', path('own'));
      expect(await changed()).toBe(true);
      commit('a link');
      expect(await changed()).toBe(true);
      rmSync(path('own'));
      write('own', zipOf([{ name: 'MAL-2026-2.json', content: OTHER }]));
      expect(await changed()).toBe(true);
      rmSync(path('own'));
      renameSync(path('away'), path('own'));
      expect(await changed()).toBe(false);

      // A committed archive in place of one that is fetched for each run.
      git(folder, ['add', '-f', 'fetched.zip']);
      git(folder, ['commit', '-qam', 'an archive']);
      expect(await changed()).toBe(true);
      git(folder, ['rm', '-q', '--cached', 'fetched.zip']);
      git(folder, ['commit', '-qm', 'none']);
      expect(await changed()).toBe(false);
      expect(await changed('--advisories', 'less')).toBe(true);
    }));
});
