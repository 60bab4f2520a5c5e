import { describe, expect, it } from 'vitest';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { acme, DAY, lockOf, withPythonProject, type PythonProject } from './pypi-project.ts';

const LOST = 'pypi:one@1.2.0';
const WHY = ['--by', 'jane', '--reason', 'released by hand; the diff was read'];
const FILES = ['uv.lock', 'requirements.txt'] as const;

/** A lockfile with a release of `one` that lost its attestations. */
function withLost(file: (typeof FILES)[number], work: (project: PythonProject) => Promise<void>): Promise<void> {
  return withPythonProject(file, async (project) => {
    project.lab.publish({ name: 'one', version: '1.2.0' });
    project.edit(file, () => lockOf(project.lab, file, 'one@1.2.0', 'two-words@1.1.0'));
    await work(project);
  });
}

/** With another last digit. */
const altered = (hash: string): string => hash.slice(0, -1) + (hash.endsWith('0') ? '1' : '0');

describe.each(FILES)('a finding of a Python package that somebody accepts, with %s', (file) => {
  it('waits in the queue, is accepted on the hashes of all files, and is back for any other hash', () =>
    withLost(file, async ({ run, audit, edit, read, lab }) => {
      expect(await audit()).toEqual({ status: 1, found: ['one provenance-lost error'] });
      await run('update');
      expect((await run('review')).stdout).toContain(`assay accept ${LOST} --reason "..."`);
      expect(await run('accept', LOST, ...WHY)).toMatchObject({ status: 0, stderr: '' });
      expect(read('assay.lock')).toMatch(
        /^pypi:one@1\.2\.0 accepted provenance-lost files:\S+ until \S+ by jane because /m,
      );
      expect(await audit()).toEqual({ status: 0, found: ['one provenance-lost note'] });
      expect((await run('review')).stdout).not.toContain('assay accept');
      const before = read(file);
      const [wheel, sdist] = lab.release('one', '1.2.0').map(({ json }) => json.hashes['sha256'] ?? '');
      for (const hash of [wheel ?? '', sdist ?? '']) {
        edit(file, () => before.replace(hash, altered(hash)));
        const { status, found } = await audit();
        expect(status).toBe(1);
        expect(found).toContain('one provenance-lost error');
      }
      // A file more, which the index has by now as well.
      lab.publish({ name: 'one', version: '1.2.0', files: [{ name: 'one-1.2.0-cp312-cp312-win_amd64.whl' }] });
      edit(file, () => lockOf(lab, file, 'one@1.2.0', 'two-words@1.1.0'));
      expect(await audit()).toEqual({ status: 1, found: ['one provenance-lost error'] });
    }));

  it('is not accepted where it is a contradiction', () =>
    withLost(file, async ({ run, edit, lab, read }) => {
      const [wheel] = lab.release('one', '1.2.0').map(({ json }) => json.hashes['sha256'] ?? '');
      edit(file, (text) => text.replace(wheel ?? '', altered(wheel ?? '')));
      const { status, stderr } = await run('accept', LOST, ...WHY);
      expect(status).toBe(1);
      expect(stderr).toMatch(/integrity-(?:mismatch|unknown-file): a contradiction/);
      expect(() => read('assay.lock')).toThrow();
    }));
});

describe.skipIf(!hasGit)(`--since on Python packages${WITHOUT_GIT}`, () => {
  it.each(FILES)('judges what %s gained, and nothing else', (file) =>
    withPythonProject(file, async ({ folder, lab, run, audit, edit }) => {
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, lab.now());
      git(folder, ['checkout', '-qb', 'change']);
      expect(await audit('--since', 'main')).toEqual({ status: 0, found: [] });
      lab.publish({ name: 'one', version: '1.2.0' });
      lab.publish({ name: 'two-words', version: '1.2.0', by: acme, at: lab.now() - DAY });
      edit(file, () => lockOf(lab, file, 'one@1.2.0', 'two-words@1.1.0'));
      const asked = lab.requests.length;
      expect(await audit('--since', 'main')).toEqual({ status: 1, found: ['one provenance-lost error'] });
      expect(lab.requests.slice(asked).some(({ url }) => url.includes('two-words'))).toBe(false);
      // A file more of a version that was there is gained, too.
      lab.publish({ name: 'two-words', version: '1.1.0', files: [{ name: 'two_words-1.1.0-1-py3-none-any.whl' }] });
      edit(file, () => lockOf(lab, file, 'one@1.1.0', 'two-words@1.1.0'));
      expect((await audit('--since', 'main')).found).toContain('two-words provenance-partial error');
      const { stdout } = await run('audit', '--since', 'main');
      expect(stdout).not.toContain('one@1.1.0');
    }),
  );
});
