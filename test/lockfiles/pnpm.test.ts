import { describe, expect, it } from 'vitest';
import type { Lockfile } from '../../src/model/dependency.ts';
import { only, parse, refusal, sha512 } from './support.ts';

const FILE = 'pnpm-lock.yaml';
const A = sha512('a');
const B = sha512('b');
/** Reads it, and looks whether every entry is on the line that is said. */
function read(text: string): Lockfile {
  const lockfile = parse(text, { file: FILE });
  const { dependencies, skipped, entries } = lockfile;
  const places = [...dependencies.flatMap((each) => each.places), ...skipped.map(({ place }) => place)];
  expect(places).toHaveLength(entries);
  for (const { line, path } of places) {
    const key = path.replace(/^.* > /, '');
    const written = text.split('\n')[line - 1]?.trim().replaceAll("'", '') ?? '';
    if (key !== '.' || line > 1) expect(written).toMatch(new RegExp(`^${key.replace(/[^\w]/g, '\\$&')}:`));
  }
  return lockfile;
}
const refused = (text: string): string => refusal(text, FILE).message;

/** What is said of each dependency in one line: NAME@VERSION, then what is not the default. */
function lines({ dependencies }: Lockfile): string[] {
  return dependencies.map(({ name, version, artifacts: [{ source }], places, direct, dev, optional, patches }) =>
    [
      `${name}@${version}`,
      ...(source.kind !== 'registry' ? [source.kind] : source.resolved === null ? [] : [source.resolved]),
      ...(direct ? ['direct'] : []),
      ...(dev ? ['dev'] : []),
      ...(optional ? ['optional'] : []),
      ...(patches === undefined ? [] : [`patch ${patches.join(', ')}`]),
      ...(places.length === 1 ? [] : [`in ${places.length} places`]),
    ].join(' '),
  );
}
const skips = ({ skipped }: Lockfile): string[] => skipped.map(({ reason, place }) => `${reason} ${place.path}`);

const V9 = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(peer@2.0.0)
      peer:
        specifier: ^2.0.0
        version: 2.0.0
    devDependencies:
      alias:
        specifier: npm:@s/b@^1.0.0
        version: '@s/b@1.0.0'
    optionalDependencies:
      o:
        specifier: 1.0.0
        version: 1.0.0

  packages/w:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(peer@3.0.0)
      x:
        specifier: workspace:*
        version: link:../x
      outside:
        specifier: link:../../../outside
        version: link:../../../outside

  packages/x: {}

packages:

  '@s/b@1.0.0':
    resolution: {integrity: ${B}}

  a@1.0.0:
    resolution: {integrity: ${A}}
    peerDependencies:
      peer: '*'

  o@1.0.0:
    resolution: {integrity: ${A}}
    os: [darwin]

  peer@2.0.0:
    resolution: {integrity: ${A}}

  peer@3.0.0:
    resolution: {integrity: ${A}}

snapshots:

  '@s/b@1.0.0': {}

  a@1.0.0(peer@2.0.0):
    dependencies:
      peer: 2.0.0

  a@1.0.0(peer@3.0.0):
    dependencies:
      peer: 3.0.0

  o@1.0.0:
    dependencies:
      '@s/b': 1.0.0
    optional: true

  peer@2.0.0: {}

  peer@3.0.0: {}
