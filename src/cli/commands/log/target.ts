import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import { parseSpec } from '../../../audit/check.ts';
import { readPublished, type PublishedBundle } from '../../../logs/published.ts';
import { questionsOf, type SearchTarget } from '../../../logs/search.ts';
import type { Ecosystem } from '../../../model/package.ts';
import type { Digest } from '../../../model/dependency.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';
import { registryOf } from '../../../registries/npm/index.ts';
import type { Registry } from '../../../registries/registry.ts';
import { parseIntegrity } from '../../../readers/integrity.ts';
import { statAt } from '../../../store/found.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import { openRegistry } from '../../project/registry.ts';
import { readUserFile } from '../../user-files.ts';

/** One thing that is searched, with its name for people. */
export interface NamedTarget extends SearchTarget {
  readonly name: string;
}

/** What comes of a package that was asked for: a target for each version, and what could not be found out. */
export interface Targets {
  readonly targets: readonly NamedTarget[];
  readonly problems: readonly string[];
  /** Whether an answer of the registry is missing, so that more may be known of it another time. */
  readonly isUnanswered: boolean;
}

/** Versions of a package that are searched where none is named, the newest. */
const MAX_VERSIONS = 50;
const HEX: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** What reads like a path: no package name begins so, and few end so. */
const PATH = /^[./]|^[^@]+\/|^[^@]+\.(?:jsonl?|sigstore|tgz|tar|gz|zip|whl|crate|pem)$/i;

/**
 * What the argument of a search means: a digest, an identity, a file, or else a package, for which `demandLogged` was
 * called before any log was asked. Throws UsageError.
 */
export async function targetsOf(text: string, config: NpmConfig, io: Io, most = MAX_VERSIONS): Promise<Targets> {
  const digest = digestOf(text);
  if (digest !== null) return whole(byDigest(text, digest));
  if (isIdentity(text)) return whole(byIdentity(text));
  if (isFile(text, io)) return whole(byFile(text, io));
  // No registry is asked for the name of somebody's file.
  if (PATH.test(text)) {
    const isFolder = statAt(resolve(io.cwd, text))?.isDirectory() === true;
    throw new UsageError(isFolder ? `${text} is a folder: name a file in it` : `no such file: ${text}`);
  }
  return byPackage(text, config, io, most);
}

function whole(target: NamedTarget): Targets {
  return { targets: [target], problems: [], isUnanswered: false };
}

/** What an argument names wherever it is said: a package with its registry, a file by its whole path. */
export function wholeName(text: string, config: NpmConfig, io: Io): string {
  if (digestOf(text) !== null || isIdentity(text)) return text;
  if (isFile(text, io)) return resolve(io.cwd, text);
  return `${registryOf(parseSpec(text)?.name ?? text, config)} ${text}`;
}

/** What has no package of an ecosystem in a log of Sigstore that is found by its name, and what to do instead. */
const NOT_LOGGED: Readonly<Record<Ecosystem, ((spec: string) => string) | null>> = {
  npm: null,
  go: (spec) =>
    `modules of Go are in a checksum database, and in no log of Sigstore: assay check ${spec} proves its record there`,
  pypi: (spec) =>
    `packages of PyPI are found in logs by their files: name the file or its sha256:HEX; assay check ${spec} verifies its attestations, with their log entries`,
  cargo: (spec) =>
    `nobody signs what crates.io serves, so that no log has a record of it; assay check ${spec} says what its index has`,
};

/** Throws UsageError, before anything is asked, for a package of an ecosystem that is not found in logs by its name. */
export function demandLogged(text: string, io: Io): void {
  if (digestOf(text) !== null || isFile(text, io)) return;
  const why = NOT_LOGGED[parseSpec(text)?.ecosystem ?? 'npm'];
  if (why !== null) throw new UsageError(why(text));
}

/** `sha512:HEX`, or `sha512-BASE64` as lockfiles have it: the index knows hex alone. */
function digestOf(text: string): Digest | null {
  const [, algorithm, hex = ''] = /^(sha256|sha512):([0-9a-f]+)$/i.exec(text) ?? [];
  if (algorithm !== undefined) {
    const name = algorithm.toLowerCase() as 'sha256' | 'sha512';
    if (hex.length !== HEX[name]) throw new UsageError(`${name}: needs ${HEX[name] ?? 0} hex digits`);
    return { algorithm: name, hex: hex.toLowerCase() };
  }
  if (/^sha(?:256|512):/i.test(text)) throw new UsageError(`${text} is not a digest in hex`);
  return /^sha\d+-/.test(text) ? (parseIntegrity(text)[0] ?? null) : null;
}

/** Entries whose certificates have this name. */
export function byIdentity(subject: string): NamedTarget {
  const questions = [{ name: 'identity', query: { subject } }];
  return { name: subject, questions, digests: [], subject, published: null, isWhole: false };
}

function byDigest(name: string, digest: Digest): NamedTarget {
  return {
    name,
    questions: [{ name: 'digest', query: { hash: digest } }],
    digests: [digest],
    subject: null,
    published: null,
    isWhole: false,
  };
}

