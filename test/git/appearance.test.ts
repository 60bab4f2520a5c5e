import { mkdtempSync, rmSync, writeFileSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askAppearances, type ReadVersions } from '../../src/git/appearance.ts';
import type { VersionId } from '../../src/model/package.ts';
import type { Appearances } from '../../src/model/review.ts';
import { at, commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { removeFolder } from '../support/remove-folder.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 3, 1);
const ago = (hours: number): number => NOW - hours * HOUR;

const id = (spec: string): VersionId => `npm:${spec}` as VersionId;

/** A lockfile of these tests is a line of versions; "?" does not parse. */
const read: ReadVersions = (_name, bytes) => {
  const text = Buffer.from(bytes).toString('utf8').trim();
  return text.includes('?') ? null : new Set(text.split(' ').map(id));
};

describe.skipIf(!hasGit)(`the first appearance of a version${WITHOUT_GIT}`, () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-history-'));
    git(folder, ['init', '-q', '-b', 'main']);
  });
  afterEach(() => removeFolder(folder));

  const write = (text: string, name = 'lock'): void => writeFileSync(join(folder, name), `${text}\n`);
  const lock = (text: string, hours: number): string => {
    write(text);
    return commitAll(folder, ago(hours));
  };
  const ask = (specs: readonly string[], name = 'lock', where = folder): Promise<Appearances | null> =>
    askAppearances(join(where, name), ['lock', 'shrinkwrap'], specs.map(id), read, NOW);
  const seen = async (spec: string): Promise<unknown> => (await ask([spec]))?.appearances.get(id(spec)) ?? null;
  const first = (hours: number, commit: string, orEarlier = false): unknown => ({
    time: ago(hours),
    source: 'commit',
    commit,
    orEarlier,
  });

  it('is the commit that brought it, whatever came after', async () => {
    lock('a@1', 100);
    const brought = lock('a@1 b@1', 90);
    lock('a@2 b@1', 80);
    writeFileSync(join(folder, 'other'), 'x');
    commitAll(folder, ago(70));
    expect(await seen('b@1')).toEqual(first(90, brought));
    expect(await seen('a@1')).toBeNull();
    expect(await seen('c@1')).toBeNull();
  });

  it('is at least as early as what a partial clone still has, which says that there may be more', async () => {
    lock('a@1', 100);
    lock('a@1 b@1', 90);
    lock('a@1 b@1 c@1', 80);
    git(folder, ['config', 'uploadpack.allowFilter', 'true']);
    const clone = join(folder, 'clone');
    git(folder, ['clone', '-q', '--no-local', '--filter=blob:none', `file://${folder}`, clone]);
    expect(git(clone, ['config', '--get', 'remote.origin.partialclonefilter'])).toBe('blob:none');
    // Nothing is fetched for a question.
    git(clone, ['remote', 'set-url', 'origin', 'file:///nowhere']);
    const history = await ask(['a@1', 'b@1', 'c@1'], 'lock', clone);
    expect(history?.shallow).toBe(true);
    for (const spec of ['a@1', 'b@1', 'c@1']) {
      expect(history?.appearances.get(id(spec))).toMatchObject({ orEarlier: true });
    }
  });

  it('of the first commit is that commit', async () => {
    const root = lock('a@1', 100);
    lock('a@1 b@1', 50);
    expect(await seen('a@1')).toEqual(first(100, root));
  });

  it('begins anew where it was removed in between', async () => {
    lock('a@1', 100);
    lock('b@1', 90);
    const again = lock('a@1 b@1', 80);
    expect(await seen('a@1')).toEqual(first(80, again));
    rmSync(join(folder, 'lock'));
    commitAll(folder, ago(70));
    const back = lock('a@1', 60);
    expect(await seen('a@1')).toEqual(first(60, back));
  });

  it('is not in what is not committed', async () => {
    lock('a@1', 100);
    write('a@1 b@1');
    expect(await seen('b@1')).toBeNull();
    expect((await ask(['a@1'], 'never'))?.appearances.size).toBe(0);
  });

  it('passes over a revision that does not parse', async () => {
    const brought = lock('a@1', 100);
    lock('<<<<<<< ?', 90);
    lock('a@1 b@1', 80);
    expect(await seen('a@1')).toEqual(first(100, brought));
    // Where nothing older parses, it may have been there before.
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    git(folder, ['init', '-q', '-b', 'main']);
    lock('?', 50);
    const known = lock('a@1', 40);
    expect(await seen('a@1')).toEqual(first(40, known, true));
  });

  describe('where branches were merged', () => {
    it('is the commit on the branch, also where both sides changed the lockfile', async () => {
      lock('a@1', 100);
      git(folder, ['checkout', '-q', '-b', 'side']);
      const brought = lock('a@1 b@1', 90);
      git(folder, ['checkout', '-q', 'main']);
      lock('a@2', 80);
      git(folder, ['merge', '-q', '--no-commit', '-s', 'ours', 'side']);
      write('a@2 b@1');
      commitAll(folder, ago(70));
      expect(git(folder, ['rev-list', '--merges', '--count', 'HEAD'])).toBe('1');
      expect(await seen('b@1')).toEqual(first(90, brought));
    });

    it('does not begin anew because a merge brings it into a branch that lacked it', async () => {
      lock('a@1', 100);
      git(folder, ['checkout', '-q', '-b', 'side']);
      lock('a@2', 95);
      git(folder, ['checkout', '-q', 'main']);
      const brought = lock('a@1 b@1', 90);
      git(folder, ['checkout', '-q', 'side']);
      git(folder, ['merge', '-q', '--no-commit', '-s', 'ours', 'main']);
      write('a@2 b@1');
      commitAll(folder, ago(10));
      expect(await seen('b@1')).toEqual(first(90, brought));
    });

    it('is the earlier of two branches that both brought it', async () => {
      lock('a@1', 100);
      git(folder, ['checkout', '-q', '-b', 'side']);
      const early = lock('a@1 b@1', 90);
      git(folder, ['checkout', '-q', 'main']);
      lock('a@1 b@1', 80);
      git(folder, ['merge', '-q', '-m', 'm', 'side'], at(ago(70)));
      expect(await seen('b@1')).toEqual(first(90, early));
    });

    it('is the merge where only the merge has it', async () => {
      lock('a@1', 100);
      git(folder, ['checkout', '-q', '-b', 'side']);
      lock('a@2', 90);
      git(folder, ['checkout', '-q', 'main']);
      lock('a@3', 80);
      git(folder, ['merge', '-q', '--no-commit', '-s', 'ours', 'side']);
      write('a@4');
      const merge = commitAll(folder, ago(70));
      expect(await seen('a@4')).toEqual(first(70, merge));
    });
  });

  it('is never in the future, as that would stop the clock', async () => {
    lock('a@1', 100);
    lock('a@1 b@1', -1000);
    expect(await seen('b@1')).toBeNull();
    // A later commit that has it, and an honest date, shows that it was there by then.
    const later = lock('a@2 b@1', 20);
    expect(await seen('b@1')).toEqual(first(20, later));
  });

  describe('where the lockfile was moved', () => {
    const put = (path: string, text: string): void => {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      write(text, path);
    };
    const move = (from: string, to: string, hours: number): string => {
      mkdirSync(join(folder, dirname(to)), { recursive: true });
      renameSync(join(folder, from), join(folder, to));
      return commitAll(folder, ago(hours));
    };
    const seenAt = async (spec: string, place: string): Promise<unknown> => {
      const history = await ask([spec], basename(place), join(folder, dirname(place)));
      return history?.appearances.get(id(spec)) ?? null;
    };

    it('is the commit that brought it, also where its folder has another name now, and again another', async () => {
      put('app/lock', 'a@1');
      const brought = commitAll(folder, ago(100));
      move('app', 'app2', 50);
      expect(await seenAt('a@1', 'app2/lock')).toEqual(first(100, brought));
      move('app2', 'apps/three', 40);
      expect(await seenAt('a@1', 'apps/three/lock')).toEqual(first(100, brought));
      move('apps/three/lock', 'lock', 30);
      expect(await seenAt('a@1', 'lock')).toEqual(first(100, brought));
    });

    it('is that commit, also where the file has another name of a lockfile now', async () => {
      const brought = lock('a@1', 100);
      move('lock', 'shrinkwrap', 50);
      expect(await seenAt('a@1', 'shrinkwrap')).toEqual(first(100, brought));
    });

    it('is that commit, also where it was copied first, or came into an empty one, and the old one went later', async () => {
      put('app/lock', 'a@1 b@1');
      const brought = commitAll(folder, ago(100));
      put('app2/lock', 'a@1');
      commitAll(folder, ago(50));
      put('app2/lock', 'a@1 b@1');
      commitAll(folder, ago(40));
      rmSync(join(folder, 'app'), { recursive: true });
      commitAll(folder, ago(30));
      expect(await seenAt('a@1', 'app2/lock')).toEqual(first(100, brought));
      expect(await seenAt('b@1', 'app2/lock')).toEqual(first(100, brought));
    });

    it('is the move of what came with it', async () => {
      put('app/lock', 'a@1');
      commitAll(folder, ago(100));
      put('app/lock', 'a@1 b@1');
      const moved = move('app', 'app2', 50);
      expect(await seenAt('b@1', 'app2/lock')).toEqual(first(50, moved));
    });

    it('is its own where another project has it, had it before it was there, or is less like it', async () => {
      put('other/lock', 'a@1');
      put('was/lock', 'b@1');
      put('x/app/lock', 'c@1');
      put('x/lib/lock', 'd@1');
      commitAll(folder, ago(100));
      rmSync(join(folder, 'was'), { recursive: true });
      commitAll(folder, ago(90));
      put('new/lock', 'a@1 b@1');
      const begun = commitAll(folder, ago(80));
      expect(await seenAt('a@1', 'new/lock')).toEqual(first(80, begun));
      expect(await seenAt('b@1', 'new/lock')).toEqual(first(80, begun));
      put('x/app/lock', 'c@1 d@1');
      const moved = move('x', 'y', 50);
      expect(await seenAt('d@1', 'y/app/lock')).toEqual(first(50, moved));
    });
  });

  it('in a shallow clone may be earlier, and a fetched history says so no more', async () => {
    const brought = lock('a@1', 100);
    lock('a@1 b@1', 50);
    const last = lock('a@1 b@1 c@1', 10);
    const clone = join(folder, 'clone');
    git(folder, ['clone', '-q', '--depth', '2', `file://${folder}`, clone]);
    const shallow = await ask(['a@1', 'b@1', 'c@1'], 'lock', clone);
    expect(shallow?.shallow).toBe(true);
    expect(shallow?.appearances.get(id('a@1'))).toMatchObject({ time: ago(50), orEarlier: true });
    expect(shallow?.appearances.get(id('b@1'))).toMatchObject({ time: ago(50), orEarlier: true });
    expect(shallow?.appearances.get(id('c@1'))).toEqual(first(10, last));
    expect((await ask(['c@1'], 'lock', clone))?.shallow).toBe(false);
    git(clone, ['fetch', '-q', '--unshallow']);
    const whole = await ask(['a@1', 'b@1'], 'lock', clone);
    expect(whole?.shallow).toBe(false);
    expect(whole?.appearances.get(id('a@1'))).toEqual(first(100, brought));
  });

  it('ends where too many lockfiles would have to be read', async () => {
    // One stream for git to import, as so many commits take long.
    const commits = Array.from({ length: 320 }, (_, i) => {
      const body = `a@1 n@${i}\n`;
      return [
        'commit refs/heads/main',
        `committer t <t@lab.test> ${Math.floor(ago(400 - i) / 1000)} +0000`,
        'data 1\nx',
        `M 100644 inline lock\ndata ${body.length}\n${body}`,
      ].join('\n');
    });
    const stream = join(folder, 'stream');
    writeFileSync(stream, `${commits.join('\n')}\n`);
    git(folder, ['config', 'alias.load', `!git fast-import --quiet < '${stream}'`]);
    git(folder, ['load']);
    const appearance = (await ask(['a@1']))?.appearances.get(id('a@1'));
    // 300 are read: those of the last 300 hours but the ones before.
    expect(appearance).toMatchObject({ time: ago(400 - 20), orEarlier: true });
  });

  it('asks nothing of a folder without a repository, and of names that git could not be given', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'assay-none-'));
    try {
      expect(await ask(['a@1'], 'lock', bare)).toBeNull();
    } finally {
      removeFolder(bare);
    }
    expect(await ask(['a@1'], 'lo\nck')).toBeNull();
    expect(await ask(['a@1'])).toBeNull();
  });

  it('takes the name of the file as it is', async () => {
    const magic = [':(top)x', '*', '-lock', 'lock'];
    for (const [i, name] of magic.entries()) write(`a@${i}`, name);
    const commit = commitAll(folder, ago(9));
    for (const [i, name] of magic.entries()) {
      const history = await ask(['a@0', 'a@1', 'a@2', 'a@3'], name);
      expect([...(history?.appearances ?? [])], name).toEqual([[`npm:a@${i}`, first(9, commit)]]);
    }
  });

  describe('whatever the repository says', () => {
    it('follows no replacements and no grafts', async () => {
      const brought = lock('a@1', 100);
      const last = lock('a@1 b@1', 10);
      git(folder, ['replace', '--graft', last]);
      expect(await seen('a@1')).toEqual(first(100, brought));
      git(folder, ['replace', '-d', last]);
      writeFileSync(join(folder, '.git/info/grafts'), `${last}\n`);
      expect(await seen('a@1')).toEqual(first(100, brought));
    });

    it('runs none of its programs', async () => {
      const brought = lock('a@1', 100);
      const mark = join(folder, 'ran');
      const run = `touch '${mark}'; cat`;
      for (const key of ['core.fsmonitor', 'core.pager', 'diff.x.textconv', 'filter.x.smudge', 'diff.external']) {
        git(folder, ['config', key, run]);
      }
      git(folder, ['config', 'log.showSignature', 'true']);
      writeFileSync(join(folder, '.gitattributes'), 'lock diff=x filter=x\n');
      expect(await seen('a@1')).toEqual(first(100, brought));
      expect(() => rmSync(mark)).toThrow(/ENOENT/);
    });

    it('asks the repository of the folder, not that of a hook that runs it', async () => {
      const brought = lock('a@1', 100);
      process.env['GIT_DIR'] = join(folder, 'elsewhere');
      try {
        expect(await seen('a@1')).toEqual(first(100, brought));
      } finally {
        delete process.env['GIT_DIR'];
      }
    });
  });
});
