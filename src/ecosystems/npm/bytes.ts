import { hash } from 'node:crypto';
import { checkBytes, wantedBytes, withoutTarball } from '../../checks/npm/bytes.ts';
import { withSignedHash } from '../../checks/signed-hash.ts';
import { checkManifest } from '../../checks/npm/manifest.ts';
import { withoutAnswer } from '../../checks/unanswered.ts';
import type { Dependency, Digest } from '../../model/dependency.ts';
import type { Declaration, Evidence, Manifest } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { GatheredBytes, InstalledCopies } from '../../model/gathered.ts';
import type { Store } from '../../model/store.ts';
import type { Assessment } from '../../model/verdict.ts';
import { PACKAGE_JSON, readDeclaration } from '../../registries/npm/package-json.ts';
import type { Registry } from '../../registries/registry.ts';
import { VERSION } from '../../model/version.ts';
import { gatherManifest } from './gather.ts';

interface BytesSources {
  readonly registry: Registry;
  /** Awaited only for what the lockfile does not say: mostly the tarball is read while the registry is asked. */
  readonly assessing: Promise<Assessment>;
  /** What the registry said of the version when it was assessed; null where it was not asked. */
  readonly manifestSeen: () => Evidence<Manifest> | null;
  /** Null where nobody asks what is installed. */
  readonly installed: InstalledCopies | null;
  /** Keeps what tarballs declare, by their hash, and that a registry says the same; null where nothing is kept. */
  readonly store: Store | null;
}

/**
 * The tarball of a dependency, and what is installed of it: hashed, its package.json beside the registry's manifest,
 * its files beside those on disk. Nothing of it for what no registry serves.
 */
export async function gatherBytes(dependency: Dependency, sources: BytesSources): Promise<GatheredBytes> {
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
  { registry, assessing, manifestSeen, installed, store }: BytesSources,
): Promise<GatheredBytes> {
  const { name, version, artifacts } = dependency;
  const [{ source }] = artifacts;
  if (source.kind !== 'registry') return without();
  const ask = async (): Promise<Evidence<Manifest>> => {
    await assessing;
    return manifestSeen() ?? gatherManifest(dependency, registry);
  };
  const locked = await withSignedHash(dependency, assessing);
  let wanted = wantedBytes(locked, null);
  if (wanted === null) {
    const manifest = await ask();
    if (manifest.state !== 'present') return without(withoutManifest(manifest));
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
  const compared = installed === null ? null : await installed.compare(dependency, files);
  const agreed = agreedId(registry.urlFor(name), dependency, digests);
  // Where the registry was not asked, nothing has changed since the bytes were compared with what it says.
  await assessing;
  const isAgreed = store !== null && store.get(agreed) !== null && manifestSeen() === null;
  const differing = isAgreed ? [] : compareManifest(await ask(), declaration);
  if (!isAgreed && differing.length === 0) store?.put(agreed, AGREED);
  return {
    proofs: { bytes: proof, installed: compared?.proof ?? null },
    findings: [...differing, ...(compared?.findings ?? [])],
    ...(isUnbound && !files.some(({ path }) => LOCKFILE.test(path)) ? { settled: 'lockfile-unbound' } : {}),
  };
}

/** npm reads either where it looks for a shrinkwrap; on some systems whatever its case. */
const LOCKFILE = /^(?:npm-shrinkwrap|package-lock)\.json$/i;

function isOwnShrinkwrap({ code }: Finding): boolean {
  return code === 'lockfile-unbound';
}

function compareManifest(manifest: Evidence<Manifest>, declaration: Declaration): readonly Finding[] {
  return manifest.state === 'present' ? checkManifest(manifest.value, declaration) : [withoutManifest(manifest)];
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

function without(...findings: readonly Finding[]): GatheredBytes {
  return { proofs: { bytes: null, installed: null }, findings };
}

function withoutManifest(manifest: Exclude<Evidence<Manifest>, { state: 'present' }>): Finding {
  return withoutAnswer('manifest', manifest, 'the registry does not have it');
}
