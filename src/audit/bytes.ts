import { hash } from 'node:crypto';
import { checkBytes, wantedBytes, withoutTarball } from '../checks/npm/bytes.ts';
import { checkManifest } from '../checks/npm/manifest.ts';
import type { Answer } from './gather.ts';
import type { Installed } from './installed.ts';
import type { Store } from './memory.ts';
import { bytesOf } from '../model/baseline.ts';
import type { Dependency, Digest } from '../model/dependency.ts';
import type { Declaration, Evidence, Manifest } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Proofs } from '../model/proof.ts';
import type { Assessment } from '../model/verdict.ts';
import { PACKAGE_JSON, readDeclaration } from '../registries/npm/package-json.ts';
import type { Registry } from '../registries/registry.ts';
import { VERSION } from '../model/version.ts';

/** What was found of the bytes of one dependency. */
export interface Bytes {
  readonly proofs: Pick<Proofs, 'bytes' | 'installed'>;
  readonly findings: readonly Finding[];
  /** Whether the tarball has no lockfile that npm would install from, although the lockfile says so; else left out. */
  readonly hasNoLockfile?: boolean;
}

interface BytesSources {
  readonly registry: Registry;
  /** Awaited only for what the lockfile does not say: mostly the tarball is read while the registry is asked. */
  readonly assessing: Promise<Answer>;
  /** Null where nobody asks what is installed. */
  readonly installed: Installed | null;
  /** Keeps what tarballs declare, by their hash, and that a registry says the same; null where nothing is kept. */
  readonly store: Store | null;
}

/**
 * The tarball of a dependency, and what is installed of it: hashed, its package.json beside the registry's manifest,
 * its files beside those on disk. Nothing of it for what no registry serves.
 */
export async function gatherBytes(dependency: Dependency, sources: BytesSources): Promise<Bytes> {
  try {
    return await compareBytes(dependency, sources);
  } catch (error) {
    // What one tarball or folder does to the reading takes nothing from the other dependencies.
    const reason = `it could not be judged: ${String(error)}`;
    const url = sources.registry.urlFor(dependency.name);
    return without(finding('evidence-malformed', { evidence: 'tarball', url, reason }));
  }
}

async function compareBytes(
  dependency: Dependency,
  { registry, assessing, installed, store }: BytesSources,
): Promise<Bytes> {
  const { name, version, artifacts } = dependency;
  const [{ source }] = artifacts;
  if (source.kind !== 'registry') return without();
  const ask = async (): Promise<Evidence<Manifest>> =>
    (await assessing).manifestSeen ?? registry.manifest(name, version);
  const locked = await withSignedHash(dependency, assessing);
  let wanted = wantedBytes(locked, null);
  if (wanted === null) {
    const manifest = await ask();
    if (manifest.state !== 'present') return without(...withoutManifest(manifest));
    wanted = wantedBytes(locked, manifest.value);
  }
  if (wanted === null) {
    return without(withoutTarball(registry.urlFor(name), 'no single SHA-512 is known that it must have'));
  }

  const isWanted = (path: string): boolean => path.toLowerCase() === PACKAGE_JSON;
  const { resolved } = source;
  const { digests, tar } = wanted;
  const isUnbound = dependency.findings?.some(isOwnShrinkwrap) === true;
  const remembered = installed === null && tar === undefined && !isUnbound ? recall(store, digests) : null;
  const depth = { hashed: installed !== null, unpacked: remembered === null, ...(tar === undefined ? {} : { tar }) };
  const answer = await registry.tarball({ name, version, digests, resolved, isWanted, ...depth });
  const { proof, finding: problem } = checkBytes(wanted, answer);
  if (proof === null || answer.state !== 'present') return without(...(problem === null ? [] : [problem]));

  const { files } = answer.value;
  const declared = remembered === null ? readDeclaration(files) : { value: remembered };
  if ('malformed' in declared) {
    const args = { evidence: 'tarball', url: registry.urlFor(name), reason: declared.malformed } as const;
    return { proofs: { bytes: proof, installed: null }, findings: [finding('evidence-malformed', args)] };
  }
  const declaration = declared.value;
  if (remembered === null) store?.put(idOf(digests), Buffer.from(JSON.stringify(declaration)));
  const compared = installed === null ? null : await installed.compare(dependency, { files, declaration });
  const agreed = agreedId(registry.urlFor(name), dependency, digests);
  // Where the registry was not asked, nothing has changed since the bytes were compared with what it says.
  const isAgreed = store !== null && store.get(agreed) !== null && (await assessing).manifestSeen === null;
  const differing = isAgreed ? [] : compareManifest(await ask(), declaration);
  if (!isAgreed && differing.length === 0) store?.put(agreed, AGREED);
  return {
    proofs: { bytes: proof, installed: compared?.proof ?? null },
    findings: [...differing, ...(compared?.findings ?? [])],
    ...(isUnbound && !files.some(({ path }) => LOCKFILE.test(path)) ? { hasNoLockfile: true } : {}),
  };
}

