import type { PublishedFile } from './publish.ts';

/** Text of a uv.lock with these releases, as uv 0.13 writes it; the project itself depends on all of them. */
export function uvLock(index: string, releases: readonly (readonly PublishedFile[])[]): string {
  const entryOf = ({ json }: PublishedFile): string =>
    `{ url = "${json.url}", hash = "sha256:${json.hashes['sha256'] ?? ''}", size = ${json.size ?? 0} }`;
  const packages = releases.map((files) => {
    const project = files[0]?.project ?? '';
    const version = files[0]?.version ?? '';
    const isWheel = ({ json }: PublishedFile): boolean => json.filename.endsWith('.whl');
    const sdist = files.find((file) => !isWheel(file));
    const wheels = files.filter(isWheel).map((file) => `    ${entryOf(file)},\n`);
    return [
      '[[package]]',
      `name = "${project}"`,
      `version = "${version}"`,
      `source = { registry = "${index.replace(/\/$/, '')}" }`,
      ...(sdist === undefined ? [] : [`sdist = ${entryOf(sdist)}`]),
      ...(wheels.length === 0 ? [] : [`wheels = [\n${wheels.join('')}]`]),
    ].join('\n');
  });
  const names = releases.flatMap(([first]) => (first === undefined ? [] : [first.project]));
  const project = [
    '[[package]]',
    'name = "project"',
    'version = "1.0.0"',
    'source = { virtual = "." }',
    `dependencies = [\n${names.map((name) => `    { name = "${name}" },\n`).join('')}]`,
    '',
    '[package.metadata]',
    `requires-dist = [\n${names.map((name) => `    { name = "${name}" },\n`).join('')}]`,
  ].join('\n');
  return `${['version = 1\nrevision = 3\nrequires-python = ">=3.11"', ...packages, project].join('\n\n')}\n`;
}

/** Text of a pylock.toml with these releases, and with who attested their files (PEP 751). */
export function pylock(index: string, releases: readonly (readonly PublishedFile[])[]): string {
  const fileOf = ({ json }: PublishedFile): string =>
    `{ name = "${json.filename}", url = "${json.url}", hashes = { sha256 = "${json.hashes['sha256'] ?? ''}" } }`;
  const packages = releases.map((files) => {
    const sdist = files.find(({ json }) => !json.filename.endsWith('.whl'));
    const wheels = files.filter((file) => file !== sdist).map((file) => `    ${fileOf(file)},\n`);
    const publishers = files.flatMap(({ provenance }) => provenance?.attestation_bundles ?? []);
    const identities = new Set(publishers.map(({ publisher }) => tomlOf(publisher)));
    return [
      `[[packages]]\nname = "${files[0]?.project ?? ''}"\nversion = "${files[0]?.version ?? ''}"`,
      `index = "${index}"`,
      ...(sdist === undefined ? [] : [`sdist = ${fileOf(sdist)}`]),
      ...(wheels.length === 0 ? [] : [`wheels = [\n${wheels.join('')}]`]),
      ...[...identities].map((identity) => `[[packages.attestation-identities]]\n${identity}`),
    ].join('\n');
  });
  return `${['lock-version = "1.0"\ncreated-by = "lab"', ...packages].join('\n\n')}\n`;
}

function tomlOf(fields: Readonly<Record<string, unknown>>): string {
  const present = Object.entries(fields).filter(([, value]) => typeof value === 'string');
  return present.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join('\n');
}

/** Text of a requirements.txt with the hashes of these releases, as pip-compile writes it. */
export function requirements(releases: readonly (readonly PublishedFile[])[]): string {
  return releases
    .map((files) => {
      const project = files[0]?.project ?? '';
      const version = files[0]?.version ?? '';
      const hashes = files.map(({ json }) => `    --hash=sha256:${json.hashes['sha256'] ?? ''}`).sort();
      return `${project}==${version} \\\n${hashes.join(' \\\n')}\n`;
    })
    .join('');
}

/** Text of a lockfile with these releases as another tool of Python writes it, by the name of the file. */
export const OTHER_LOCKFILES = {
  'poetry.lock': (releases) =>
    `${entries(releases, 'package', (files) => [`files = [\n${files.map(poetryFile).join('')}]`])}[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\ncontent-hash = "0"\n`,
  'pdm.lock': (releases) =>
    `[metadata]\nlock_version = "4.5.0"\ncontent_hash = "sha256:0"\n\n${entries(releases, 'package', (files) => [`files = [\n${files.map(poetryFile).join('')}]`])}`,
  'pylock.toml': (releases) =>
    `lock-version = "1.0"\ncreated-by = "pip"\n\n${entries(releases, 'packages', (files) => {
      const [sdist, wheels] = [files.find((one) => !isWheel(one)), files.filter(isWheel)];
      return [
        ...(sdist === undefined ? [] : [`sdist = ${pylockFile(sdist)}`]),
        `wheels = [${wheels.map(pylockFile).join(', ')}]`,
      ];
    })}`,
  'Pipfile.lock': (releases) => {
    const packages = releases.map((files) => [
      files[0]?.project ?? '',
      {
        hashes: files.map(({ json }) => `sha256:${sha256Of(json)}`),
        index: 'pypi',
        version: `==${files[0]?.version ?? ''}`,
      },
    ]);
    const sources = [{ name: 'pypi', url: 'https://pypi.org/simple', verify_ssl: true }];
    const _meta = { hash: { sha256: '0' }, 'pipfile-spec': 6, requires: {}, sources };
    return `${JSON.stringify({ _meta, default: Object.fromEntries(packages) as unknown, develop: {} }, null, 4)}\n`;
  },
} satisfies Readonly<Record<string, (releases: readonly (readonly PublishedFile[])[]) => string>>;

const sha256Of = (json: PublishedFile['json']): string => json.hashes['sha256'] ?? '';
const isWheel = ({ json }: PublishedFile): boolean => json.filename.endsWith('.whl');
const poetryFile = ({ json }: PublishedFile): string =>
  `    {file = "${json.filename}", hash = "sha256:${sha256Of(json)}"},\n`;
const pylockFile = ({ json }: PublishedFile): string =>
  `{ name = "${json.filename}", url = "${json.url}", hashes = { sha256 = "${sha256Of(json)}" } }`;

function entries(
  releases: readonly (readonly PublishedFile[])[],
  table: string,
  linesOf: (files: readonly PublishedFile[]) => readonly string[],
): string {
  return releases
    .map((files) =>
      [
        `[[${table}]]`,
        `name = "${files[0]?.project ?? ''}"`,
        `version = "${files[0]?.version ?? ''}"`,
        ...linesOf(files),
      ]
        .join('\n')
        .concat('\n\n'),
    )
    .join('');
}
