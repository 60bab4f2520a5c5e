import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PYPI_FORMATS } from '../../src/lockfiles/pypi/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { LockfileError } from '../../src/readers/error.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { SAMPLES } from './samples.ts';

type Files = Readonly<Record<string, string>>;

function read(file: string, text: string | Buffer, files: Files = {}): Lockfile {
  const format = PYPI_FORMATS.find(
    ({ fileNames, otherFiles }) => fileNames.includes(basename(file)) || otherFiles?.test(file) === true,
  );
  if (format === undefined) throw new Error(`no format reads ${file}`);
  return format.parse(file, Buffer.from(text), new Map(Object.entries(files)), []);
}
function problemOf(file: string, text: string | Buffer, files: Files = {}): string {
  try {
    read(file, text, files);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
}
const hex = (digit: string): string => digit.repeat(64);
const specs = (lockfile: Lockfile): readonly string[] =>
  lockfile.dependencies.map(({ name, version }) => `${name}@${version}`);
const hashes = (lockfile: Lockfile): readonly (readonly string[])[] =>
  lockfile.dependencies.map(({ artifacts }) =>
    artifacts.flatMap(({ digests }) => digests.map((one) => one.hex[0] ?? '')),
  );

describe('requirements', () => {
  const of = (text: string, files: Files = {}): Lockfile => read('requirements.txt', text, files);
  const A = `--hash=sha256:${hex('a')}`;

  it('keep every hash of a set as an artifact, an extra one too', () => {
    const { dependencies } = of(`Foo_Bar==1.0 ${A} --hash sha512:${'b'.repeat(128)}\n`);
    expect(dependencies).toMatchObject([
      {
        ecosystem: 'pypi',
        name: 'foo-bar',
        version: '1.0',
        artifacts: [
          {
            file: null,
            digests: [{ algorithm: 'sha256', hex: hex('a') }],
            source: { kind: 'registry', resolved: null },
          },
          { file: null, digests: [{ algorithm: 'sha512' }] },
        ],
      },
    ]);
  });

  it('have comments that swallow no line, as pip reads them', () => {
    expect(specs(of(`# a comment \\\nevil==1.0 ${A}\n`))).toEqual(['evil@1.0']);
    expect(specs(of(`a==1.0 \\\n  # comment \\\nevil==1.0 ${A}\n`))).toEqual(['a@1.0', 'evil@1.0']);
    expect(hashes(of(`a==1.0 \\\n    ${A} # why\nb==2 # ${A}\n`))).toEqual([['a'], []]);
    expect(specs(of('a==1.0#no-comment'.replace('#', ' #')))).toEqual(['a@1.0']);
  });

  it('report what names no single version, and skip none of it', () => {
    for (const line of ['a', 'a>=1', 'a==1.*', 'a==1,==1', 'a~=1.0', `a<2 ${A}`]) {
      const { dependencies, findings } = of(`${line}\nb==1\n`);
      expect(
        dependencies.map(({ name }) => name),
        line,
      ).toEqual(['b']);
      expect(findings, line).toMatchObject([{ place: { line: 1 }, finding: { code: 'lockfile-not-used' } }]);
    }
  });

  it('say that several indexes may answer, without passwords', () => {
    const { findings } = of('--extra-index-url https://u:secret@x.example/simple\na==1\n');
    expect(findings).toMatchObject([
      {
        finding: {
          code: 'lockfile-index-ambiguous',
          args: { indexes: ['https://pypi.org/simple', 'https://x.example/simple'] },
        },
      },
    ]);
    expect(of('-i https://x.example/simple\na==1\n').findings).toBeUndefined();
    expect(of('--index-url=https://x.example/simple\na==1\n').dependencies).toMatchObject([
      { index: 'https://x.example/simple' },
    ]);
    expect(of('--no-index\n-f ./wheels\na==1\n').findings).toBeUndefined();
  });

  it('read what they include, and take versions from constraints', () => {
    const files = { 'r/base.txt': `-c ../c.txt\na\n`, 'c.txt': `a==1.0 ${A}\nunused==2\n` };
    const lockfile = of('-rr/base.txt\nb==1\n', files);
    expect(specs(lockfile)).toEqual(['a@1.0', 'b@1']);
    expect(lockfile.dependencies[0]?.places).toMatchObject([{ file: 'r/base.txt', line: 2 }]);
    expect(problemOf('requirements.txt', '-r missing.txt\n')).toContain('is no file of this project');
    expect(problemOf('requirements.txt', '-r https://x.example/r.txt\n')).toContain('is no file of this project');
    expect(problemOf('requirements.txt', '-r /etc/passwd\n')).toContain('is no file of this project');
    expect(problemOf('requirements.txt', '-r a.txt\n', { 'a.txt': '-r b.txt\n', 'b.txt': '-r a.txt\n' })).toContain(
      'includes itself',
    );
  });

  it('have one version where a comma follows it, as pip takes it', () => {
    expect(specs(of(`a==1.2.3, ${A}\nb== 2 , ${A}\n`))).toEqual(['a@1.2.3', 'b@2']);
  });

  it('take no folder for a version that has a slash', () => {
    for (const text of [`a===3.0\\ ${A}`, 'a===1/2', 'a==1.0/', 'a>=1\\x', 'a (==1/2)', 'a[x]===./y']) {
      expect(problemOf('requirements.txt', text), text).toContain('is not a requirement');
    }
  });

  it('take no folder for what is neither a path nor a requirement', () => {
    for (const text of ['a:', 'a:b', 'a: ==1', 'x:==1.0']) {
      expect(problemOf('requirements.txt', text), text).toContain('is not a requirement');
    }
    for (const text of ['./a', 'a/', 'C:\\\\folder', 'C:/folder', 'file:folder', '..']) {
      expect(of(text).skipped, text).toHaveLength(1);
    }
  });

  it('have other sources than an index', () => {
    const lockfile = of(
      [
        `a @ https://x.example/a-1.0-py3-none-any.whl#sha256=${hex('c')} ; python_version > "3"`,
        'https://x.example/b-1.0.tar.gz',
        '-e git+https://x.example/c.git@abc#egg=C',
        './folder',
        '-e .',
        './d-1.0.tar.gz',
      ].join('\n'),
    );
    expect(
      lockfile.dependencies.map(({ name, artifacts }) => [name, artifacts[0].source.kind, artifacts[0].file]),
    ).toEqual([
      ['a', 'http', 'a-1.0-py3-none-any.whl'],
      ['b', 'http', 'b-1.0.tar.gz'],
      ['c', 'git', null],
      ['d', 'file', 'd-1.0.tar.gz'],
    ]);
    expect(hashes(lockfile)[0]).toEqual(['c']);
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['link', 'root']);
  });

  it.each([
    ['a==1 --hash=md5:d41d8cd98f00b204e9800998ecf8427e', 'md5 locks nothing'],
    [`a==1 --hash=sha1:${'a'.repeat(40)}`, 'sha1 locks nothing'],
    ['a==1 --hash=sha256:abc', 'is not a sha256 hash'],
    [`a==1 --hash=crc:${hex('a')}`, 'is not a hash function'],
    ['a==1 --frobnicate', 'is no option'],
    ['a==1 --no', 'is no option'],
    ['a==not.a.version', 'is not a requirement'],
    ['a==${VERSION}', 'has a variable'],
    ['a==1\u2028b==2', 'control characters'],
    ['a==1\x0bb==2', 'control characters'],
    ['# coding: utf-7\na==1', 'says that it is written in'],
    [A, 'has a hash and no requirement'],
    ['a==1 --hash="sha256:', 'has a quote without an end'],
    ['a==1 b==2', 'is not a requirement'],
    ['-r ${PIP_DEFAULT_TIMEOUT}.txt', 'has a variable'],
    ['-c${X}', 'has a variable'],
    ['a==${X}', 'has a variable'],
    ['a @ https://e.example/${X}/a-1.zip', 'has a variable'],
    ['--index-url https://${GITHUB_HEAD_REF}:x@pypi.org/simple', 'has a variable'],
    ['--index-url https://e.example/${TOKEN}@pypi.org/simple', 'has a variable'],
    ['a==1 \\\n --hash=sha256:${X}', 'has a variable'],
    ...['\ufeff', '\u00a0', '\u3000', '\u2003', '\u1680', 'é'].flatMap((odd) => [
      [`a==1${odd}#b`, ''] as [string, string],
      [`${odd}# b`, ''] as [string, string],
      [`-r${odd}b.txt`, ''] as [string, string],
    ]),
    ...['\u2028', '\u2029', '\x85', '\v', '\f', '\x1c', '\x1d', '\x1e'].map((end): [string, string] => [
      `# note${end}evil==1`,
      'line end',
    ]),
  ])('%j is refused', (text, problem) => {
    expect(problemOf('requirements.txt', text)).toContain(problem);
  });
});