`;

describe('version 9', () => {
  it('has a place for each entry of packages, and one for each snapshot with peers', () => {
    const lockfile = read(V9);
    expect(lockfile.format).toBe('pnpm-lock v9.0');
    expect(lines(lockfile)).toEqual([
      '@s/b@1.0.0 direct',
      'a@1.0.0 direct in 3 places',
      'o@1.0.0 direct optional',
      'peer@2.0.0 direct',
      'peer@3.0.0',
    ]);
    expect(skips(lockfile)).toEqual([
      'root .',
      'workspace packages/w',
      'workspace packages/x',
      'link packages/w > outside',
    ]);
    expect(lockfile.entries).toBe(5 + 2 + 4);
    expect(only(lockfile, 'a').places.map(({ path }) => path)).toEqual([
      'a@1.0.0',
      'a@1.0.0(peer@2.0.0)',
      'a@1.0.0(peer@3.0.0)',
    ]);
    expect(only(lockfile, 'a').artifacts[0].digests).toEqual([
      { algorithm: 'sha512', hex: Buffer.alloc(64, 'a').toString('hex') },
    ]);
    expect(lockfile.hooks).toBeUndefined();
  });

  it('derives what is only for development, and what is optional, from the projects', () => {
    const onlyDev = read(V9.replace("      '@s/b': 1.0.0\n", '      peer: 2.0.0\n'));
    expect(lines(onlyDev)[0]).toBe('@s/b@1.0.0 direct dev');
    const optional = read(V9.replace(/ {4}devDependencies:\n(?: {6}.*\n)+/, ''));
    expect(lines(optional)[0]).toBe('@s/b@1.0.0 optional');
  });

  it('takes what nothing installs for neither', () => {
    const orphan = read(V9.replace('snapshots:\n', `  lost@1.0.0:\n    resolution: {integrity: ${A}}\n\nsnapshots:\n`));
    expect(lines(orphan).at(-1)).toBe('lost@1.0.0');
  });

  it('names hooks, and goes on', () => {
    const { hooks } = read(V9.replace('importers:', 'pnpmfileChecksum: sha256-x\n\nimporters:'));
    expect(hooks).toEqual({ file: FILE, line: 6, path: 'pnpmfileChecksum' });
  });

  it('may have no package at all', () => {
    expect(read("lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n").entries).toBe(1);
    expect(read("lockfileVersion: '9.0'\n").entries).toBe(0);
  });
});

/** Version 9 with one direct dependency. */
function withOne(
  key: string,
  fields: string,
  { version = key.replace(/^@?[^@]+@/, ''), specifier = '^1.0.0', alias = 'p', top = '' } = {},
): string {
  return `lockfileVersion: '9.0'
${top}
importers:

  .:
    dependencies:
      ${alias}:
        specifier: ${specifier}
        version: '${version}'

packages:

  '${key.replace(/\(.*$/, '')}':
${fields.replace(/^(?=.)/gm, '    ')}

snapshots:

  '${key}': {}
