import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { only, refusal } from './support.ts';

const SHA1 = 'a'.repeat(40);
const SRI = `sha512-${Buffer.alloc(64, 'a').toString('base64')}`;

interface Project {
  readonly manifests?: Record<string, object>;
  readonly settings?: Record<string, object>;
}

function read(text: string, { manifests = {}, settings = {} }: Project = {}): Lockfile {
  return parseLockfile(
    'yarn.lock',
    Buffer.from(text),
    new Map(Object.entries(manifests).map(([folder, manifest]) => [folder, JSON.stringify(manifest)])),
    Object.entries(settings).map(([path, content]) => ({ path: `/project/${path}`, ofProject: true, content })),
  );
}

/** An entry of Yarn 1, from the registry where nothing else is said. */
function classic(key: string, version: string, fields = '', resolved?: string): string {
  const name = key.replace(/^"/, '').replace(/(?<=.)@.*/s, '');
  const address = resolved ?? `https://registry.yarnpkg.com/${name}/-/${name}-${version}.tgz#${SHA1}`;
  const from = address === '' ? '' : `  resolved "${address}"\n  integrity ${SRI}\n`;
  return `${key}:\n  version "${version}"\n${from}${fields}\n`;
}

function berry(...entries: readonly string[]): string {
  return `__metadata:\n  version: 8\n  cacheKey: 10c0\n\n${entries.join('\n')}`;
}

function entry(key: string, resolution: string, fields = '', linkType = 'hard'): string {
  const version = /@npm:(\d[^:#]*)/.exec(resolution.replaceAll('%3A', ':'))?.[1] ?? '0.0.0-use.local';
  const body = `  version: ${version}\n  resolution: "${resolution}"\n${fields}  languageName: node\n  linkType: ${linkType}\n`;
  return `"${key}":\n${body}`;
}

const reasons = ({ findings = [] }: Lockfile): unknown[] =>
  findings.map(({ place, finding }) => [place.line, finding.code, 'by' in finding.args ? finding.args.by : null]);

describe('Yarn 1', () => {
  const APP = { dependencies: { a: '^1.0.0' } };

  it('a range that a tarball, a repository or a folder answers is substituted, for the project and for a package', () => {
    const evil: readonly (readonly [string, string])[] = [
      ['file:./evil.tgz', 'file'],
      ['./evil.tgz', 'file'],
      ['git+https://example.com/evil.git#abc', 'git'],
    ];
    for (const [resolved, kind] of evil) {
      const text = `${classic('a@^1.0.0', '1.0.0', '  dependencies:\n    b "^2.0.0"\n')}\n${classic('b@^2.0.0', '2.0.0', '', resolved)}`;
      expect(only(read(text, { manifests: { '': APP } }), 'b')).toMatchObject({
        artifacts: [{ file: null, source: { kind } }],
        substitutes: [{ asked: 'b@^2.0.0', by: 'a@1.0.0' }],
      });
      const direct = only(read(classic('a@^1.0.0', '1.0.0', '', resolved), { manifests: { '': APP } }), 'a');
      expect(direct.substitutes).toEqual([{ asked: 'a@^1.0.0', by: '.' }]);
      // What the project declares explains it.
      const resolutions = { a: kind === 'git' ? 'git+https://example.com/evil.git' : 'file:./evil.tgz' };
      const declared = read(classic('a@^1.0.0', '1.0.0', '', resolved), { manifests: { '': { ...APP, resolutions } } });
      expect(only(declared, 'a').substitutes).toBeUndefined();
    }
  });

  it('another package answers only where resolutions of package.json name it, however they say where', () => {
    const address = 'https://registry.yarnpkg.com/evil/-/evil-1.0.0.tgz';
    const a = classic('a@^1.0.0', '1.0.0', '  dependencies:\n    b "^2.0.0"\n');
    // What the entry is held to be, of which each has to have these bytes, and what it stands in for.
    const held = (beside: string, more: object): unknown =>
      read(`${a}\n${classic(`b@^2.0.0, "b@${beside}"`, '1.0.0', '', address)}`, {
        manifests: { '': { ...APP, ...more } },
      })
        .dependencies.filter(({ name }) => name !== 'a')
        .map(({ name, substitutes }) => (substitutes === undefined ? name : { name, substitutes }));
    for (const pattern of ['b', '**/b', 'a/b', '**/a/b', 'a/**/b']) {
      for (const spec of ['npm:evil@1.0.0', 'npm:evil@^1.0.0', 'npm:evil', address]) {
        expect(held(spec, { resolutions: { [pattern]: spec } })).toEqual(['evil']);
      }
    }
    const alias = 'npm:evil@1.0.0';
    expect(held(alias, {})).toEqual(['b', 'evil']);
    expect(held(alias, { resolutions: { c: alias, 'b/c': alias } })).toEqual(['b', 'evil']);
    expect(held(alias, { resolutions: { b: '1.0.0' } })).toEqual(['b', 'evil']);
    expect(held(alias, { resolutions: { b: 'npm:other@1.0.0' } })).toEqual(['other', 'evil']);
    expect(held(alias, { resolutions: { b: 'https://example.com/evil/-/evil-1.0.0.tgz' } })).toEqual(['b', 'evil']);
    // An alias of the project's own says nothing of what a package asks for.
    expect(held(alias, { dependencies: { ...APP.dependencies, b: alias } })).toEqual(['b', 'evil']);
    // Nor does what is put in the place of another name.
    expect(held(address, { resolutions: { c: address } })).toEqual(['b', 'evil']);
  });

  it('a local folder is skipped where the project or a folder of it asks, and nothing is asked of a registry', () => {
    const link = '"local@link:../local":\n  version "0.0.0"\n  uid ""\n';
    const manifests = { '': { dependencies: { local: 'link:../local' } } };
    expect(read(link, { manifests })).toMatchObject({ dependencies: [], skipped: [{ reason: 'link' }] });
    expect(read(link)).toMatchObject({ dependencies: [], skipped: [{ reason: 'link' }] });
    const copied = `"one@file:./one":\n  version "1.0.0"\n  dependencies:\n    two "link:./two"\n\n"two@link:./two":\n  version "0.0.0"\n  uid ""\n`;
    const asked = { '': { dependencies: { one: 'file:./one' } } };
    expect(read(copied, { manifests: asked }).dependencies).toEqual([]);
    // Whatever address it has, Yarn 1 copies the folder.
    const addressed = classic('"one@file:./one"', '1.0.0');
    expect(read(addressed, { manifests: asked })).toMatchObject({ dependencies: [], skipped: [{ reason: 'link' }] });
  });

  it('a folder that only a package asks for is no folder of the project', () => {
    const text = `${classic('a@^1.0.0', '1.0.0', '  dependencies:\n    b "link:./evil"\n')}\n"b@link:./evil":\n  version "0.0.0"\n  uid ""\n`;
    const lockfile = read(text, { manifests: { '': APP } });
    expect(only(lockfile, 'b')).toMatchObject({
      version: 'link:./evil',
      artifacts: [{ file: null, source: { kind: 'file', path: 'link:./evil' } }],
    });
    expect(only(lockfile, 'a').claims).toEqual([{ dependencies: { b: 'link:./evil' } }]);
  });

  it('an entry that Yarn 1 passes over is a finding in its line', () => {
    const project = { manifests: { '': APP } };
    expect(reasons(read(classic('a@^1.0.0', '1.0.0', '', ''), project))).toEqual([
      [1, 'lockfile-not-used', 'an entry that Yarn 1 passes over: a@^1.0.0 without an address'],
    ]);
    expect(reasons(read('"a@^1.0.0", "a@link:./evil":\n  version "1.0.0"\n', project))).toHaveLength(1);
    expect(reasons(read(classic('a@^1.0.0', '2.0.0'), project))).toEqual([
      [1, 'lockfile-not-used', 'an entry that Yarn 1 passes over: version 2.0.0 for a@^1.0.0'],
    ]);
    for (const key of ['a@^1.0.0', 'a@latest, a@^1.0.0', '"a@1.x || >=2", a@^1.0.0']) {
      expect(reasons(read(classic(key, '1.0.0'), project))).toEqual([]);
    }
    const resolutions = { '': { ...APP, resolutions: { '**/a': '2.0.0' } } };
    expect(reasons(read(classic('a@2.0.0, a@^1.0.0', '2.0.0'), { manifests: resolutions }))).toEqual([]);
    const split = `${classic('a@2.0.0', '2.0.0')}\n${classic('a@^1.0.0', '2.0.0')}`;
    expect(reasons(read(split, { manifests: resolutions }))).toEqual([]);
    const other = `${classic('a@2.0.0', '2.0.0')}\n${classic('a@^1.0.0', '6.6.6')}`;
    expect(reasons(read(other, { manifests: resolutions }))).toEqual([
      [7, 'lockfile-not-used', 'an entry that Yarn 1 passes over: version 6.6.6 for a@^1.0.0'],
    ]);
  });

  it('a resolution is satisfied by an entry of exactly its name and range alone', () => {
    const b = '  dependencies:\n    b "^2.0.0"\n';
    const unlocked = (resolutions: object, key: string, more: Record<string, object> = {}): unknown =>
      reasons(
        read(`${classic('a@^1.0.0', '1.0.0', b)}\n${classic(key, '2.0.0')}`, {
          manifests: { '': { ...APP, resolutions }, ...more },
        }),
      );
    const specs = ['2.0.0', '^2.0.0 || ^3', 'npm:evil@6.6.6', 'http://host/evil.tgz', 'git+https://host/evil.git#abc'];
    for (const pattern of ['b', '**/b', 'a/b', 'a/**/b', '**/a/b', 'nobody/b']) {
      for (const spec of [...specs, 'o/evil', 'file:./evil', './evil', 'link:./evil', '']) {
        expect(unlocked({ [pattern]: spec }, 'b@^2.0.0')).toEqual([
          [1, 'lockfile-not-used', `the override of ${pattern}, which the project and the lockfile do not have alike`],
        ]);
        expect(unlocked({ [pattern]: spec }, `"b@${spec}", b@^2.0.0`)).toEqual([]);
      }
      expect(unlocked({ [pattern]: '^2.0.0' }, 'b@^2.0.0')).toEqual([]);
      // Yarn 1 passes over tags.
      expect(unlocked({ [pattern]: 'latest' }, 'b@^2.0.0')).toEqual([]);
    }
    expect(unlocked({ 'a/@s/b': '2.0.0', '@s/b': '2.0.0' }, 'b@^2.0.0')).toHaveLength(2);
    expect(unlocked({ '@s/b': '2.0.0', '@t/a/@s/b': '2.0.0' }, '"@s/b@2.0.0", b@^2.0.0')).toEqual([]);
    expect(unlocked({ 'b/': '2.0.0', 'a//b': '2.0.0', 'a/**': '2.0.0' }, 'b@^2.0.0')).toEqual([]);
    expect(unlocked({ w: '^1.0.0' }, 'b@^2.0.0', { w: { name: 'w', version: '1.2.0' } })).toEqual([]);
    expect(reasons(read(classic('a@^1.0.0', '1.0.0')))).toEqual([]);
  });

  it('what is asked for and has no entry is a finding, at who asks', () => {
    const manifests = { '': { dependencies: { a: '^1.0.0', w: '^1.0.0' } }, w: { name: 'w', version: '1.2.0' } };
    const text = classic('a@^1.0.0', '1.0.0', '  dependencies:\n    b "^2.0.0"\n');
    expect(reasons(read(`\n${text}`, { manifests }))).toEqual([
      [2, 'lockfile-not-used', 'a missing entry: b@^2.0.0, which a@1.0.0 asks for'],
    ]);
    const none = { '': { dependencies: { a: '^1.0.0' }, devDependencies: { c: '^1' } } };
    expect(reasons(read(classic('a@^1.0.0', '1.0.0'), { manifests: none }))).toEqual([
      [1, 'lockfile-not-used', 'a missing entry: c@^1, which . asks for'],
    ]);
    expect(reasons(read(text))).toEqual([]);
  });

  it.each([
    ['a comment at column 0', '#\n', 2, 'after which Yarn 1 reads nothing more'],
    ['an empty line', '\n', 2, 'after which Yarn 1 reads nothing more'],
    ['an empty line of Windows', '\r\n', 2, 'after which Yarn 1 reads nothing more'],
    ['an indented comment', '  #\n', 2, 'at which Yarn 1 stops'],
    ['spaces alone', '  \n', 2, 'at which Yarn 1 stops'],
  ])('%s within an entry is refused with its line', (_what, line, before, problem) => {
    const { message, line: at } = refusal(classic('a@^1.0.0', '1.0.0').replace('\n', `\n${line}`), 'yarn.lock');
    expect(message).toContain(problem);
    expect(at).toBe(before);
  });

  it.each([
    ['another name', '  name axios\n', 'another name'],
    ['packed builds', '  prebuiltVariants:\n    x.tgz aaaa\n', 'prebuiltVariants'],
    ['permissions', '  permissions:\n    x true\n', 'permissions'],
    ['scripts', '  scripts:\n    postinstall evil\n', 'scripts'],
    ['a registry that is none', '  registry bower\n', 'no registry'],
    ['a number that is another text', '  dependencies:\n    b 007\n', 'a value expected'],
    ['a quote within quotes', '  dependencies:\n    b "\\\\\\"1"\n', 'a value expected'],
    ['a no-break space', '  dependencies:\n    b\u00a0 "1"\n', 'expected at'],
  ])('%s in an entry is refused', (_what, fields, problem) => {
    expect(refusal(classic('a@^1.0.0', '1.0.0', fields), 'yarn.lock').message).toContain(problem);
  });

  it('what an entry asks for is its claim', () => {
    const fields = '  dependencies:\n    left-pad "npm:evil@^1"\n  optionalDependencies:\n    c "^1"\n';
    expect(only(read(classic('a@^1.0.0', '1.0.0', fields)), 'a').claims).toEqual([
      { dependencies: { 'left-pad': 'npm:evil@^1', c: '^1' } },
    ]);
  });

  it('yarn-path of .yarnrc is code that takes part in installing', () => {
    const settings = { '.yarnrc': { 'yarn-path': '.yarn/yarn.js' }, '.yarnrc.yml': { yarnPath: 'x' } };
    expect(read(classic('a@^1.0.0', '1.0.0'), { settings }).hooks).toEqual({
      file: '.yarnrc',
      line: 1,
      path: 'yarn-path',
    });
  });
});

describe('Yarn 2 and later', () => {
  const ROOT = (asked: string): string =>
    entry('app@workspace:.', 'app@workspace:.', `  dependencies:\n    ${asked}\n`, 'soft');
  const A = entry('a@npm:^1.0.0', 'a@npm:1.0.0');

  it('a workspace answers a range only with its name and version', () => {
    const text = berry(entry('w@npm:^1.0.0, w@workspace:w', 'w@workspace:w', '', 'soft'));
    const project = (name: string, version: string): Project => ({
      manifests: { '': { dependencies: { w: '^1.0.0' } }, w: { name, version } },
    });
    expect(read(text, project('w', '1.2.0'))).toMatchObject({ dependencies: [], skipped: [{ reason: 'workspace' }] });
    expect(read(text).dependencies).toEqual([]);
    const others: readonly Project[] = [
      project('w', '2.0.0'),
      project('other', '1.2.0'),
      { manifests: { '': { dependencies: { w: '^1.0.0' } } } },
      { ...project('w', '1.2.0'), settings: { '.yarnrc.yml': { enableTransparentWorkspaces: false } } },
    ];
    for (const other of others) {
      expect(read(text, other).dependencies).toMatchObject([
        { name: 'w', version: 'workspace:w', substitutes: [{ asked: 'w@npm:^1.0.0', by: '.' }] },
      ]);
    }
    const another = berry(entry('axios@npm:^1.0.0', 'evil@workspace:w', '', 'soft'));
    expect(read(another, project('evil', '1.0.0')).dependencies).toMatchObject([{ name: 'axios' }]);
  });

  it('what a package.json, a linked folder or resolutions ask for by its protocol is innocent', () => {
    const one = entry(
      'one@portal:./one::locator=app%40workspace%3A.',
      'one@portal:./one::locator=app%40workspace%3A.',
      '  dependencies:\n    two: "link:../two"\n',
      'soft',
    );
    const two = entry('two@link:../two::locator=one', 'two@link:../two::locator=one', '', 'soft');
    const text = berry(ROOT('one: "portal:./one"'), one, two);
    expect(read(text).dependencies).toEqual([]);
    expect(read(text, { manifests: { '': { dependencies: { one: 'portal:./one' } } } }).dependencies).toEqual([]);
    const resolutions = { '': { dependencies: { one: '^1' }, resolutions: { one: 'portal:./one' } } };
    expect(read(text, { manifests: resolutions })).toMatchObject({ dependencies: [] });
    expect(reasons(read(text, { manifests: resolutions }))).toEqual([]);
  });

  it('a folder that only a package asks for is a dependency', () => {
    const a = entry('a@npm:^1.0.0', 'a@npm:1.0.0', '  dependencies:\n    evil: "portal:./evil"\n');
    const evil = entry('evil@portal:./evil::locator=a', 'evil@portal:./evil::locator=a', '', 'soft');
    const lockfile = read(berry(ROOT('a: "npm:^1.0.0"'), a, evil));
    expect(only(lockfile, 'evil')).toMatchObject({
      version: 'portal:./evil',
      artifacts: [{ file: null, source: { kind: 'file' } }],
    });
    expect(only(lockfile, 'a').claims).toMatchObject([{ dependencies: { evil: 'portal:./evil' } }]);
  });

  it('package.json says what the project asks for, and not the lockfile’s copy of it', () => {
    const text = berry(ROOT('a: "npm:evil@^1.0.0"'), entry('a@npm:evil@^1.0.0', 'evil@npm:1.0.0'));
    expect(reasons(read(text))).toEqual([]);
    expect(reasons(read(text, { manifests: { '': { dependencies: { a: '^1.0.0' } } } }))).toEqual([
      [1, 'lockfile-not-used', 'a missing entry: a@^1.0.0, which . asks for'],
    ]);
    const alias = { '': { dependencies: { a: 'npm:evil@^1.0.0' } } };
    expect(reasons(read(text, { manifests: alias }))).toEqual([]);
  });

  it('catalogs, resolutions, plugins, patches and exact versions explain another descriptor', () => {
    const project = (range: string, root = {}, yarnrc = {}): Project => ({
      manifests: { '': { dependencies: { a: range }, ...root } },
      settings: { '.yarnrc.yml': yarnrc },
    });
    const found = (one: Project): unknown[] => reasons(read(berry(A), one));
    expect(found(project('catalog:', {}, { catalog: { a: '^1.0.0' } }))).toEqual([]);
    expect(found(project('catalog:x', {}, { catalogs: { x: { a: '^1.0.0' } } }))).toEqual([]);
    expect(found(project('catalog:', {}, { catalog: { a: '^2.0.0' } }))).toHaveLength(1);
    expect(found(project('^3', { resolutions: { a: '^1.0.0' } }))).toEqual([]);
    expect(found(project('^3', {}, { plugins: [{ path: 'x.cjs' }] }))).toEqual([]);
    expect(found(project('1.0.0'))).toEqual([]);
    const patch = 'patch:a@npm%3A^1.0.0#./a.patch';
    expect(found(project(patch))).toHaveLength(1);
    const bound = `a@${patch}::version=1.0.0&hash=0a1b2c&locator=app%40workspace%3A.`;
    const patched = berry(A, entry(bound, bound.replace('^', '')));
    expect(reasons(read(patched, project(patch)))).toEqual([]);
    expect(reasons(read(patched, project('patch:a@^1.0.0#./a.patch')))).toEqual([]);
    expect(reasons(read(patched, project('patch:a@npm%3A^1.0.0#./b.patch')))).toHaveLength(1);
    expect(reasons(read(patched, project('patch:a@npm%3A^2.0.0#./a.patch')))).toHaveLength(1);
    expect(found(project('^3'))).toHaveLength(1);
  });

  it('a resolution, wherever it applies, needs an entry of what it puts in place', () => {
    const b = entry('b@npm:^2.0.0', 'b@npm:2.0.0');
    const unlocked = (resolutions: object, ...more: string[]): unknown[] =>
      reasons(
        read(berry(entry('a@npm:^1.0.0', 'a@npm:1.0.0', '  dependencies:\n    b: "npm:^2.0.0"\n'), b, ...more), {
          manifests: { '': { name: 'app', dependencies: { a: '^1.0.0' }, resolutions } },
        }),
      );
    const patterns = ['b', 'a/b', 'b@^2.0.0', 'b@npm:^2.0.0', 'a@1.0.0/b', 'a@npm:1.0.0/b@npm:^2.0.0', '**/b', 'x/a/b'];
    for (const pattern of patterns) {
      for (const spec of [
        '3.0.0',
        'npm:evil@6.6.6',
        'http://host/evil.tgz',
        'portal:./evil',
        'patch:b@^2.0.0#./x.patch',
      ]) {
        expect(unlocked({ [pattern]: spec })).toEqual([
          [5, 'lockfile-not-used', `a missing entry: b@${spec}, which a@1.0.0 asks for`],
        ]);
      }
      expect(unlocked({ [pattern]: '2.x' }, entry('b@npm:2.x', 'b@npm:2.1.0'))).toEqual([]);
      expect(unlocked({ [pattern]: '^2.0.0' })).toEqual([]);
      expect(unlocked({ [pattern]: 'workspace:b' })).toEqual([]);
    }
    // What applies to nothing changes nothing.
    const others = { c: '3.0.0', 'c/b': '3.0.0', 'b@npm:^3.0.0': '3.0.0', 'a@npm:2.0.0/b': '3.0.0', 'a/a': '3.0.0' };
    expect(unlocked(others)).toEqual([]);
    // The project asks for it under its own name.
    expect(unlocked({ 'app/a': '3.0.0' })).toHaveLength(1);
  });

  it('what packageExtensions add needs an entry', () => {
    const extended = (key: string, added: object, ...more: string[]): unknown[] =>
      reasons(
        read(berry(A, ...more), {
          manifests: { '': { name: 'app', version: '0.1.0', dependencies: { a: '^1.0.0' } } },
          settings: { '.yarnrc.yml': { packageExtensions: { [key]: { dependencies: added } } } },
        }),
      );
    const missing = (by: string, line: number): unknown => [
      [line, 'lockfile-not-used', `a missing entry: b@^2.0.0, which ${by} asks for`],
    ];
    expect(extended('a@*', { b: '^2.0.0' })).toEqual(missing('a@1.0.0', 5));
    expect(extended('a@^1', { b: '^2.0.0' })).toEqual(missing('a@1.0.0', 5));
    expect(extended('app@*', { b: '^2.0.0' })).toEqual(missing('.', 1));
    expect(extended('a@*', { b: '^2.0.0' }, entry('b@npm:^2.0.0', 'b@npm:2.0.0'))).toEqual([]);
    expect(extended('a@^2', { b: '^2.0.0' })).toEqual([]);
    expect(extended('c@*', { b: '^2.0.0' })).toEqual([]);
    // What a package has itself comes first.
    expect(extended('app@*', { a: '^2.0.0' })).toEqual([]);
  });

  it('an entry’s dependencies, peers and commands are its claims', () => {
    const fields = [
      '  dependencies:\n    b: "npm:^2"\n    left-pad: "npm:evil@^1"\n    node-gyp: "npm:latest"\n',
      '  peerDependencies:\n    react: "*"\n',
      '  bin:\n    a: ./bin/a.js\n    git: ../../evil.js\n    "@s/c": c.js\n',
    ].join('');
    expect(only(read(berry(entry('a@npm:^1.0.0', 'a@npm:1.0.0', fields))), 'a').claims).toEqual([
      {
        dependencies: { b: '^2', 'left-pad': 'npm:evil@^1', 'node-gyp': 'latest' },
        implied: { 'node-gyp': 'latest' },
        peerDependencies: { react: '*' },
        bin: { a: 'bin/a.js', git: '../../evil.js', c: 'c.js' },
      },
    ]);
  });

  it('a package of JSR is that of its registry', () => {
    const address = 'https%3A%2F%2Fnpm.jsr.io%2F~%2F11%2F%40jsr%2Fstd__fs%2F1.0.0.tgz';
    const text = berry(
      `"@std/fs@jsr:^1.0.0":\n  version: 1.0.0\n  resolution: "@std/fs@jsr:1.0.0::__archiveUrl=${address}"\n  languageName: node\n  linkType: hard\n`,
    );
    expect(read(text).dependencies).toMatchObject([{ name: '@jsr/std__fs', version: '1.0.0' }]);
    expect(read(text).dependencies[0]?.substitutes).toBeUndefined();
  });

  it.each([
    ['the first line of Yarn 1', `# yarn lockfile v1\n${berry(A)}`, 'first line of Yarn 1'],
    ['a field of another Yarn', berry(A.replace('  languageName', '  resolved: x\n  languageName')), '"resolved"'],
    ['scripts', berry(A.replace('  languageName', '  scripts: x\n  languageName')), '"scripts"'],
    ['a package to link', berry(A.replace('hard', 'soft')), 'linkType is not "hard"'],
    ['a version after "#"', berry(A.replace('a@npm:1.0.0', 'a@npm:1.0.0#9.9.9')), 'is not that of its resolution'],
    ['another parameter', berry(A.replace('a@npm:1.0.0', 'a@npm:1.0.0::x=1')), '"x"'],
    ['a comma without a space', berry(A.replace('a@npm:^1.0.0', 'a@npm:^1.0.0,b@npm:^1')), 'not a list'],
    ['a no-break space', berry(A.replace('version: 1.0.0', 'version: 1.0.0\u00a0')), 'white space that is no space'],
  ])('%s is refused', (_what, text, problem) => {
    expect(refusal(text, 'yarn.lock').message).toContain(problem);
  });

  it('plugins and its own program in .yarnrc.yml are code that takes part in installing', () => {
    const hooks = (yarnrc: object): unknown => read(berry(A), { settings: { '.yarnrc.yml': yarnrc } }).hooks;
    expect(hooks({ plugins: [{ path: '.yarn/plugins/x.cjs' }], yarnPath: '.yarn/releases/yarn.cjs' })).toEqual({
      file: '.yarnrc.yml',
      line: 1,
      path: 'plugins, yarnPath',
    });
    expect(hooks({ plugins: [], nodeLinker: 'pnp', enableConstraintsChecks: false })).toBeUndefined();
  });
});