/** The dependency with the hash that the registry signed, where the lockfile can lock none. */
export async function withSignedHash(dependency: Dependency, assessing: Promise<Answer>): Promise<Dependency> {
  const [artifact] = dependency.artifacts;
  if (artifact.archive === undefined) return dependency;
  const { assessment } = await assessing;
  const [{ digests }] = bytesOf(assessment).artifacts;
  return { ...dependency, artifacts: [{ ...artifact, digests }] };
}

/** npm reads either where it looks for a shrinkwrap; on some systems whatever its case. */
const LOCKFILE = /^(?:npm-shrinkwrap|package-lock)\.json$/i;

function isOwnShrinkwrap({ code }: Finding): boolean {
  return code === 'lockfile-unbound';
}

function compareManifest(manifest: Evidence<Manifest>, declaration: Declaration): readonly Finding[] {
  return manifest.state === 'present' ? checkManifest(manifest.value, declaration) : withoutManifest(manifest);
}

/** What an earlier run read in these bytes: the same in every run, so that they need only be hashed. */
function recall(store: Store | null, digests: readonly Digest[]): Declaration | null {
  const bytes = store?.get(idOf(digests)) ?? null;
  return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as Declaration);
}

function idOf(digests: readonly Digest[]): string {
  return hash('sha256', JSON.stringify(['what a tarball declares', VERSION, digests]));
}

const AGREED = Buffer.from('the same');

function agreedId(registry: string, { name, version }: Dependency, digests: readonly Digest[]): string {
  return hash('sha256', JSON.stringify(['a registry says the same', VERSION, registry, name, version, digests]));
}

/**
 * The same assessment with what the bytes show. What is known already is not said again; nor that a shrinkwrap decides
 * what is installed, where the tarball has none.
 */
export function withBytes(assessment: Assessment, bytes: Bytes | null): Assessment {
  if (bytes === null) return assessment;
  const said = assessment.findings.filter((one) => bytes.hasNoLockfile !== true || !isOwnShrinkwrap(one));
  const known = new Set(said.map(causeOf));
  const isOtherHash = said.some(({ code }) => /^integrity-(?:mismatch|rewritten)$/.test(code));
  const news = bytes.findings.filter(
    (found) => !known.has(causeOf(found)) && !(isOtherHash && found.code === 'integrity-mismatch'),
  );
  return {
    ...assessment,
    proofs: { ...assessment.proofs, ...bytes.proofs },
    findings: [...said, ...news],
  };
}

function without(...findings: readonly Finding[]): Bytes {
  return { proofs: { bytes: null, installed: null }, findings };
}

function withoutManifest(manifest: Exclude<Evidence<Manifest>, { state: 'present' }>): readonly Finding[] {
  const { url, state } = manifest;
  const reason = state === 'absent' ? 'the registry does not have it' : manifest.reason;
  const code = state === 'malformed' ? 'evidence-malformed' : 'evidence-unavailable';
  return [finding(code, { evidence: 'manifest', url, reason })];
}

/** Two findings of one cause have the same code and are about the same piece of evidence. */
function causeOf({ code, args }: Finding): string {
  return 'evidence' in args ? `${code} ${args.evidence}` : `${code} ${JSON.stringify(args)}`;
}