describe('uv.lock', () => {
  const entry = (name: string, version: string, rest = ''): string =>
    `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = { registry = "https://pypi.org/simple" }\n${rest}\n`;
  const of = (text: string): Lockfile => read('uv.lock', `version = 1\nrevision = 9\n${text}`);
  const problem = (text: string): string => problemOf('uv.lock', text);

  it('keeps each file, with the address that uv fetches, and one without a hash', () => {
    const lockfile = of(
      entry(
        'a',
        '1.0',
        `wheels = [\n{ url = "https://evil.example/a-1.0-1-py3-none-any.whl", hash = "sha256:${hex('a')}" },\n{ url = "https://x.example/a-1.0.whl" } ]`,
      ),
    );
    expect(lockfile.dependencies[0]?.artifacts).toMatchObject([
      {
        file: 'a-1.0-1-py3-none-any.whl',
        digests: [{ hex: hex('a') }],
        source: { resolved: 'https://evil.example/a-1.0-1-py3-none-any.whl' },
      },
      { file: 'a-1.0.whl', digests: [] },
    ]);
    expect(of(entry('a', '1.0')).dependencies[0]?.artifacts).toMatchObject([{ file: null, digests: [] }]);
  });

  it('has several versions of one name, sources of other kinds, and folders', () => {
    const lockfile = of(
      `${entry('a', '1.0')}${entry('a', '2.0')}
[[package]]
name = "g"
version = "1"
source = { git = "https://x.example/g?rev=v1#abc" }
[[package]]
name = "u"
version = "1"
source = { url = "https://x.example/u-1.tar.gz" }
sdist = { hash = "sha256:${hex('b')}" }
[[package]]
name = "p"
version = "0"
source = { editable = "." }
dependencies = [{ name = "a", version = "2.0", source = { registry = "https://pypi.org/simple" } }]
[package.dev-dependencies]
dev = [{ name = "g" }]
[[package]]
name = "l"
version = "0"
source = { directory = "../l" }
`,
    );
    expect(lockfile.dependencies.map((one) => [one.name, one.version, one.direct, one.dev])).toEqual([
      ['a', '1.0', false, false],
      ['a', '2.0', true, false],
      ['g', '1', true, true],
      ['u', '1', false, false],
    ]);
    expect(lockfile.dependencies.map(({ artifacts }) => artifacts[0].source.kind)).toEqual([
      'registry',
      'registry',
      'git',
      'http',
    ]);
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['root', 'link']);
  });

  it('has lines that no multi-line string moves', () => {
    const text = `${entry('a', '1.0', 'marker = """\n[[package]]\nname = "x"\n"""')}# [[package]]\n${entry('b', '1.0')}`;
    expect(of(text).dependencies.map(({ places }) => places[0]?.line)).toEqual([3, 12]);
  });

  it.each([
    ['version = 2\n', 'has version "2", and assay reads version 1'],
    ['', 'has no version'],
    [`version = 1\n${entry('a', '1.0')}${entry('A', '1.0')}`, 'stands in line 2 already'],
    [`version = 1\n${entry('a_b', '1.0')}${entry('a.b', '1.0')}`, 'stands in line 2 already'],
    [`version = 1\n${entry('a', '1.0', 'dependencies = [{ name = "gone" }]')}`, 'asks for gone, which has no entry'],
    [
      `version = 1\n${entry('a', '1.0')}${entry('a', '2.0')}${entry('b', '1', 'dependencies = [{ name = "a" }]')}`,
      'has several entries',
    ],
    [`version = 1\n[options]\nhash = "sha256:${hex('a')}"\n`, 'where none belongs'],
    [`version = 1\n${entry('a', '1.0', 'name = "b"')}`, 'not valid TOML'],
    [`version = 1\n${entry('a', 'x')}`, 'is not a version'],
    [
      `version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "x", git = "y" }\n`,
      'source that assay does not know',
    ],
    [
      `version = 1\n${entry('a', '1', `wheels = [{ url = "https://x.example/a.whl", hash = "sha256:zz" }]`)}`,
      'is not a sha256 hash',
    ],
    [`version = 1\n${'a.'.repeat(20_000)}b = 1\n`, 'nested deeper'],
    ['version = 1\n\u0000', 'not valid TOML'],
  ])('%j is refused', (text, said) => {
    expect(problem(text)).toContain(said);
  });

  it('that is not UTF-8 is refused, and a byte order mark changes nothing', () => {
    expect(problemOf('uv.lock', Buffer.from([0x76, 0xff]))).toContain('not valid UTF-8');
    expect(specs(read('uv.lock', `\ufeffversion = 1\r\n${entry('a', '1.0').replaceAll('\n', '\r\n')}`))).toEqual([
      'a@1.0',
    ]);
  });
});