`;
}

describe('where a package comes from', () => {
  const sourceOf = (text: string): unknown =>
    read(text).dependencies.map(({ name, version, artifacts: [{ source }] }) => ({ name, version, source }));

  it.each<[string, string, object]>([
    [
      'a registry',
      withOne('p@1.0.0', `resolution: {integrity: ${A}}`),
      { version: '1.0.0', source: { kind: 'registry', resolved: null } },
    ],
    [
      'an address of a registry',
      withOne('p@1.0.0', `resolution: {integrity: ${A}, tarball: https://r.example/p/-/p-1.0.0.tgz}`),
      {
        version: '1.0.0',
        source: { kind: 'registry', resolved: 'https://r.example/p/-/p-1.0.0.tgz' },
      },
    ],
    [
      'a path that the configured registry has',
      withOne('p@1.0.0', `resolution: {integrity: ${A}, tarball: p/-/p-1.0.0.tgz}`),
      { version: '1.0.0', source: { kind: 'registry', resolved: null } },
    ],
    [
      'a path that is not the package',
      withOne('p@1.0.0', `resolution: {integrity: ${A}, tarball: q/-/q-1.0.0.tgz}`),
      { version: '1.0.0', source: { kind: 'registry', resolved: 'q/-/q-1.0.0.tgz' } },
    ],
    [
      'a named registry',
      withOne('p@work:1.0.0', `resolution: {integrity: ${A}}`, { specifier: 'work:^1.0.0' }),
      { version: '1.0.0', source: { kind: 'other', locator: 'work:1.0.0' } },
    ],
    [
      'a web address',
      withOne(
        'p@https://x.example/p.tgz',
        `resolution: {integrity: ${A}, tarball: https://x.example/p.tgz}\nversion: 1.0.0`,
        {
          specifier: 'https://x.example/p.tgz',
        },
      ),
      { version: '1.0.0', source: { kind: 'http', url: 'https://x.example/p.tgz' } },
    ],
    [
      'an archive of a git host',
      withOne(
        'p@https://codeload.github.com/o/p/tar.gz/abc',
        'resolution: {tarball: https://codeload.github.com/o/p/tar.gz/abc}\nversion: 1.0.0',
        {
          specifier: 'github:o/p',
        },
      ),
      {
        version: '1.0.0',
        source: { kind: 'git', url: 'https://codeload.github.com/o/p/tar.gz/abc' },
      },
    ],
    [
      'another git host',
      withOne(
        'p@https://g.example/tar.gz/abc',
        'resolution: {gitHosted: true, tarball: https://g.example/tar.gz/abc}\nversion: 1.0.0',
        {
          specifier: 'git+https://g.example/p.git',
        },
      ),
      { version: '1.0.0', source: { kind: 'git', url: 'https://g.example/tar.gz/abc' } },
    ],
    [
      'git',
      withOne(
        'p@git+ssh://git@g.example/o/p.git#abc',
        'resolution: {commit: abc, repo: ssh://git@g.example/o/p.git, type: git}\nversion: 1.0.0',
        {
          specifier: 'git+ssh://git@g.example/o/p.git',
        },
      ),
      {
        version: '1.0.0',
        source: { kind: 'git', url: 'ssh://git@g.example/o/p.git#abc' },
      },
    ],
    [
      'a tarball in the project',
      withOne('p@file:p-1.0.0.tgz', `resolution: {integrity: ${A}, tarball: file:p-1.0.0.tgz}\nversion: 1.0.0`, {
        specifier: 'file:p-1.0.0.tgz',
      }),
      { version: '1.0.0', source: { kind: 'file', path: 'p-1.0.0.tgz' } },
    ],
    [
      'a resolver of the project',
      withOne('p@cdn:p', 'resolution: {type: custom:cdn, cdnUrl: https://x}', { specifier: 'cdn:p' }),
      {
        version: 'custom:cdn cdn:p',
        source: { kind: 'other', locator: 'custom:cdn cdn:p' },
      },
    ],
    [
      'one file for all platforms',
      withOne(
        'p@runtime:22.0.0',
        'resolution: {archive: tarball, bin: x, integrity: sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, type: binary, url: https://n.example/n.tgz}',
        {
          specifier: 'runtime:22.0.0',
        },
      ),
      { version: '22.0.0', source: { kind: 'http', url: 'https://n.example/n.tgz' } },
    ],
  ])('%s', (_what, text, expected) => {
    expect(sourceOf(text)).toEqual([{ name: 'p', ...expected }]);
  });

  it('a runtime has one address and hash for each platform, all of which count', () => {
    const variant = (cpu: string, integrity: string): string =>
      `    - resolution:\n        archive: tarball\n${integrity}        type: binary\n        url: https://n.example/${cpu}.tgz\n      targets:\n        - cpu: ${cpu}\n`;
    const sha256 = '        integrity: sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';
    const other = '        integrity: sha256-aiblNEH7fhCX+gsZYWAAoDCpuWFW6xWg/iJoLP3xmtI=\n';
    const runtime = (...integrity: string[]): string =>
      withOne(
        'node@runtime:26.7.0',
        `resolution:\n  type: variations\n  variants:\n${integrity.map((each, index) => variant(`x${index}`, each)).join('')}version: 26.7.0`,
        { alias: 'node', specifier: 'runtime:26.7.0' },
      );
    const node = only(read(runtime(sha256, other)), 'node');
    expect(node).toMatchObject({
      version: '26.7.0',
      artifacts: [{ source: { kind: 'http', url: 'https://n.example/x0.tgz' } }],
      direct: true,
    });
    expect(node.artifacts[0].digests.map(({ algorithm }) => algorithm)).toEqual(['sha256', 'sha256']);
    expect(refused(runtime(sha256, ''))).toContain('a variant has empty integrity');
  });

  it.each([
    ['with peers', 'p@file:packages/p(peer@1.0.0)'],
    ['without', 'p@file:packages/p'],
  ])('a folder is not fetched, %s', (_what, key) => {
    const text = withOne(key, 'resolution: {directory: packages/p, type: directory}', { specifier: 'workspace:*' });
    expect(skips(read(text))[1]).toMatch(/^link p@file:packages\/p$/);
    expect(skips(read(text.replace('packages:\n', '  packages/p: {}\n\npackages:\n')))[2]).toMatch(/^workspace p@file/);
  });

  it('a folder may be that of the lockfile: an empty text is a value', () => {
    const text = withOne('p@file:', "resolution: {directory: '', type: directory}", { specifier: 'file:.' });
    expect(skips(read(text))[1]).toBe('workspace p@file:');
    expect(refused(text.replace("directory: ''", 'path: x'))).toContain('the directory is missing');
    expect(refused(withOne('p@1.0.0', `resolution: {integrity: ${A}}\nversion: ''`))).toContain(
      'name or version is empty',
    );
  });

  it('a folder of a workspace may have no entry of its own', () => {
    const text = withOne('p@file:packages/p(peer@1.0.0)', 'resolution: {directory: packages/p, type: directory}', {
      specifier: 'workspace:*',
    });
    expect(skips(read(text.replace(/ {2}'p@file:packages\/p':\n.*\n/, '')))[1]).toMatch(/^link p@file/);
  });
});

