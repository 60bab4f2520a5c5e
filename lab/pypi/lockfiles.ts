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
