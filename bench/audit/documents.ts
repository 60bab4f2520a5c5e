import type { ManifestJson, PackageJson } from '../../lab/documents.ts';
import { type PublishContext, type Published, publishVersion } from '../../lab/publish.ts';
import { ciWorkflow, type Publisher, token } from '../../lab/publishers.ts';
import type { PlannedPackage } from './plan.ts';
import type { Random } from './random.ts';

/** Everything published of one name. */
export interface PackageHistory {
  readonly name: string;
  /** In order of publication. */
  readonly versions: readonly Published[];
  /** Of these, the ones that clients ask about: really packed, signed and attested. */
  readonly real: readonly Published[];
  readonly locked: readonly Published[];
  /** What the document has beside versions and times. */
  readonly members: Readonly<Record<string, unknown>>;
}

const DAY = 86_400_000;
const FIRST_RELEASE = Date.UTC(2019, 0, 1);
const LAST_RELEASE = Date.UTC(2026, 2, 1);
const README_BYTES = 5_000;
/** How many releases there may be after the locked one. */
const BEHIND = 4;

const WORDS = (
  'the of a value returns async stream parser module options default callback buffer array object string number error ' +
  'when called with each plugin loader config build test release browser server node support typed fast small simple'
).split(' ') as [string, ...string[]];

/**
 * Publishes a planned package: the locked versions, the ones before them, and a history of versions that nobody asks
 * about, long enough for the document to have its size. Only the former are packed, signed and attested for real.
 */
export function publishHistory(planned: PlannedPackage, context: PublishContext, random: Random): PackageHistory {
  const { name, bytes, attested, twice } = planned;
  const by: Publisher = attested
    ? ciWorkflow({ repository: `bench/${name.replace(/^@/, '').replace('/', '-')}` })
    : token({ user: `maintainer-${random.integer(200)}` });
  const packageJson = packageJsonOf(planned, random);
  const readme = prose(random, README_BYTES);
  const perVersion = JSON.stringify(packageJson).length + MANIFEST_BYTES;
  const count = Math.max(twice ? 2 : 1, Math.round((bytes - README_BYTES - MANIFEST_BYTES) / perVersion));
  const numbers = versionNumbers(count);
  const wanted = wantedOf(numbers, twice, random);
  const step = Math.min(90 * DAY, Math.floor((LAST_RELEASE - FIRST_RELEASE) / count));

  const real = new Map<string, Published>();
  for (const version of wanted.real) {
    const at = LAST_RELEASE - (count - 1 - numbers.indexOf(version)) * step;
    const manifest = version.startsWith('1.') ? { ...packageJson, dependencies: {} } : packageJson;
    const published = publishVersion({ name, version, by, at, manifest }, context);
    real.set(version, { ...published, manifest: { ...published.manifest, ...registryMembers(random) } });
  }
  const [pattern] = [...real.values()].slice(-1);
  if (pattern === undefined) throw new Error(`nothing of ${name} is locked`);
  const versions = numbers.map(
    (version, i) => real.get(version) ?? unasked(pattern, version, LAST_RELEASE - (count - 1 - i) * step, random),
  );
  return {
    name,
    versions,
    real: [...real.values()],
    locked: wanted.locked.flatMap((version) => real.get(version) ?? []),
    members: {
      ...packageJson,
      ...registryMembers(random),
      _rev: `${count}-${random.bytes(16).toString('hex')}`,
      readme,
      readmeFilename: 'README.md',
    },
  };
}

/** The releases in order: the first half in one line, the other in the next. */
function versionNumbers(count: number): string[] {
  const older = Math.floor(count / 2);
  return Array.from({ length: count }, (_, i) => (i < older ? `1.${i}.0` : `2.${i - older}.0`));
}

/** The locked versions, newest last, and with them the ones before them in their lines. */
function wantedOf(numbers: readonly string[], twice: boolean, random: Random): { real: string[]; locked: string[] } {
  const line = (major: string): string[] => numbers.filter((version) => version.startsWith(major));
  const newer = line('2.');
  const behind = Math.min(random.integer(BEHIND), newer.length - 1);
  const upToLocked = [...(twice ? [line('1.')] : []), newer.slice(0, newer.length - behind)];
  return {
    real: upToLocked.flatMap((releases) => releases.slice(-2)),
    locked: upToLocked.flatMap((releases) => releases.slice(-1)),
  };
}

function packageJsonOf({ name, dependencies, outdated }: PlannedPackage, random: Random): PackageJson {
  const slug = name.replace(/^@/, '').replace('/', '-');
  const names = (count: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, () => [`${word(random)}-${word(random)}`, `^${random.integer(20)}.0.0`]),
    );
  return {
    description: prose(random, 80),
    main: 'dist/index.cjs',
    module: 'dist/index.js',
    types: 'dist/index.d.ts',
    exports: { '.': { types: './dist/index.d.ts', import: './dist/index.js', require: './dist/index.cjs' } },
    scripts: { build: 'tsc -p .', test: 'vitest run', lint: 'eslint .', prepublishOnly: 'npm run build' },
    repository: { type: 'git', url: `git+https://github.com/bench/${slug}.git` },
    keywords: Array.from({ length: 8 }, () => word(random)),
    author: { name: 'Bench Author', email: 'author@lab.test', url: 'https://lab.test' },
    license: 'MIT',
    bugs: { url: `https://github.com/bench/${slug}/issues` },
    homepage: `https://github.com/bench/${slug}#readme`,
    engines: { node: '>=18' },
    files: ['dist', 'README.md'],
    dependencies: {
      ...Object.fromEntries([...dependencies].map((dependency) => [dependency, '^2.0.0'])),
      ...Object.fromEntries([...outdated].map((dependency) => [dependency, '^1.0.0'])),
    },
    devDependencies: names(30),
  };
}

/** What a registry adds to a manifest, beside what the lab adds: about this many bytes with it. */
const MANIFEST_BYTES = 1_350;

function registryMembers(random: Random): Readonly<Record<string, unknown>> {
  return {
    gitHead: random.bytes(20).toString('hex'),
    _nodeVersion: '22.14.0',
    _npmVersion: '11.2.0',
    _hasShrinkwrap: false,
    directories: {},
    maintainers: Array.from({ length: 4 }, (_, i) => ({ name: `maintainer-${i}`, email: `maintainer-${i}@lab.test` })),
    _npmOperationalInternal: {
      host: 's3://npm-registry-packages-npm-production',
      tmp: random.bytes(24).toString('hex'),
    },
  };
}

/** A release that nobody asks about: another's manifest, with hashes and a signature of the right form and length. */
function unasked(pattern: Published, version: string, time: number, random: Random): Published {
  const { name, manifest } = pattern;
  const dist = { ...manifest.dist };
  delete dist.attestations;
  const integrity = `sha512-${random.bytes(64).toString('base64')}`;
  const altered: ManifestJson = {
    ...manifest,
    version,
    _id: `${name}@${version}`,
    gitHead: random.bytes(20).toString('hex'),
    dist: {
      ...dist,
      integrity,
      shasum: random.bytes(20).toString('hex'),
      tarball: dist.tarball.replace(`-${pattern.version}.tgz`, `-${version}.tgz`),
      signatures: (dist.signatures ?? []).map(({ keyid }) => ({ keyid, sig: random.bytes(71).toString('base64') })),
    },
  };
  return { name, version, time, integrity, tarball: Buffer.alloc(0), manifest: altered, attestations: null };
}

function word(random: Random): string {
  return random.pick(WORDS);
}

function prose(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += `${word(random)} `;
  return text.slice(0, length);
}