describe('pylock.toml', () => {
  const head = 'lock-version = "1.0"\ncreated-by = "uv"\n';
  const wheel = `[[packages.wheels]]\nurl = "https://x.example/a-1.0-py3-none-any.whl"\nhashes = { sha256 = "${hex('a')}", sha512 = "${'b'.repeat(128)}" }\n`;

  it('keeps the identities that it expects, and is read under other names', () => {
    const text = `${head}[[packages]]\nname = "a"\n${wheel}[[packages.attestation-identities]]\nkind = "GitHub"\nrepository = "o/r"\n`;
    const lockfile = read('pylock.dev.toml', text);
    expect(lockfile).toMatchObject({ manager: 'uv', format: 'pylock 1.0' });
    expect(lockfile.dependencies).toMatchObject([
      { version: '1.0', attestationIdentities: [{ kind: 'GitHub', fields: { repository: 'o/r' } }] },
    ]);
    expect(hashes(lockfile)).toEqual([['a', 'b']]);
  });

  it.each([
    [`${head}[[packages]]\nname = "a"\n`, 'no files'],
    [
      `${head}[[packages]]\nname = "a"\n[packages.vcs]\ntype = "git"\nurl = "u"\ncommit-id = "c"\n${wheel}`,
      'one kind of source',
    ],
    [
      `${head}[[packages]]\nname = "a"\n[packages.directory]\npath = "."\n[packages.archive]\npath = "a.zip"\n`,
      'one kind of source',
    ],
    [`${head}[[packages]]\nname = "a"\nwheels = [{ url = "https://x.example/a.whl", hashes = {} }]\n`, 'has no hashes'],
    ['lock-version = "1.1"\ncreated-by = "x"\npackages = []\n', 'and assay reads "1.0"'],
    ['lock-version = "1.0"\npackages = []\n', 'has no created-by'],
    [head, 'has no packages'],
  ])('%j is refused', (text, said) => {
    expect(problemOf('pylock.toml', text)).toContain(said);
  });
});

