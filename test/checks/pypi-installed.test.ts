import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wheel } from '../../lab/pypi/wheel.ts';
import { compareWheel, resolveIn } from '../../src/checks/pypi/installed/compare.ts';
import { readEntryPoints } from '../../src/checks/pypi/installed/entry-points.ts';
import { layOut, type Scheme } from '../../src/checks/pypi/installed/layout.ts';
import { judgeLeftovers, type Claimant } from '../../src/checks/pypi/installed/leftover.ts';
import { foldersOf, importedAs } from '../../src/checks/pypi/installed/loaded.ts';
import { tagsOfWheel } from '../../src/ecosystems/conventions/pypi-files.ts';
import type { InstalledFile } from '../../src/model/bytes.ts';
import { readRecord, recordHash } from '../../src/readers/installed-record.ts';
import { readWheel } from '../../src/readers/wheel.ts';

const SITE = 'lib/python3.12/site-packages';
const SCHEME: Scheme = { site: SITE, scripts: 'bin', python: '3.12', interpreters: ['/env/bin/python'] };
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (text: string): InstalledFile => ({ kind: 'file', size: text.length, digest: hex(text) });

describe('what is left of an environment', () => {
  /** What is judged of files, beside the proven `one/` and `two.py`, and what others claim. */
  function judge(
    texts: Readonly<Record<string, string>>,
    claims: Readonly<Record<string, Claimant>> = {},
  ): readonly string[] {
    const proven = ['one/__init__.py', 'one/a.py', 'two.py', 'space/part/__init__.py'];
    const of = (within: string): string => (within.startsWith('bin/') ? within : `${SITE}/${within}`);
    const entries = [...proven.map((path) => [path, ''] as const), ...Object.entries(texts)];
    const { added, beside } = judgeLeftovers({
      scheme: SCHEME,
      files: new Map(entries.map(([path, text]) => [of(path), file(text)])),
      claimed: new Set(proven.map(of)),
      claimantOf: (path) => Object.entries(claims).find(([claimed]) => of(claimed) === path)?.[1] ?? null,
      read: (path) => Buffer.from(Object.entries(texts).find(([one]) => of(one) === path)?.[1] ?? '', 'latin1'),
      isOfProject: (folder) => folder.startsWith('/project'),
    });
    const shown = (path: string): string => path.replace(`${SITE}/`, '');
    return [...added.map((path) => `added ${shown(path)}`), ...beside.map((path) => `beside ${shown(path)}`)];
  }
  const unlocked: Claimant = { kind: 'unlocked', name: 'evil' };
  const own: Claimant = { kind: 'own', name: 'project' };
  const unasked: Claimant = { kind: 'unasked', name: 'three' };

  it.each([
    'evil.pth',
    'evil.start',
    'sitecustomize.py',
    'usercustomize/__init__.py',
    'evil.py',
    'two.cpython-312-x86_64-linux-gnu.so',
    'one/evil.so',
    'evil.pyc',
    'evil-1.0.dist-info/entry_points.txt',
    'evil.egg-link',
    'bin/evil',
  ])('is a contradiction where nobody claims %s', (path) => {
    expect(judge({ [path]: 'x' })).toEqual([`added ${path}`]);
  });

  it('is a contradiction where a link leads elsewhere', () => {
    const { added } = judgeLeftovers({
      scheme: SCHEME,
      files: new Map([[`${SITE}/evil`, { kind: 'link', size: 0, digest: null }]]),
      claimed: new Set(),
      claimantOf: () => null,
      read: () => null,
      isOfProject: () => true,
    });
    expect(added).toEqual([`${SITE}/evil`]);
  });

  it('is a warning where it is only data', () => {
    expect(judge({ 'one/notes.txt': '' })).toEqual(['beside one/notes.txt']);
  });

  it('is nothing where an environment is made with it, in a form that is known', () => {
    expect(judge({ '_virtualenv.pth': 'import _virtualenv', 'bin/activate': '', 'bin/python3.12': '' })).toEqual([]);
    expect(judge({ '_virtualenv.pth': 'import _virtualenv, evil' })).toEqual(['added _virtualenv.pth']);
    expect(judge({ '_virtualenv.py': 'import evil' })).toEqual(['added _virtualenv.py']);
  });

  it.each([
    ['evil.pth', true],
    ['sitecustomize.py', true],
    ['two.abi3.so', true],
    ['two/__init__.py', true],
    ['TWO.py', true],
    ['one/evil.py', true],
    ['one/deep/evil.py', true],
    ['space.py', true],
    ['space/other.py', false],
    ['evil.py', false],
    ['evil/data.txt', false],
    ['bin/evil', false],
  ])('of what the lockfile does not name, %s counts: %s', (path, isFound) => {
    expect(judge({ [path]: 'x' }, { [path]: unlocked })).toEqual(isFound ? [`added ${path}`] : []);
  });

  it('is a contradiction where what is not locked names plugins, which others load', () => {
    const path = 'evil-1.0.dist-info/entry_points.txt';
    expect(judge({ [path]: '[pytest11]\na = evil\n' }, { [path]: unlocked })).toEqual([`added ${path}`]);
    expect(judge({ [path]: '[console_scripts]\na = evil:main\n' }, { [path]: unlocked })).toEqual([]);
    expect(judge({ [path]: '[pytest11]\na = evil\n' }, { [path]: { ...unlocked, name: 'setuptools' } })).toEqual([]);
  });

  it('lets .pth files of the project name its own folders, and warns of what else they do', () => {
    const judged = (text: string): readonly string[] => judge({ 'p.pth': text }, { 'p.pth': own });
    expect(judged('/project/src\n# import x\n\n')).toEqual([]);
    expect(judged('/elsewhere\n')).toEqual(['beside p.pth']);
    expect(judged('/project/src\nimport evil')).toEqual(['beside p.pth']);
    // RECORD alone says that it is of what is locked and was not compared now.
    for (const path of ['p.pth', 'sitecustomize.py', 'usercustomize/__init__.py']) {
      expect(judge({ [path]: 'import evil' }, { [path]: unasked }), path).toEqual([`beside ${path}`]);
    }
    for (const path of ['one/b.py', 'one.so', 'two/__init__.py']) {
      expect(judge({ [path]: '' }, { [path]: unasked }), path).toEqual([`added ${path}`]);
    }
    expect(judge({ 'three.py': '', 'space/other.py': '' }, { 'three.py': unasked, 'space/other.py': unasked })).toEqual(
      [],
    );
  });

  it('names compiled files, and refuses those that are run whatever their source says', () => {
    const compiled = (flags: number): string => String.fromCharCode(0xa7, 0x0d, 0x0d, 0x0a, flags, 0, 0, 0);
    const path = 'one/__pycache__/a.cpython-312.pyc';
    expect(judge({ [path]: compiled(0) })).toEqual([`beside ${path}`]);
    expect(judge({ [path]: compiled(3) })).toEqual([`beside ${path}`]);
    expect(judge({ [path]: compiled(1) })).toEqual([`added ${path}`]);
    const without = 'one/__pycache__/gone.cpython-312.pyc';
    expect(judge({ [without]: compiled(1) })).toEqual([`beside ${without}`]);
    expect(judge({ 'e.py': '', '__pycache__/e.cpython-312.pyc': compiled(1) }, { 'e.py': unlocked })).toEqual([]);
  });
});

