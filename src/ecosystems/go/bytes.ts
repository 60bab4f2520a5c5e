import { checkBytes, type ArtifactBytes, type ReadBytes } from '../../checks/go/bytes.ts';
import { marksOf, type SourceMarks } from '../../lockfiles/go/source-file.ts';
import type { ComparedFile } from '../../lockfiles/go/vendored.ts';
import type { Artifact, Dependency } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { BytesProof } from '../../model/proof.ts';
import { goModHashOf, MAX_LONE_BYTES, MAX_MODULE_BYTES, readModuleZip } from '../../readers/module-zip.ts';
import { ZipError } from '../../readers/zip.ts';
import { readDownloaded } from './module-cache.ts';
import type { GoSource } from './source.ts';

/** The bytes of a module version, held to go.sum. */
export interface ReadModule {
  readonly proof: BytesProof | null;
  readonly findings: readonly Finding[];
  /** The files of its zip, where that is what is locked; null where nothing is known of them. */
  readonly files: ReadonlyMap<string, ComparedFile> | null;
}

/** Reads the zip and the go.mod of a dependency, from the module cache where it has them, else from the proxies. */
export async function readModule(dependency: Dependency, source: GoSource): Promise<ReadModule> {
  try {
    return await readArtifacts(dependency, source);
  } catch (error) {
    // What one zip does to the reading takes nothing from the other dependencies.
    const reason = `it could not be judged: ${String(error)}`;
    const args = { evidence: 'zip', url: source.proxy.url, reason } as const;
    return { proof: null, findings: [finding('evidence-malformed', args)], files: null };
  }
}

async function readArtifacts(dependency: Dependency, source: GoSource): Promise<ReadModule> {
  const locked = dependency.artifacts.filter(
    ({ source: { kind }, digests }) => kind === 'registry' && digests.length > 0,
  );
  let files: ReadModule['files'] = null;
  const read: ArtifactBytes[] = [];
  for (const artifact of locked) {
    const { bytes, ...where } = await bytesOf(dependency, artifact, source);
    if (bytes.state !== 'present') {
      read.push({ artifact, answer: bytes });
      continue;
    }
    const hashed = artifact.file === 'zip' ? hashZip(bytes.value, dependency, where) : hashMod(bytes.value, where);
    read.push({ artifact, answer: hashed.answer });
    files ??= hashed.files;
  }
  const { proof, findings } = checkBytes(read);
  return { proof, findings, files: proof === null ? null : files };
}

interface Where {
  readonly from: ReadBytes['from'];
  readonly cache: string | null;
}

async function bytesOf(
  { name, version }: Dependency,
  { file }: Artifact,
  { proxy, moduleCache, readsCache }: GoSource,
): Promise<Where & { readonly bytes: Evidence<Buffer> }> {
  const [ending, maxBytes] = file === 'zip' ? (['zip', MAX_MODULE_BYTES] as const) : (['mod', MAX_LONE_BYTES] as const);
  const kept =
    moduleCache === null || !readsCache ? null : readDownloaded(moduleCache, { name, version }, ending, maxBytes);
  if (kept !== null) return { from: 'go-cache', cache: kept.path, bytes: kept.bytes };
  return { from: 'registry', cache: null, bytes: await proxy.file({ name, version }, ending, maxBytes) };
}

interface Hashed {
  readonly answer: Evidence<ReadBytes>;
  readonly files: ReadModule['files'];
}

function hashZip(bytes: Buffer, { name, version }: Dependency, where: Where): Hashed {
  const marks = new Map<string, SourceMarks | null>();
  try {
    const look = (path: string, content: Buffer): void => void marks.set(path, marksOf(path, content));
    const { hash, files } = readModuleZip(bytes, `${name}@${version}`, look);
    const compared = [...files].map(([path, file]) => [path, { ...file, marks: marks.get(path) ?? null }] as const);
    return { answer: { state: 'present', value: { hash, size: bytes.length, ...where } }, files: new Map(compared) };
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    const url = where.cache ?? `${name}@${version}`;
    return { answer: { state: 'malformed', url, reason: `the zip has ${error.message}` }, files: null };
  }
}

function hashMod(bytes: Buffer, where: Where): Hashed {
  const value = { hash: goModHashOf(bytes), size: bytes.length, ...where };
  return { answer: { state: 'present', value }, files: null };
}