describe('what a project asks a registry for', () => {
  const integrity = `resolution: {integrity: ${A}}`;

  const substitutesOf = (lockfile: Lockfile): unknown[] =>
    lockfile.dependencies.flatMap(({ name, version, substitutes = [] }) =>
      substitutes.map((one) => [`${name}@${version}`, one]),
    );

  it('cannot become another package', () => {
    const lockfile = read(withOne('evil@1.0.0', integrity, { version: 'evil@1.0.0' }));
    expect(lines(lockfile)).toEqual(['evil@1.0.0 direct in 2 places']);
    expect(substitutesOf(lockfile)).toEqual([['evil@1.0.0', { asked: 'p@^1.0.0', by: '.' }]]);
    expect(lockfile.entries).toBe(3);
    const asked = read(withOne('evil@1.0.0', integrity, { version: 'evil@1.0.0', specifier: 'npm:evil@^1.0.0' }));
    expect(lines(asked)).toEqual(['evil@1.0.0 direct']);
    expect(substitutesOf(asked)).toEqual([]);
  });

  it.each([
    ['a web address', 'https://x.example/p.tgz', `resolution: {integrity: ${A}, tarball: https://x.example/p.tgz}`],
    ['git', 'git+ssh://g.example/p#abc', 'resolution: {commit: abc, repo: ssh://g.example/p, type: git}'],
    ['a tarball of the project', 'file:p.tgz', `resolution: {integrity: ${A}, tarball: file:p.tgz}`],
    ['a folder', 'file:evil', 'resolution: {directory: evil, type: directory}'],
    ['a registry by another name', 'work:1.0.0', `resolution: {integrity: ${A}}`],
  ])('is not answered by %s', (_what, version, fields) => {
    const lockfile = read(withOne(`p@${version}`, fields, { version }));
    expect(substitutesOf(lockfile)).toMatchObject([[expect.stringMatching(/^p@/), { asked: 'p@^1.0.0', by: '.' }]]);
    expect(substitutesOf(read(withOne(`p@${version}`, fields, { version, specifier: version })))).toEqual([]);
  });

  it.each(['link:node_modules/evil', 'link:packages/evil', 'link:../evil', 'link:', 'link:.'])(
    'nor by %s',
    (version) => {
      const lockfile = read(withOne('q@1.0.0', integrity, { alias: 'p', version }));
      const folder = version === 'link:' ? 'link:.' : version;
      expect(substitutesOf(lockfile)).toEqual(
        folder === 'link:.' ? [] : [[`p@${folder}`, { asked: 'p@^1.0.0', by: '.' }]],
      );
    },
  );

  it('is what a catalog says', () => {
    const catalogs = (specifier: string): string =>
      withOne('evil@1.0.0', integrity, {
        version: 'evil@1.0.0',
        specifier: "'catalog:'",
        top: `catalogs:\n  default:\n    p:\n      specifier: ${specifier}\n      version: 1.0.0\n`,
      });
    expect(substitutesOf(read(catalogs('^1.0.0')))).toHaveLength(1);
    expect(substitutesOf(read(catalogs('npm:evil@1')))).toEqual([]);
  });

  it('a package that asks for code outside of the registry is said to', () => {
    const text = withOne('p@1.0.0', integrity)
      .replace(
        "'p@1.0.0': {}",
        `p@1.0.0:\n    dependencies:\n      q: https://x.example/q.tgz\n\n  q@https://x.example/q.tgz: {}`,
      )
      .replace(
        'snapshots:',
        `  q@https://x.example/q.tgz:\n    resolution: {tarball: https://x.example/q.tgz}\n    version: 1.0.0\n\nsnapshots:`,
      );
    expect(only(read(text), 'p').exotic).toEqual([{ name: 'q', spec: 'https://x.example/q.tgz' }]);
    expect(only(read(text), 'q').artifacts[0].digests).toEqual([]);
  });
});