describe('what is installed of a wheel', () => {
  const others = {
    'one/more.py': 'y = 1\n',
    'one-1.0.dist-info/entry_points.txt': '[console_scripts]\nrun = one.cli:main.go [extra]\n',
    'one-1.0.data/scripts/tool': '#!python\nprint(1)\n',
    'one-1.0.data/data/share/doc/x': 'doc',
    'one-1.0.data/headers/x.h': 'int x;',
    'one-1.0.data/purelib/late.py': '',
  };
  const read = readWheel(wheel('one', '1.0', 'x = 1\n', others).content);
  const layout = layOut(read, SCHEME);
  const launcher =
    '#!/env/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom one.cli import main\n' +
    "if __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n" +
    '    sys.exit(main.go())\n';

  /** As an installer leaves it, with changes: null removes a file. */
  function compare(changes: Readonly<Record<string, InstalledFile | null>>, more: readonly string[] = []) {
    const files = new Map<string, InstalledFile>();
    for (const [path, { digest }] of read.files) {
      const [place = ''] = layout.files.find(({ digests, paths }) => digests[0] === digest && paths.length > 0)
        ?.paths ?? [`${SITE}/${path}`];
      files.set(place, { kind: 'file', size: 1, digest });
    }
    files.set('bin/run', file(launcher));
    files.set('bin/tool', file('#!/env/bin/python\nprint(1)\n'));
    const info = `${SITE}/one-1.0.dist-info`;
    files.set(`${info}/RECORD`, file('record'));
    files.set(`${info}/INSTALLER`, file('uv'));
    const record = [...read.files]
      .map(([path, { recorded }]) => `${path},${recorded},`)
      .filter((line) => !line.includes('.data/'));
    for (const [path, changed] of Object.entries(changes)) {
      if (changed === null) files.delete(path);
      else files.set(path, changed);
    }
    const text = [...record, '../../../bin/run,,', ...more].join('\n');
    const { same, modified, missing } = compareWheel(
      layout,
      SCHEME,
      (path) => files.get(path) ?? null,
      readRecord(Buffer.from(text)),
    );
    return { same, modified, missing };
  }

  it('is laid out as installers do', () => {
    const paths = layout.files.map((one) => one.paths[0]);
    expect(paths).toContain('bin/run');
    expect(paths).toContain('bin/tool');
    expect(paths).toContain('share/doc/x');
    expect(paths).toContain('include/site/python3.12/one/x.h');
    expect(paths).toContain(`${SITE}/late.py`);
    expect(compare({})).toEqual({ same: layout.files.length, modified: [], missing: [] });
  });

  it.each<[string, InstalledFile | null, 'modified' | 'missing']>([
    [`${SITE}/one/__init__.py`, file('x = 2\n'), 'modified'],
    [`${SITE}/one/__init__.py`, { kind: 'link', size: 0, digest: null }, 'modified'],
    [`${SITE}/one/more.py`, null, 'missing'],
    [`${SITE}/one-1.0.dist-info/entry_points.txt`, file('[console_scripts]\n'), 'modified'],
    [`${SITE}/one-1.0.dist-info/RECORD`, null, 'missing'],
    [`${SITE}/one-1.0.dist-info/INSTALLER`, { kind: 'link', size: 0, digest: null }, 'modified'],
    ['bin/run', file(`${launcher}import evil\n`), 'modified'],
    ['bin/run', file(launcher.replace('/env/', '/other/')), 'modified'],
    ['bin/run', file(launcher.replace('one.cli', 'evil')), 'modified'],
    ['bin/run', null, 'missing'],
    ['bin/tool', file('#!/env/bin/python\nprint(2)\n'), 'modified'],
    ['share/doc/x', file('other'), 'modified'],
  ])('differs where %s is another one', (path, changed, as) => {
    expect(compare({ [path]: changed })[as]).toEqual([path]);
  });

  it.each([
    ['leads out of the environment', '../../../../etc/passwd,,'],
    ['names an absolute path', '/etc/passwd,,'],
    ['names a path of Windows', 'C:/x,,'],
    ['names one twice', '../../../bin/run,,1'],
    ['has another hash of a module', `one/more.py,${recordHash(hex('other'))},`],
  ])('has a RECORD that is not honest where it %s', (_, line) => {
    expect(compare({}, [line]).modified).toEqual([`${SITE}/one-1.0.dist-info/RECORD`]);
  });

  it('may have more lines in its RECORD, which prove nothing', () => {
    expect(compare({}, ['one/__pycache__/a.cpython-312.pyc,,', 'evil.pth,,']).modified).toEqual([]);
    expect(resolveIn(SITE, '../../../bin/x')).toBe('bin/x');
    expect(resolveIn(SITE, '../../../../x')).toBeNull();
    expect(resolveIn(SITE, '../../..')).toBe('.');
  });
});