describe('byte order marks', () => {
  it.each([...new Set(PYPI_FORMATS.flatMap(({ fileNames }) => fileNames))])(
    'of %s: one is passed over, two are refused, and so is one further on',
    (file) => {
      const text = SAMPLES.find((sample) => sample.file === file)?.text ?? '';
      const before = specs(read(file, text));
      expect(specs(read(file, `\ufeff${text}`))).toEqual(before);
      expect(problemOf(file, `\ufeff\ufeff${text}`)).not.toBe('read');
      expect(problemOf(file, `\n\ufeff${text}`)).not.toBe('read');
    },
  );
});

describe('what a lockfile says of itself', () => {
  const ODD = '\\u202e\\u001b[2J';
  it.each([
    ['uv.lock', `version = "${ODD}"\n`],
    [
      'uv.lock',
      `version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n[package.dev-dependencies]\n"${ODD}" = 1\n`,
    ],
    ['poetry.lock', `[metadata]\nlock-version = "${ODD}"\n`],
    ['poetry.lock', `[metadata.files]\n"${ODD}" = 1\n`],
    ['pdm.lock', `[metadata]\nlock_version = "${ODD}"\n`],
    ['pdm.lock', `[metadata]\nlock_version = "4.5.0"\n[metadata.files]\n"${ODD}" = []\n`],
    ['pylock.toml', `lock-version = "${ODD}"\n`],
    [
      'pylock.toml',
      `lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "1"\nsdist = { url = "https://x.example/a-1.zip", hashes = { "${ODD}" = 1 } }\n`,
    ],
    [
      'pylock.toml',
      `lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "1"\nsdist = { url = "https://x.example/a-1.zip", hashes = { sha256 = "${hex('a')}" } }\n[[packages.attestation-identities]]\nkind = "k"\n"${ODD}" = 1\n`,
    ],
    ['Pipfile.lock', `{"_meta":{"pipfile-spec":6,"sources":[]},"${ODD}":1}`],
    ['Pipfile.lock', `{"_meta":{"pipfile-spec":6,"sources":[]},"default":{"a":{"${ODD}":1,"index":"${ODD}"}}}`],
  ])('reaches no terminal in a refusal of %s: %j', (file, text) => {
    expect(problemOf(file, text)).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
    expect(problemOf(file, text)).not.toBe('read');
  });
});