describe('patches', () => {
  it('are named by file or hash', () => {
    const patched = (top: string, key = 'p@1.0.0(patch_hash=cafe)'): string[] =>
      lines(read(withOne(key, `resolution: {integrity: ${A}}`, { top, version: key.slice(2) })));
    expect(patched('patchedDependencies:\n  p@1.0.0:\n    hash: cafe\n    path: patches/p.patch\n')).toEqual([
      'p@1.0.0 direct patch patches/p.patch in 2 places',
    ]);
    expect(patched('patchedDependencies:\n  p: cafe\n')).toEqual(['p@1.0.0 direct patch cafe in 2 places']);
    expect(patched('')).toEqual(['p@1.0.0 direct patch cafe in 2 places']);
    expect(patched('patchedDependencies:\n  q@1.0.0: cafe\n', 'p@1.0.0')).toEqual(['p@1.0.0 direct']);
  });
});

describe('version 5', () => {
  const V5 = `lockfileVersion: 5.4

specifiers:
  a: ^1.0.0
  '@s/b': ^1.0.0
  g: github:o/g

dependencies:
  a: 1.0.0_peer@2.0.0
  g: github.com/o/g/0123456789abcdef

devDependencies:
  '@s/b': 1.0.0_@x+y@1.0.0+peer@2.0.0

packages:

  /@s/b/1.0.0_@x+y@1.0.0+peer@2.0.0:
    resolution: {integrity: ${B}}
    dependencies:
      peer: 2.0.0
    dev: true

  /a/1.0.0_peer@2.0.0:
    resolution: {integrity: ${A}}
    dependencies:
      peer: 2.0.0
    dev: false

  /peer/2.0.0:
    resolution: {integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=}

  /pre/1.0.0-rc.1+build.5:
    resolution: {integrity: ${A}}

  r.example+4873/q/1.0.0:
    resolution: {integrity: ${A}, registry: 'http://r.example:4873/', tarball: q/-/q-1.0.0.tgz}

  github.com/o/g/0123456789abcdef:
    resolution: {tarball: https://codeload.github.com/o/g/tar.gz/0123456789abcdef}
    name: g
    version: 3.0.0
    dev: false
`;

  it('is read with each spelling of a key', () => {
    expect(lines(read(V5))).toEqual([
      '@s/b@1.0.0 direct dev',
      'a@1.0.0 direct',
      'peer@2.0.0',
      'pre@1.0.0-rc.1+build.5',
      'q@1.0.0 http://r.example:4873/q/-/q-1.0.0.tgz',
      'g@3.0.0 git direct',
    ]);
    expect(only(read(V5), 'peer').artifacts[0].digests[0]?.algorithm).toBe('sha1');
  });

  it('does not believe a flag of its own', () => {
    expect(lines(read(V5.replace('    dev: false\n', '    dev: true\n')))[1]).toBe('a@1.0.0 direct');
  });

  it('does not believe another name beside the key', () => {
    expect(refused(V5.replace('/peer/2.0.0:\n', '/peer/2.0.0:\n    name: evil\n'))).toMatch(
      /:29: .*name or version is not that of the key/,
    );
  });

  it('may have importers and brackets', () => {
    const lockfile = read(`lockfileVersion: 5.4-inlineSpecifiers
importers:
  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(peer@2.0.0)
packages:
  /a/1.0.0(peer@2.0.0):
    resolution: {integrity: ${A}}
`);
    expect(lines(lockfile)).toEqual(['a@1.0.0 direct']);
  });
});

