import { createHash } from 'node:crypto';
import { sha512, v1, v3 } from './support.ts';

/** A small valid lockfile of a format. */
export interface Sample {
  /** The name of the format's entry in SUPPORTED_FORMATS. */
  readonly format: string;
  /** What the file is called; it says how it is read. */
  readonly file: string;
  readonly text: string;
  /** Each dependency, and a piece of the text that stands for it and for no other: its hash. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** A valid lockfile of the same format with that many packages, each with a hash and a dependency. */
  readonly many: (count: number) => string;
}

const A = sha512('a');
const B = sha512('b');
/** Two packages: the project asks for `@s/a`, which asks for `b`. */
const DEPENDENCIES = { '@s/a@1.2.3': A, 'b@2.0.0': B };

const json = (content: object): string => `${JSON.stringify(content, null, 2)}\n`;
const numbered = <T>(count: number, make: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
const hash = (index: number): string => sha512(`h${index}`);
const next = (index: number, count: number): string => `p${(index + 1) % count}`;

/** What go.sum has of a file. */
const h1 = (of: string): string => `h1:${createHash('sha256').update(of).digest('base64')}`;
const GO_DEPENDENCIES = { 'a.example/One@v1.2.3': h1('a'), 'b.example/two/v2@v2.0.0': h1('b') };

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
/** A package of Cargo.lock from version 2 on. */
const crate = (name: string, version: string, checksum: string, dependencies: readonly string[] = []): string =>
  `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "${CRATES_IO}"\nchecksum = "${checksum}"\n${
    dependencies.length === 0 ? '' : `dependencies = [\n${dependencies.map((one) => ` "${one}",\n`).join('')}]\n`
  }`;
/** A SHA-256 as lockfiles of Python have it. */
const sha256 = (of: string): string => createHash('sha256').update(of).digest('hex');
const PYPI_DEPENDENCIES = { 'a-one@1.2.3': sha256('a'), 'b@2.0.0': sha256('b') };
const FILES = 'https://files.pythonhosted.org/packages';
const UV_HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n';
const uvEntry = (name: string, version: string, hex: string, needs: string): string => `
[[package]]
name = "${name}"
version = "${version}"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "${needs}" },
]
wheels = [
    { url = "${FILES}/${name.replaceAll('-', '_')}-${version}-py3-none-any.whl", hash = "sha256:${hex}", size = 1 },
]
`;
const uvProject = (needs: string): string => `
[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "${needs}" },
]
`;
const poetryEntry = (name: string, version: string, hex: string): string => `[[package]]
name = "${name}"
version = "${version}"
optional = false
python-versions = ">=3.8"
groups = ["main"]
files = [
    {file = "${name.replaceAll('-', '_')}-${version}.tar.gz", hash = "sha256:${hex}"},
]

`;
const POETRY_END = '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.8"\ncontent-hash = "0"\n';
const pdmEntry = (name: string, version: string, hex: string): string => `
[[package]]
name = "${name}"
version = "${version}"
requires_python = ">=3.8"
summary = "It"
groups = ["default"]
files = [
    {file = "${name.replaceAll('-', '_')}-${version}.tar.gz", hash = "sha256:${hex}"},
]
`;
const PDM_HEAD = '[metadata]\ngroups = ["default"]\nstrategy = []\nlock_version = "4.5.0"\ncontent_hash = "0"\n';
const pylockEntry = (name: string, version: string, hex: string): string => `
[[packages]]
name = "${name}"
version = "${version}"
index = "https://pypi.org/simple"

[[packages.wheels]]
name = "${name.replaceAll('-', '_')}-${version}-py3-none-any.whl"
url = "${FILES}/${name.replaceAll('-', '_')}-${version}-py3-none-any.whl"
hashes = {sha256 = "${hex}"}
`;
const PYLOCK_HEAD = 'lock-version = "1.0"\ncreated-by = "pip"\n';
const pipfileOf = (entries: object): string =>
  json({
    _meta: { hash: {}, 'pipfile-spec': 6, sources: [{ name: 'pypi', url: 'https://pypi.org/simple' }] },
    default: entries,
    develop: {},
  });
const pipfileEntry = (version: string, hex: string): object => ({
  hashes: [`sha256:${hex}`],
  index: 'pypi',
  version: `==${version}`,
});

const PYPI_SAMPLES: readonly Sample[] = [
  {
    format: 'uv',
    file: 'uv.lock',
    text:
      UV_HEAD +
      uvProject('a-one') +
      uvEntry('a-one', '1.2.3', sha256('a'), 'b') +
      uvEntry('b', '2.0.0', sha256('b'), 'a-one'),
    dependencies: PYPI_DEPENDENCIES,
    many: (count) =>
      UV_HEAD +
      uvProject('p0') +
      Array.from({ length: count }, (_, i) => uvEntry(`p${i}`, '1.0.0', sha256(`h${i}`), next(i, count))).join(''),
  },
  {
    format: 'pip',
    file: 'requirements.txt',
    text: `# Compiled.\na-one==1.2.3 \\\n    --hash=sha256:${sha256('a')}\n    # via -r requirements.in\nb==2.0.0 ; python_version >= "3" \\\n    --hash=sha256:${sha256('b')}\n`,
    dependencies: PYPI_DEPENDENCIES,
    many: (count) =>
      Array.from({ length: count }, (_, i) => `p${i}==1.0.0 \\\n    --hash=sha256:${sha256(`h${i}`)}\n`).join(''),
  },
  {
    format: 'pylock',
    file: 'pylock.toml',
    text: PYLOCK_HEAD + pylockEntry('a-one', '1.2.3', sha256('a')) + pylockEntry('b', '2.0.0', sha256('b')),
    dependencies: PYPI_DEPENDENCIES,
    many: (count) =>
      PYLOCK_HEAD + Array.from({ length: count }, (_, i) => pylockEntry(`p${i}`, '1.0.0', sha256(`h${i}`))).join(''),
  },
  {
    format: 'Poetry',
    file: 'poetry.lock',
    text: poetryEntry('a-one', '1.2.3', sha256('a')) + poetryEntry('b', '2.0.0', sha256('b')) + POETRY_END,
    dependencies: PYPI_DEPENDENCIES,
    many: (count) =>
      Array.from({ length: count }, (_, i) => poetryEntry(`p${i}`, '1.0.0', sha256(`h${i}`))).join('') + POETRY_END,
  },
  {
    format: 'Poetry',
    file: 'poetry.lock',
    text: `[[package]]
name = "a-one"
version = "1.2.3"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "b"
version = "2.0.0"
category = "main"
optional = false
python-versions = "*"

[metadata]
lock-version = "1.1"
python-versions = "*"
content-hash = "0"

[metadata.files]
a-one = [
    {file = "a_one-1.2.3.tar.gz", hash = "sha256:${sha256('a')}"},
]
b = [
    {file = "b-2.0.0.tar.gz", hash = "sha256:${sha256('b')}"},
]
`,
    dependencies: PYPI_DEPENDENCIES,
    many: (count) => {
      const all = Array.from({ length: count }, (_, i) => i);
      const packages = all.map((i) => `[[package]]\nname = "p${i}"\nversion = "1.0.0"\n\n`);
      const files = all.map(
        (i) => `p${i} = [\n    {file = "p${i}-1.0.0.tar.gz", hash = "sha256:${sha256(`h${i}`)}"},\n]\n`,
      );
      return `${packages.join('')}[metadata]\nlock-version = "1.1"\n\n[metadata.files]\n${files.join('')}`;
    },
  },
  {
    format: 'PDM',
    file: 'pdm.lock',
    text: PDM_HEAD + pdmEntry('a-one', '1.2.3', sha256('a')) + pdmEntry('b', '2.0.0', sha256('b')),
    dependencies: PYPI_DEPENDENCIES,
    many: (count) =>
      PDM_HEAD + Array.from({ length: count }, (_, i) => pdmEntry(`p${i}`, '1.0.0', sha256(`h${i}`))).join(''),
  },
  {
    format: 'pipenv',
    file: 'Pipfile.lock',
    text: pipfileOf({ 'a-one': pipfileEntry('1.2.3', sha256('a')), b: pipfileEntry('2.0.0', sha256('b')) }),
    dependencies: PYPI_DEPENDENCIES,
    many: (count) => pipfileOf(numbered(count, (i) => [`p${i}`, pipfileEntry('1.0.0', sha256(`h${i}`))])),
  },
];

/** One for each version that is read differently. A format without one fails the tests. */
export const SAMPLES: readonly Sample[] = [
  ...PYPI_SAMPLES,
  {
    format: 'pnpm',
    file: 'pnpm-lock.yaml',
    text: `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    dependencies:
      '@s/a':
        specifier: ^1
        version: 1.2.3

packages:

  '@s/a@1.2.3':
    resolution: {integrity: ${A}}

  b@2.0.0:
    resolution: {integrity: ${B}}

snapshots:

  '@s/a@1.2.3':
    dependencies:
      b: 2.0.0

  b@2.0.0: {}
`,
    dependencies: DEPENDENCIES,
    many: (count) => {
      const all = Array.from({ length: count }, (_, i) => i);
      const packages = all.map((i) => `  p${i}@1.0.0:\n    resolution: {integrity: ${hash(i)}}\n\n`);
      const snapshots = all.map((i) => `  p${i}@1.0.0:\n    dependencies:\n      ${next(i, count)}: 1.0.0\n\n`);
      const importers =
        "importers:\n\n  .:\n    dependencies:\n      p0:\n        specifier: '1'\n        version: 1.0.0\n\n";
      return `lockfileVersion: '9.0'\n\n${importers}packages:\n\n${packages.join('')}snapshots:\n\n${snapshots.join('')}`;
    },
  },
  {
    format: 'Yarn',
    file: 'yarn.lock',
    text: `# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@s/a@^1":
  version "1.2.3"
  resolved "https://registry.yarnpkg.com/@s/a/-/a-1.2.3.tgz#${'0'.repeat(40)}"
  integrity ${A}
  dependencies:
    b "^2"

b@^2:
  version "2.0.0"
  resolved "https://registry.yarnpkg.com/b/-/b-2.0.0.tgz#${'0'.repeat(40)}"
  integrity ${B}
`,
    dependencies: DEPENDENCIES,
    many: (count) => {
      const entries = Array.from({ length: count }, (_, i) => {
        const address = `https://registry.yarnpkg.com/p${i}/-/p${i}-1.0.0.tgz#${'0'.repeat(40)}`;
        return `p${i}@1:\n  version "1.0.0"\n  resolved "${address}"\n  integrity ${hash(i)}\n  dependencies:\n    ${next(i, count)} "1"\n\n`;
      });
      return `# yarn lockfile v1\n\n\n${entries.join('')}`;
    },
  },
  {
    format: 'npm',
    file: 'package-lock.json',
    text: json(
      v3(
        {
          'node_modules/@s/a': { version: '1.2.3', integrity: A, dependencies: { b: '^2' } },
          'node_modules/b': { version: '2.0.0', integrity: B },
        },
        { dependencies: { '@s/a': '^1' } },
      ),
    ),
    dependencies: DEPENDENCIES,
    many: (count) =>
      json(
        v3(
          numbered(count, (i) => [
            `node_modules/p${i}`,
            { version: '1.0.0', integrity: hash(i), dependencies: { [next(i, count)]: '1' } },
          ]),
        ),
      ),
  },
  {
    format: 'npm',
    file: 'npm-shrinkwrap.json',
    text: json(
      v1({
        '@s/a': { version: '1.2.3', integrity: A, requires: { b: '^2' } },
        b: { version: '2.0.0', integrity: B },
      }),
    ),
    dependencies: DEPENDENCIES,
    many: (count) =>
      json(
        v1(
          numbered(count, (i) => [
            `p${i}`,
            { version: '1.0.0', integrity: hash(i), requires: { [next(i, count)]: '1' } },
          ]),
        ),
      ),
  },
  {
    format: 'Bun',
    file: 'bun.lock',
    text: `{
  "lockfileVersion": 2,
  "configVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": {
        "@s/a": "^1",
      },
    },
  },
  "packages": {
    "@s/a": ["@s/a@1.2.3", "", { "dependencies": { "b": "^2" } }, "${A}"],

    "b": ["b@2.0.0", "", {}, "${B}"],
  }
}
`,
    dependencies: DEPENDENCIES,
    many: (count) =>
      json({
        lockfileVersion: 1,
        workspaces: { '': { dependencies: { p0: '1' } } },
        packages: numbered(count, (i) => [
          `p${i}`,
          [`p${i}@1.0.0`, '', { dependencies: { [next(i, count)]: '1' } }, hash(i)],
        ]),
      }),
  },
  {
    format: 'vlt',
    file: 'vlt-lock.json',
    text: `{
  "lockfileVersion": 1,
  "options": {},
  "nodes": {
    "~npm~@s+a@1.2.3": [0,"@s/a","${A}"],
    "~npm~b@2.0.0": [0,"b","${B}"]
  },
  "edges": {
    "file~_d @s/a": "prod ^1 ~npm~@s+a@1.2.3",
    "~npm~@s+a@1.2.3 b": "prod ^2 ~npm~b@2.0.0"
  }
}
`,
    dependencies: DEPENDENCIES,
    many: (count) =>
      json({
        lockfileVersion: 1,
        nodes: numbered(count, (i) => [`~npm~p${i}@1.0.0`, [0, `p${i}`, hash(i)]]),
        edges: numbered(count, (i) => [`~npm~p${i}@1.0.0 ${next(i, count)}`, `prod 1 ~npm~${next(i, count)}@1.0.0`]),
      }),
  },
  {
    format: 'Go',
    file: 'go.sum',
    text: Object.entries(GO_DEPENDENCIES)
      .map(([spec, hash]) => `${spec.replace('@', ' ')} ${hash}\n`)
      .join(''),
    dependencies: GO_DEPENDENCIES,
    many: (count) => Array.from({ length: count }, (_, i) => `a.example/p${i} v1.0.0 ${h1(`${i}`)}\n`).join(''),
  },
  {
    format: 'Cargo',
    file: 'Cargo.lock',
    text: [
      'version = 4\n',
      '[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "alpha",\n]\n',
      crate('alpha', '1.2.3', sha256('a'), ['beta']),
      crate('beta', '0.2.0+1.0', sha256('b')),
    ].join('\n'),
    dependencies: { 'alpha@1.2.3': sha256('a'), 'beta@0.2.0+1.0': sha256('b') },
    many: (count) =>
      `version = 4\n\n${Array.from({ length: count }, (_, i) =>
        crate(`p${i}`, '1.0.0', sha256(`${i}`), [next(i, count)]),
      ).join('\n')}`,
  },
];

/** Those of package managers that install from a registry of npm's kind, beside a package.json. */
const OTHER_FORMATS = ['Go', 'Cargo', 'uv', 'pip', 'pylock', 'Poetry', 'pipenv', 'PDM'];
export const NODE_SAMPLES: readonly Sample[] = SAMPLES.filter(({ format }) => !OTHER_FORMATS.includes(format));