describe('entry points', () => {
  it('are read with extras and comments; what is no program is more', () => {
    const text = '# x\n[console_scripts]\na = m:f\nb.c=m.n:o.p [x, y]\n\n[gui_scripts]\nd = m:g\n';
    expect(readEntryPoints(Buffer.from(text))).toEqual({
      programs: [
        { name: 'a', module: 'm', attribute: 'f' },
        { name: 'b.c', module: 'm.n', attribute: 'o.p' },
        { name: 'd', module: 'm', attribute: 'g' },
      ],
      hasOthers: false,
    });
    for (const other of [
      '[pytest11]\na = m',
      '[console_scripts]\n../a = m:f',
      '[console_scripts]\na = m; evil',
      'a = m:f',
    ]) {
      expect(readEntryPoints(Buffer.from(other))).toEqual({ programs: [], hasOthers: true });
    }
  });
});

describe('names', () => {
  it.each([
    ['a/b.cpython-312-x86_64-linux-gnu.so', 'a/b'],
    ['A/__init__.py', 'a'],
    ['a.abi3.so', 'a'],
    ['a.txt', null],
    ['a/b.pyd', 'a/b'],
  ])('%s is imported as %s', (path, module) => {
    expect(importedAs(path)).toBe(module);
  });

  it('of wheels stand for several tags', () => {
    expect(tagsOfWheel('a-1.0-py2.py3-none-any.whl')).toEqual({ build: '', tags: ['py2-none-any', 'py3-none-any'] });
    expect(tagsOfWheel('a-1.0-1-cp312-abi3-linux_x86_64.whl')?.build).toBe('1');
    expect(tagsOfWheel('a-1.0.tar.gz')).toBeNull();
    expect(tagsOfWheel('a-1.0-any.whl')).toBeNull();
  });

  it('of folders in .pth files are read by each end of lines that Python takes', () => {
    expect(foldersOf(Buffer.from('/a\r\n/b\r/c\n'))).toEqual(['/a', '/b', '/c']);
    expect(foldersOf(Buffer.from('/a\rimport evil'))).toBeNull();
    expect(foldersOf(Buffer.from('import\tevil'))).toBeNull();
  });
});