describe('version 6', () => {
  it('is read with each spelling of a key', () => {
    const lockfile = read(`lockfileVersion: '6.0'

dependencies:
  a:
    specifier: ^1.0.0
    version: 1.0.0(patch_hash=cafe)(@x/peer@2.0.0)
  alias:
    specifier: npm:@x/peer@2
    version: /@x/peer@2.0.0

packages:

  /@x/peer@2.0.0:
    resolution: {integrity: ${A}}

  /a@1.0.0(patch_hash=cafe)(@x/peer@2.0.0):
    resolution: {integrity: ${A}}
    dependencies:
      '@x/peer': 2.0.0
      t: '@x.example/t.tgz'
    patched: true

  r.example/q@1.0.0:
    resolution: {integrity: ${A}}

  '@x.example/t.tgz':
    resolution: {integrity: ${A}, tarball: https://x.example/t.tgz}
    name: t
    version: 1.0.0

  file:packages/w(a@1.0.0):
    resolution: {directory: packages/w, type: directory}
    id: file:packages/w
    name: w
`);
    expect(lines(lockfile)).toEqual(['@x/peer@2.0.0 direct', 'a@1.0.0 direct patch cafe', 'q@1.0.0', 't@1.0.0 http']);
    expect(skips(lockfile)).toEqual(['root .', 'link file:packages/w(a@1.0.0)']);
  });
});

describe('documents', () => {
  const ENV = `---
lockfileVersion: '9.0'

importers:

  .:
    configDependencies:
      c:
        specifier: 1.0.0
        version: 1.0.0
    packageManagerDependencies:
      pnpm:
        specifier: 11.0.0
        version: 11.0.0

packages:

  c@1.0.0:
    resolution: {integrity: ${A}}

  pnpm@11.0.0:
    resolution: {integrity: ${B}}

snapshots:

  c@1.0.0: {}

  pnpm@11.0.0: {}

`;

  it('what pnpm and its configuration need comes before the project', () => {
    const lockfile = read(`${ENV}---\n${V9}`);
    expect(lines(lockfile).slice(0, 3)).toEqual(['c@1.0.0 direct', 'pnpm@11.0.0 direct', '@s/b@1.0.0 direct']);
    expect(lockfile.entries).toBe(read(V9).entries + 3);
    expect(read(`${ENV}---\n${V9}`.replaceAll('\n', '\r\n')).dependencies).toEqual(lockfile.dependencies);
  });

  it.each([
    ['one document after the marks', ENV],
    ['two without marks in the first line', `${V9}---\n${V9}`],
    ['a comment before the marks', `# x\n${ENV}---\n${V9}`],
    ['three', `${ENV}---\n${V9}---\n${V9}`],
  ])('%s are refused, as not every pnpm reads the same', (_what, text) => {
    expect(refused(text)).toMatch(
      /^pnpm-lock\.yaml:\d+: has \d YAML documents (?:after|without) "---" in its first line/,
    );
  });
});