describe('several indexes in pyproject.toml', () => {
  const locks = {
    poetry: ['poetry.lock', '[metadata]\nlock-version = "2.1"\n'],
    pdm: ['pdm.lock', '[metadata]\nlock_version = "4.5.0"\n'],
  } as const;
  const source = (tool: string, name: string, more: string): string =>
    `[[tool.${tool}.source]]\nname = "${name}"\nurl = "https://u:secret@${name}.example/simple/"\n${more}\n`;
  const indexesOf = (tool: keyof typeof locks, sources: string): unknown => {
    const [file, text] = locks[tool];
    const { findings } = read(file, text, { 'pyproject.toml': `[project]\nname = "x"\n${sources}` });
    if (findings === undefined) return null;
    expect(findings).toMatchObject([
      { place: { file: 'pyproject.toml', line: 3 }, finding: { code: 'lockfile-index-ambiguous' } },
    ]);
    return (findings[0]?.finding.args as { indexes: unknown }).indexes;
  };
  const PYPI = 'https://pypi.org/simple';
  const [A, B] = ['https://a.example/simple', 'https://b.example/simple'];

  it.each([
    ['poetry', '', null],
    ['poetry', source('poetry', 'a', ''), null],
    ['poetry', source('poetry', 'a', 'priority = "explicit"'), null],
    ['poetry', source('poetry', 'a', 'priority = "supplemental"'), [PYPI, A]],
    ['poetry', source('poetry', 'a', 'secondary = true'), [PYPI, A]],
    ['poetry', source('poetry', 'a', '') + source('poetry', 'b', ''), [A, B]],
    ['poetry', source('poetry', 'a', '') + source('poetry', 'b', 'priority = "explicit"'), null],
    ['poetry', `${source('poetry', 'a', '')}[[tool.poetry.source]]\nname = "PyPI"\n`, [A, PYPI]],
    ['pdm', '', null],
    ['pdm', source('pdm', 'a', ''), [PYPI, A]],
    ['pdm', source('pdm', 'pypi', ''), null],
    ['pdm', source('pdm', 'pypi', '') + source('pdm', 'b', ''), ['https://pypi.example/simple', B]],
    // Packages that no pattern includes are asked for there, too.
    ['pdm', source('pdm', 'a', 'include_packages = ["ours-*"]'), [PYPI, A]],
    ['pdm', source('pdm', 'a', 'include_packages = ["ours-*"]\nexclude_packages = ["*"]'), null],
  ] as const)('of %s: %j', (tool, sources, expected) => {
    expect(indexesOf(tool, sources)).toEqual(expected);
  });
});

describe('files of other names', () => {
  const formatOf = (name: string) => PYPI_FORMATS.find((one) => one.name === name);

  it('are requirements, or pylock.toml, only by these patterns', () => {
    const named = (format: string, path: string): boolean => formatOf(format)?.otherFiles?.test(path) === true;
    for (const path of [
      'dev-requirements.txt',
      'requirements-dev.txt',
      'requirements/base.txt',
      'a/requirements.in.txt',
    ]) {
      expect(named('pip', path), path).toBe(true);
    }
    for (const path of ['requirements.in', 'notes.txt', 'requirements/a/b.txt', 'requirements.txt.bak']) {
      expect(named('pip', path), path).toBe(false);
    }
    for (const path of ['pylock.dev.toml', 'a/pylock.x-y.toml']) expect(named('pylock', path), path).toBe(true);
    for (const path of ['pylock..toml', 'pylock.a.b.toml', 'xpylock.a.toml']) {
      expect(named('pylock', path), path).toBe(false);
    }
  });

  it('are lockfiles by their text: requirements with a hash', () => {
    const isLocked = (text: string): boolean => formatOf('pip')?.isLocked?.(text) === true;
    for (const text of ['a==1 --hash=sha256:x', 'a==1 \\\n  --hash sha256:x', '--hash='])
      expect(isLocked(text)).toBe(true);
    for (const text of ['a==1', '# no--hash=x', 'a==1 --hashes', '']) expect(isLocked(text)).toBe(false);
  });
});

