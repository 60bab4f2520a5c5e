import { basename, dirname, join } from 'node:path';
import { checkBytes, type CrateBytes } from '../../checks/cargo/bytes.ts';
import { COMMIT_FILE } from '../../checks/cargo/publishers.ts';
import { withFile } from '../../installed/read.ts';
import { byteDigests, type Dependency, type Digest } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { MAX_TARBALL_BYTES } from '../../model/limits.ts';
import type { BytesProof } from '../../model/proof.ts';
import { createTarballSink, type TarballSink } from '../../registries/npm/tarballs/hash-and-read.ts';
import { readInto } from '../../registries/npm/tarballs/package-caches.ts';
import { crateIn } from '../conventions/cargo.ts';
import { keptAt } from './kept.ts';
import { registryOfEntry, type AskedRegistry, type CratesSource } from './source.ts';

/** A file of a crate. */
export interface PackedFile {
  readonly size: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** The bytes of a crate, held to Cargo.lock. */
export interface ReadCrate {
  readonly proof: BytesProof | null;
  readonly findings: readonly Finding[];
  /** Its files by their path, where they were asked for and are what is locked. */
  readonly files: ReadonlyMap<string, PackedFile> | null;
  /** The file in which cargo names the commit that it packed; null where there is none. */
  readonly commit: Uint8Array | null;
  /** Folders of Cargo's that are of another registry of the same host, as they have that one's crate. */
  readonly foreign: ReadonlySet<string>;
}

const NONE: Pick<ReadCrate, 'files' | 'commit' | 'foreign'> = { files: null, commit: null, foreign: new Set() };

/**
 * Reads the .crate file of a dependency: every one that Cargo has downloaded, else the one that is served. `twins` are
 * the crates of other registries that have its name and version.
 */
export async function readCrate(
  dependency: Dependency,
  twins: readonly Dependency[],
  source: CratesSource,
  hashed: boolean,
): Promise<ReadCrate> {
  const { name, artifacts } = dependency;
  const [artifact] = artifacts;
  const registry = registryOfEntry(source, dependency);
  if (registry === null) return { proof: null, findings: [], ...NONE };
  const [wanted] = byteDigests(artifact);
  const { url } = registry.index;
  if (wanted === undefined) {
    const reason = 'no checksum is known that it must have';
    return without(finding('evidence-unavailable', { evidence: 'tarball', url, reason }));
  }
  try {
    const { read, foreign } = withoutTwins(await readAll(dependency, wanted, source, registry, hashed), twins);
    const { proof, findings } = checkBytes(wanted, read);
    const files = read.flatMap(({ answer }) => (answer.state === 'read' ? [answer.files] : []))[0] ?? [];
    const byPath = new Map(files.map(({ path, size, digests: [digest = ''] }) => [path, { size, digest }]));
    const commit = files.find(({ path }) => path === COMMIT_FILE)?.bytes ?? null;
    const held = { files: hashed ? byPath : null, commit };
    return { proof, findings, ...(proof === null ? NONE : held), foreign };
  } catch (error) {
    // What one file does to the reading takes nothing from the other dependencies.
    const reason = `${name} could not be judged: ${String(error)}`;
    return without(finding('evidence-malformed', { evidence: 'tarball', url, reason }));
  }
}

function without(found: Finding): ReadCrate {
  return { proof: null, findings: [found], ...NONE };
}

/**
 * Registries of one host have folders that nothing but Cargo tells apart. Where one of them has this crate, another one
 * that has a twin's bytes is the twin's.
 */
function withoutTwins(
  read: readonly CrateBytes[],
  twins: readonly Dependency[],
): { readonly read: readonly CrateBytes[]; readonly foreign: ReadonlySet<string> } {
  const others = new Set(twins.flatMap(({ artifacts: [artifact] }) => byteDigests(artifact).map(({ hex }) => hex)));
  const isHere = read.some(({ answer }) => answer.state === 'read');
  const isOfTwin = ({ answer }: CrateBytes): boolean =>
    isHere && answer.state === 'mismatch' && others.has(answer.actual.hex);
  const foreign = read.filter(isOfTwin).map(({ cache }) => basename(dirname(cache ?? '')));
  return { read: read.filter((one) => !isOfTwin(one)), foreign: new Set(foreign) };
}

async function readAll(
  dependency: Dependency,
  wanted: Digest,
  source: CratesSource,
  registry: AskedRegistry,
  hashed: boolean,
): Promise<readonly CrateBytes[]> {
  const [name, { version }] = [crateIn(dependency.name), dependency];
  const options = { isWanted: (path: string) => path === COMMIT_FILE, hashed, folder: `${name}-${version}` };
  const newSink = (): TarballSink => createTarballSink([wanted], options);
  const read: CrateBytes[] = [];
  for (const within of source.readsCache ? keptAt(source, registry, 'cache', `${name}-${version}.crate`) : []) {
    const path = join(source.kept, within);
    if (isEmpty(path)) continue;
    const sink = newSink();
    const isRead = await readInto(path, sink);
    if (!isRead) sink.drop();
    const reason = `it is no file of at most ${MAX_TARBALL_BYTES} bytes that can be read`;
    read.push({ url: path, cache: path, answer: isRead ? await sink.finish() : { state: 'malformed', reason } });
  }
  return read.length > 0 ? read : [await fetched({ name, version, checksum: wanted.hex }, registry, newSink)];
}

/** Cargo takes an empty file for none. */
function isEmpty(path: string): boolean {
  try {
    return withFile(path, ({ size }) => size === 0) === true;
  } catch {
    return false;
  }
}

async function fetched(
  crate: Parameters<AskedRegistry['index']['fetch']>[0],
  { index }: AskedRegistry,
  newSink: () => TarballSink,
): Promise<CrateBytes> {
  let current: TarballSink | null = null;
  const sinkOfAttempt = (): TarballSink => {
    // Another attempt starts anew.
    current?.drop();
    return (current = newSink());
  };
  const answer = await index.fetch(crate, sinkOfAttempt, MAX_TARBALL_BYTES);
  const sink = current as TarballSink | null;
  if (answer.state !== 'present') {
    sink?.drop();
    return { url: answer.url, cache: null, answer };
  }
  const url = index.url;
  if (sink === null) return { url, cache: null, answer: { state: 'malformed', reason: 'the answer has no body' } };
  return { url, cache: null, answer: await sink.finish() };
}