describe('refused', () => {
  const integrity = `resolution: {integrity: ${A}}`;
  const one = withOne('p@1.0.0', integrity);

  it.each<[string, string, RegExp]>([
    ['version 4', 'shrinkwrapVersion: 4\n', /:1: this is a lockfile of pnpm 2 or older; let pnpm write/],
    [
      'version 5.0',
      'lockfileVersion: 5\n',
      /:1: lockfileVersion is "5"; supported are 5\.1 to 5\.4, 6\.0, 6\.1, 9\.0 and 13\.0; let pnpm write/,
    ],
    ['version 7', "lockfileVersion: '7.0'\n", /lockfileVersion is "7\.0"; .*let pnpm write/],
    [
      'version 14',
      "lockfileVersion: '14.0'\n",
      /lockfileVersion is "14\.0"; .*newer than this assay knows; update assay/,
    ],
    ['a version of another type', 'lockfileVersion: [9]\n', /lockfileVersion is of another type/],
    ['no version', 'packages: {}\n', /has no lockfileVersion/],
    ['an empty file', '', /"the document" is not an object; let pnpm write/],
    ['a list', '- a\n', /"the document" is not an object/],
    ['snapshots in version 6', one.replace('9.0', '6.0'), /:16: lockfileVersion 6\.0 does not go with a "snapshots"/],
    [
      'no snapshots in version 9',
      one.replace(/snapshots:[^]*/, ''),
      /:11: lockfileVersion 9\.0 does not go with no "snapshots"/,
    ],
    [
      'a conflict',
      one.replace('packages:', '<<<<<<< HEAD\npackages:\n=======\n>>>>>>> b'),
      /:11: has marks of a git merge conflict; resolve it, then run pnpm install/,
    ],
    [
      'a dependency without an entry',
      one.replace("version: '1.0.0'", "version: '2.0.0'"),
      /:7: "\." asks for "p@2\.0\.0", which has no entry/,
    ],
    [
      'a snapshot without an entry',
      one.replace("'p@1.0.0':\n    res", "'q@1.0.0':\n    res"),
      /:18: "p@1\.0\.0" has no entry in packages/,
    ],
    [
      'a git source under the key of a registry',
      withOne('p@1.0.0', 'resolution: {commit: abc, repo: x, type: git}'),
      /has the key of a registry package and does not come from/,
    ],
    [
      'a folder under the key of a registry',
      withOne('p@1.0.0', 'resolution: {directory: x, type: directory}'),
      /has the key of a registry package/,
    ],
    [
      'a resolver under the key of a registry',
      withOne('p@1.0.0', 'resolution: {type: custom:x}'),
      /has the key of a registry package/,
    ],
    [
      'a git host under the key of a registry',
      withOne('p@1.0.0', `resolution: {integrity: ${A}, gitHosted: true}`),
      /has the key of a registry package/,
    ],
    [
      'another version beside the key',
      withOne('p@1.0.0', `${integrity}\nversion: 2.0.0`),
      /name or version is not that of the key/,
    ],
    [
      'a folder under a name that is none',
      withOne('p@1.0.0', integrity, { version: 'link:x', alias: "'&x c'" }),
      /:7: "&x c" is no name of a package, and is to be a folder/,
    ],
    [
      'a version in a snapshot, which pnpm would believe',
      one.replace("'p@1.0.0': {}", "'p@1.0.0':\n    version: 2.0.0"),
      /the snapshot of "p@1\.0\.0" has "version", which belongs into packages/,
    ],
    ['no resolution', withOne('p@1.0.0', 'hasBin: true'), /:13: "p@1\.0\.0": has no resolution/],
    [
      'a hash that is none',
      withOne('p@1.0.0', 'resolution: {integrity: sha512-AAAA}'),
      /:14: "p@1\.0\.0": sha512 integrity has 3 bytes/,
    ],
    ['a key without a version', withOne('p', integrity, { version: 'x' }), /"p" is not a key that pnpm writes/],
    ['a name that is none', withOne('.p@1.0.0', integrity, { alias: '.p' }), /"\.p" is not a package name/],
    ['an address that is none', withOne('p@x:y', 'resolution: {tarball: x}'), /"x" is neither an address nor a path/],
    ['neither a version nor an address', withOne('p@x:y', integrity), /has neither a version nor an address/],
    [
      'a control character in a key',
      one.replace("  'p@1.0.0': {}", '  "p@1.0.0\\u0007": {}'),
      /"p@1\.0\.0\\u0007" is not a key/,
    ],
    ['a reference that is not text', one.replace("version: '1.0.0'", 'version: 1'), /the version of "p" is not text/],
    [
      'packages that are a list',
      one.replace(/packages:[^]*?snapshots:/, 'packages:\n  - a\nsnapshots:'),
      /"packages" is not an object/,
    ],
  ])('%s', (_what, text, message) => {
    expect(refused(text)).toMatch(message);
  });

  it('shrinkwrap.yaml, of pnpm 2 and older', () => {
    expect(refusal('dependencies:\n  a: 1.0.0\nshrinkwrapVersion: 4\n', 'shrinkwrap.yaml').message).toMatch(
      /^shrinkwrap\.yaml:3: this is a lockfile of pnpm 2 or older/,
    );
  });
});