describe('poetry.lock, pdm.lock and Pipfile.lock', () => {
  it('of Poetry 1 has files by name, of which each version has its own', () => {
    const lockfile = read(
      'poetry.lock',
      `[[package]]\nname = "a"\nversion = "1.0"\n[[package]]\nname = "a"\nversion = "2.0"\n[metadata]\nlock-version = "1.1"\n[metadata.files]\na = [{ file = "a-1.0.tar.gz", hash = "sha256:${hex('a')}" }, { file = "a-2.0.tar.gz", hash = "sha256:${hex('b')}" }, { file = "a-3.0.tar.gz", hash = "sha256:${hex('c')}" }]\n`,
    );
    expect(hashes(lockfile)).toEqual([
      ['a', 'c'],
      ['b', 'c'],
    ]);
  });

  it('of Poetry and PDM refuse what has no entry, and other versions', () => {
    expect(problemOf('poetry.lock', '[metadata]\nlock-version = "3.0"\n')).toContain('has lock-version "3.0"');
    expect(problemOf('poetry.lock', '[metadata.files]\nx = []\n')).toContain('has files of x, which has no entry');
    expect(problemOf('pdm.lock', '[metadata]\nlock_version = "5.0"\n')).toContain('has lock_version "5.0"');
    expect(problemOf('pdm.lock', '[metadata]\nlock_version = "4.3"\n[metadata.files]\n"x 1" = []\n')).toContain(
      'which has no entry',
    );
  });

  it('of Poetry say what the project asks for by its pyproject.toml', () => {
    const text =
      '[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "b"\nversion = "1"\n[metadata]\nlock-version = "2.1"\n';
    const { dependencies } = read('poetry.lock', text, { 'pyproject.toml': '[project]\ndependencies = ["A>=1"]\n' });
    expect(dependencies.map(({ direct }) => direct)).toEqual([true, false]);
  });

  it('of pipenv refuse keys that are one package, however they are written', () => {
    const of = (entries: string): string => `{"_meta":{"pipfile-spec":6,"sources":[]},"default":{${entries}}}`;
    expect(problemOf('Pipfile.lock', of('"a":{"version":"==1"},"a":{"version":"==2"}'))).toContain('stands twice');
    expect(problemOf('Pipfile.lock', of('"a.b":{"version":"==1"},"a-b":{"version":"==2"}'))).toContain(
      'is the same package',
    );
    expect(problemOf('Pipfile.lock', '{"_meta":{"pipfile-spec":7}}')).toContain('has pipfile-spec 7');
    const { dependencies, findings } = read(
      'Pipfile.lock',
      of('"a":{"version":"*"},"b":{"version":"==1","hashes":[]}'),
    );
    expect([dependencies.map(({ name }) => name), findings?.length]).toEqual([['b'], 1]);
  });

  const ofPipenv = (entry: string): string => `{"_meta":{"pipfile-spec":6,"sources":[]},"default":{"a":{${entry}}}}`;

  it.each([
    // pipenv sync installed a wheel of this hash, whatever is in hashes.
    [`"markers":"python_version > '3' --hash=sha256:${hex('b')}"`, 'markers has more than one thing'],
    [`"markers":"python_version != ' --hash=sha256:${hex('b')} '"`, 'markers has more than one thing'],
    [`"markers":"python_version > '3' # "`, 'markers has more than one thing'],
    [`"markers":"python_version > '3'\\n"`, 'control characters'],
    [`"os_markers":"\\nb @ https://x.example/b.whl"`, 'control characters'],
    [`"os_markers":"; os_name == 'nt' --hash=sha256:${hex('b')}"`, 'os_markers has more than one thing'],
    [`"extras":["x] @ https://x.example/b.whl # "]`, 'an extra is no name'],
    [`"subdirectory":"x --hash=y"`, 'subdirectory has more than one thing'],
    [`"markers":"$\{X}"`, 'markers has more than one thing'],
  ])('of pipenv bring no other requirement and no other hash into the line for pip: %s', (field, problem) => {
    const text = ofPipenv(`"version":"==1","hashes":["sha256:${hex('a')}"],${field}`);
    expect(problemOf('Pipfile.lock', text)).toContain(problem);
  });

  it('of pipenv have markers and extras as pipenv writes them', () => {
    const markers = `(python_version >= '3.8' and sys_platform != \\"win-32\\") or os_name not in 'a, b'`;
    const text = ofPipenv(
      `"version":"==1","hashes":["sha256:${hex('a')}"],"markers":"${markers}","extras":["s_3","x.y-z"],"subdirectory":"a/b"`,
    );
    expect(hashes(read('Pipfile.lock', text))).toEqual([['a']]);
  });

  it('of pipenv and PDM are from a repository where their tool takes them from one, whatever hashes they have', () => {
    const sourcesIn = ({ dependencies, skipped }: Lockfile): unknown => [
      dependencies.flatMap(({ artifacts }) => artifacts.map(({ source }) => source)),
      skipped.map(({ reason }) => reason),
    ];
    const locked = `"version":"==1","hashes":["sha256:${hex('a')}"]`;
    const pdm = (rest: string): string =>
      `[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "a"\nversion = "1"\n${rest}\nfiles = [{ file = "a-1.tar.gz", hash = "sha256:${hex('a')}" }]\n`;
    for (const kind of ['git', 'svn', 'hg', 'bzr']) {
      const url = `${kind === 'git' ? '' : `${kind}+`}https://x.example/a@r`;
      const expected = [[{ kind: 'git', url }], []];
      const entry = `${locked},"${kind}":"https://x.example/a","ref":"r","path":"."`;
      expect(sourcesIn(read('Pipfile.lock', ofPipenv(entry)))).toEqual(expected);
      const field = `${kind} = "https://x.example/a"`;
      expect(sourcesIn(read('pdm.lock', pdm(`${field}\nrevision = "r"`)))).toEqual(expected);
      expect(problemOf('pdm.lock', pdm(`${field}\npath = "."`))).toContain(`has ${kind} and path`);
    }
    expect(problemOf('pdm.lock', pdm('url = "https://x.example/a.whl"\npath = "./a"'))).toContain('has url and path');
    for (const [path, kind] of [
      ['git+https://x.example/a', 'git'],
      ['hg+ssh://x.example/a', 'git'],
      ['https://x.example/a', 'http'],
      ['ftp://x.example/a', 'other'],
    ]) {
      for (const field of ['path', 'file']) {
        const { dependencies, skipped } = read('Pipfile.lock', ofPipenv(`"${field}":"${path ?? ''}"`));
        expect([dependencies[0]?.artifacts[0].source.kind, skipped], path).toEqual([kind, []]);
      }
    }
    // To pip a word without a separator is the name of a package.
    expect(problemOf('Pipfile.lock', ofPipenv('"path":"b"'))).toContain('"b" is a name to pip');
    expect(problemOf('Pipfile.lock', ofPipenv('"path":"b==2"'))).toContain('is a name to pip');
    expect(problemOf('Pipfile.lock', ofPipenv('"path":"./b --index-url x"'))).toContain('path has more than one thing');
    expect(sourcesIn(read('Pipfile.lock', ofPipenv('"path":"./b"')))).toEqual([[], ['link']]);
    expect(sourcesIn(read('Pipfile.lock', ofPipenv('"path":".","editable":true')))).toEqual([[], ['root']]);
  });

  it('of pipenv and PDM have hashes of each package from an index, which their tools write and do not miss', () => {
    const missed = ({ dependencies }: Lockfile): readonly string[] =>
      dependencies.filter(({ findings = [] }) => findings.length > 0).map(({ name }) => name);
    const pip = `"a":{"version":"==1","hashes":["sha256:${hex('a')}"]},"b":{"version":"==1"},"c":{"git":"https://x.example/c"}`;
    const pipfile = read('Pipfile.lock', `{"_meta":{"pipfile-spec":6,"sources":[]},"default":{${pip}}}`);
    expect(missed(pipfile)).toEqual(['b']);
    const file = `{ file = "a-1.tar.gz", hash = "sha256:${hex('a')}" }`;
    const pdm = (name: string, rest: string): string => `[[package]]\nname = "${name}"\nversion = "1"\n${rest}\n`;
    const entries = [
      pdm('a', `files = [${file}]`),
      pdm('b', ''),
      pdm('c', 'git = "https://x.example/c"'),
      pdm('d', 'files = []'),
    ];
    const found = read('pdm.lock', `[metadata]\nlock_version = "4.5.0"\n${entries.join('')}`);
    expect(missed(found)).toEqual(['b', 'd']);
    expect(found.dependencies[1]?.findings).toEqual([
      { code: 'integrity-missing', kind: 'loss', args: { resolved: null, due: true } },
    ]);
    const [shared, keyed] = ['4.2', '4.3'].map((version) =>
      read('pdm.lock', `${pdm('a', '')}[metadata]\nlock_version = "${version}"\n[metadata.files]\n"a 1" = [${file}]\n`),
    );
    expect([shared, keyed].map((one) => one && missed(one))).toEqual([[], []]);
  });
});