function isIdentity(text: string): boolean {
  return /^[a-z]+:\/\/|^[^@\s/]+@[^@\s]+\.[a-z]{2,}$/i.test(text);
}

/** Whether it is something to read; a device in the place of a file is no package, either. */
function isFile(text: string, io: Io): boolean {
  return statAt(resolve(io.cwd, text))?.isDirectory() === false;
}

/** A bundle is searched by what is in it, any other file by its hashes. */
function byFile(path: string, io: Io): NamedTarget {
  const bytes = readUserFile(path, 'the file', io);
  const bundle = bundleIn(bytes);
  if (bundle !== null) return byBundle(path, bundle);
  const digests = (['sha256', 'sha384', 'sha512'] as const).map((algorithm): Digest => {
    return { algorithm, hex: hash(algorithm, bytes, 'hex') };
  });
  // The index of Rekor v1 knows the others; entries of Rekor v2 have the hash that goes with the key.
  const questions = digests
    .filter(({ algorithm }) => algorithm in HEX)
    .map((digest) => ({ name: 'file', query: { hash: digest } }));
  return { name: path, questions, digests, subject: null, published: null, isWhole: false };
}

function bundleIn(bytes: Buffer): PublishedBundle | null {
  try {
    return readPublished(JSON.parse(bytes.toString('utf8')));
  } catch {
    return null;
  }
}

function byBundle(name: string, bundle: PublishedBundle): NamedTarget {
  const subjects = bundle.statement?.subjects.flatMap(({ digests }) => digests) ?? [];
  const searchable = subjects.filter(({ algorithm }) => algorithm in HEX);
  return {
    name,
    questions: [
      ...searchable.map((digest) => ({ name: 'subject', query: { hash: digest } })),
      ...questionsOf([bundle]),
    ],
    digests: [...searchable, ...bundle.digests.map(([, digest]) => digest)],
    subject: null,
    published: [bundle],
    isWhole: false,
  };
}

async function byPackage(text: string, config: NpmConfig, io: Io, most: number): Promise<Targets> {
  const spec = parseSpec(text);
  if (spec?.ecosystem !== 'npm') {
    throw new UsageError(`${text} is no package of npm, digest, identity (a URL or address), or file`);
  }
  const registry = openRegistry(config, io);
  try {
    const packument = await registry.packument(spec.name);
    if (packument.state === 'absent') throw new UsageError(`the registry has no package ${spec.name}`);
    if (packument.state !== 'present') {
      return { targets: [], problems: [`${packument.url}: ${packument.reason}`], isUnanswered: true };
    }
    const { versions, distTags } = packument.value;
    const isNamed = text.lastIndexOf('@') > 0;
    const wanted = distTags[spec.wanted] ?? spec.wanted;
    const all = isNamed ? [wanted] : [...versions.keys()].reverse();
    if (isNamed && !versions.has(wanted)) throw new UsageError(`${spec.name} has no version ${spec.wanted}`);
    const searched = all.slice(0, most);
    const found = await Promise.all(searched.map((version) => versionTarget(registry, spec.name, version)));
    const beyond = all.length - searched.length;
    return {
      targets: found.flatMap(({ target }) => target ?? []),
      problems: [
        ...found.flatMap(({ problem }) => problem ?? []),
        ...(beyond === 0 ? [] : [`${beyond} older versions of ${spec.name} were not searched: name one`]),
      ],
      isUnanswered: found.some((one) => one.isUnanswered),
    };
  } finally {
    registry.close();
  }
}

interface VersionTarget {
  readonly target: NamedTarget | null;
  readonly problem: string | null;
  readonly isUnanswered: boolean;
}

/** One version: its hash as the registry serves it, and the bundles that it publishes. */
async function versionTarget(registry: Registry, name: string, version: string): Promise<VersionTarget> {
  const spec = `${name}@${version}`;
  const without = (problem: string, isUnanswered: boolean): VersionTarget => ({ target: null, problem, isUnanswered });
  const manifest = await registry.manifest(name, version);
  if (manifest.state !== 'present') return without(`${spec}: the registry gave no manifest`, true);
  const { integrity, attestations: claim } = manifest.value;
  const digest = integrity === null ? undefined : parseIntegrity(integrity).find((one) => one.algorithm === 'sha512');
  if (digest === undefined) return without(`${spec}: the registry has no SHA-512 of it`, false);
  const answer =
    claim === null ? ({ state: 'absent', url: '' } as const) : await registry.attestations(name, version, claim);
  if (answer.state !== 'present' && answer.state !== 'absent') {
    return without(`${spec}: ${answer.url}: ${answer.reason}`, true);
  }
  const entries = answer.state === 'present' ? answer.value : [];
  const published = entries.map(({ bundle }) => readPublished(bundle));
  if (published.includes(null)) return without(`${spec}: a bundle of the registry is malformed`, false);
  const bundles = published.filter((one) => one !== null);
  const questions = [{ name: 'sha512 of the tarball', query: { hash: digest } }, ...questionsOf(bundles)];
  return {
    target: { name: spec, questions, digests: [digest], subject: null, published: bundles, isWhole: true },
    problem: null,
    isUnanswered: false,
  };
}
