import { describe, expect, it } from 'vitest';
import { altered, withGoProject, type GoProject } from './go-project.ts';

const WHY = ['--by', 'jane', '--reason', 'the tag was deleted; the diff was read'];
const UNLOGGED = 'go:a.example/one@v1.9.0';

/** A project that requires a version of which the database knows only others. */
function withUnlogged(work: (project: GoProject) => Promise<void>): Promise<void> {
  return withGoProject(async (project) => {
    const lines = project.lab.publish('a.example/one', 'v1.9.0', { logged: false });
    project.edit('go.sum', (text) => text + lines);
    await work(project);
  });
}

describe('a finding of a Go module that somebody accepts', () => {
  it('waits in the queue, is accepted on the hashes of both files, and is back for any other bytes', () =>
    withUnlogged(async ({ run, audit, edit, read }) => {
      edit('go.mod', (text) => `${text}require a.example/one v1.9.0\n`.replace('require a.example/one v1.0.0\n', ''));
      expect(await audit()).toMatchObject({ status: 1, found: ['a.example/one log-record-missing error'] });
      await run('update');
      const queue = await run('review');
      expect(queue.stdout).toContain(`assay accept ${UNLOGGED} --reason "..."`);
      const accepted = await run('accept', UNLOGGED, ...WHY);
      expect(accepted).toMatchObject({ status: 0, stderr: '' });
      expect(read('assay.lock')).toMatch(
        /^go:a\.example\/one@v1\.9\.0 accepted log-record-missing files:\S+ until \S+ by jane because /m,
      );
      expect(await audit()).toEqual({ status: 0, found: ['a.example/one log-record-missing note'] });
      const decided = await run('review');
      expect(decided.stdout).toContain('accepted in assay.lock (1)');
      expect(decided.stdout).not.toContain('assay accept');
      const json = await run('review', '--json');
      expect(json.stdout).toMatch(/"integrity": "files:[^"]+"/);
      // Nothing proves it, so that no update can hold it.
      expect((await run('update')).stdout).toContain('left out');
      const before = read('go.sum');
      const [, zip = '', mod = ''] = /^(a\.example\/one v1\.9\.0 h1:.*\n)(.*\n)/m.exec(before) ?? [];
      const others = [
        before.replace(zip, altered),
        before.replace(mod, altered),
        before.replace(zip, ''),
        before.replace(mod, ''),
        before.replace(zip, zip + altered(zip)),
      ];
      for (const other of others) {
        edit('go.sum', () => other);
        expect(await audit(), other).toMatchObject({
          status: 1,
          found: ['a.example/one log-record-missing error'],
        });
      }
    }));

  it('is of one file where go.sum has only that', () =>
    withUnlogged(async ({ run, audit, edit, read }) => {
      edit('go.sum', (text) => text.replace(/^a\.example\/one v1\.9\.0 h1:.*\n/m, ''));
      expect(await run('accept', UNLOGGED, ...WHY)).toMatchObject({ status: 0 });
      expect(read('assay.lock')).toMatch(/ accepted log-record-missing h1:/);
      expect(await audit()).toMatchObject({ status: 0 });
    }));

  it('is refused where a file has several hashes, and of a contradiction', () =>
    withUnlogged(async ({ run, edit, read }) => {
      edit('go.sum', (text) => text.replace(/^a\.example\/one v1\.9\.0 h1:.*\n/m, (line) => line + altered(line)));
      const several = await run('accept', UNLOGGED, ...WHY);
      expect(several).toMatchObject({ status: 2, stdout: '' });
      expect(several.stderr).toMatch(/is locked by several hashes of its zip \(go\.sum:\d+\)/);
      edit('go.sum', (text) => text.replace(/^a\.example\/one v1\.0\.0 h1:.*\n/m, altered));
      const wrong = await run('accept', 'go:a.example/one@v1.0.0', ...WHY);
      expect(wrong.status).toBe(1);
      expect(wrong.stderr).toContain('integrity-mismatch: a contradiction');
      expect(() => read('assay.lock')).toThrow();
    }));
});