describe.skipIf(!hasSharedData)('recorded lockfiles (skipped where there is no recorded data)', () => {
  const folder = 'ecosystems/pypi/locks';
  const recorded = (name: string): Lockfile => {
    const file = name.startsWith('pylock__') ? 'pylock.toml' : name.replace(/^.*__/, '');
    return read(file.replace(/^(.*\.)(uv\.lock)$/, '$2'), readFileSync(sharedData(`${folder}/${name}`)));
  };
  const counts = ({ entries, dependencies, skipped }: Lockfile): readonly number[] => [
    entries,
    dependencies.length,
    dependencies.reduce((sum, { artifacts }) => sum + artifacts.filter(({ digests }) => digests.length > 0).length, 0),
    skipped.length,
  ];

  it.each([
    ['uv__uv__uv.lock', [89, 88, 977, 1]],
    ['uv__benchmark__uv.lock', [77, 76, 481, 1]],
    ['poetry-2.1__poetry__poetry.lock', [78, 78, 1105, 0]],
    ['poetry-2.0__cpggen__poetry.lock', [69, 69, 434, 0]],
    ['poetry__cdxgen__poetry.lock', [32, 32, 134, 0]],
    ['pdm-4.5__pdm__pdm.lock', [100, 96, 675, 0]],
    ['pdm__cdxgen__pdm.lock', [39, 37, 208, 0]],
    ['pdm__demo__pdm.lock', [10, 10, 20, 0]],
    ['pipenv__pipenv__Pipfile.lock', [110, 105, 900, 0]],
    ['pipenv__examples__Pipfile.lock', [10, 10, 147, 0]],
    ['pylock__pdm-demo__pylock.toml', [10, 10, 20, 0]],
    ['pylock__spec-example__pylock.toml', [3, 3, 4, 0]],
    ['requirements__warehouse-main__requirements.txt', [184, 184, 2089, 0]],
    ['requirements__warehouse-tests__requirements.txt', [48, 48, 417, 0]],
    ['requirements__cdxgen-linux__requirements.txt', [377, 377, 2797, 0]],
    ['made/poisoned-nohash.uv.lock', [7, 6, 148, 1]],
  ])('%s', (name, expected) => {
    expect(counts(recorded(name))).toEqual(expected);
  });

  it('misses no hash of what pipenv and PDM wrote', () => {
    const all = readdirSync(sharedData(folder)).filter((name) => /(?:pdm|Pipfile)\.lock$/.test(name));
    expect(all.length).toBeGreaterThan(4);
    const missed = all.flatMap((name) =>
      recorded(name).dependencies.filter(({ findings = [] }) => findings.length > 0),
    );
    expect(missed).toEqual([]);
  });

  it('has every hash that the text has, in whichever format', () => {
    for (const name of readdirSync(sharedData(folder)).filter((one) => one.includes('__'))) {
      const text = readFileSync(sharedData(`${folder}/${name}`), 'utf8');
      const named = new Set(text.match(/(?<=sha256(?::|\s*=\s*["']))[0-9a-f]{64}/g));
      const found = new Set(
        recorded(name).dependencies.flatMap(({ artifacts }) =>
          artifacts.flatMap(({ digests }) => digests.map((one) => one.hex)),
        ),
      );
      const missing = [...named].filter((one) => !found.has(one));
      // The hash over the project's own file is of no package.
      expect(
        missing.filter((one) => !new RegExp(`(?:content_?hash|"hash"|tool\\.pdm)[\\s\\S]{0,40}${one}`).test(text)),
        name,
      ).toEqual([]);
    }
  });
});
