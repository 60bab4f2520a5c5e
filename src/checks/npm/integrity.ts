import { byteDigests, type ArchiveLock, type Artifact, type Dependency, type Digest } from '../../model/dependency.ts';
import type { Manifest } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { sha512OfSri, sri } from '../../readers/integrity.ts';

/** The outcome of comparing the lockfile's hashes with what the registry serves. */
export interface IntegrityCheck {
  /**
   * The one SHA-512 the lockfile locks, or the served one where it can lock none; null where there is none, or several.
   */
  readonly locked: Digest | null;
  /** The SHA-512 the registry serves, in hex; null where it serves none. */
  readonly served: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Is the locked hash the one the registry serves? Installers accept bytes that match any hash of the strongest
 * algorithm (W3C SRI section 3.3.4), so a second SHA-512 beside the good one opens a door and is a mismatch.
 */
export function checkIntegrity(dependency: Dependency, manifest: Manifest): IntegrityCheck {
  const served = sha512OfSri(manifest.integrity);
  const [artifact] = dependency.artifacts;
  const { archive } = artifact;
  if (archive !== undefined) return lockedByArchive(archive, archive.due || !dependency.optional, served, manifest);
  const strong = distinct(byteDigests(artifact).filter((digest) => digest.algorithm === 'sha512'));
  const [locked, second] = strong;
  if (locked === undefined) return { locked: null, served, findings: withoutStrongHash(artifact, manifest) };
  if (second !== undefined) {
    const actual = sri(strong.find((digest) => digest.hex !== served) ?? second);
    const args = { locked: strong.map(sri).join(' '), actual, source: 'lockfile' as const };
    return { locked: null, served, findings: [finding('integrity-mismatch', args)] };
  }
  if (served === null || served === locked.hex) return { locked, served, findings: [] };
  const args = { locked: sri(locked), actual: manifest.integrity ?? '', source: 'registry' as const };
  return { locked, served, findings: [finding('integrity-mismatch', args)] };
}

/**
 * The lockfile has no hash of the tarball, by its format. What the registry serves stands in, for its signature and the
 * attestations to hold or not; that it is also what gets installed, only a baseline and the package manager can tell.
 */
function lockedByArchive(
  { checksum }: ArchiveLock,
  isDue: boolean,
  served: string | null,
  { shasum }: Manifest,
): IntegrityCheck {
  if (served === null) {
    const findings = [shasum === null ? missing(null) : finding('integrity-weak', { algorithm: 'sha1' })];
    return { locked: null, served, findings };
  }
  const findings = isDue && checksum === null ? [missing(null)] : [];
  return { locked: { algorithm: 'sha512', hex: served }, served, findings };
}

function missing(resolved: string | null): Finding {
  return finding('integrity-missing', { resolved });
}

function withoutStrongHash(artifact: Artifact, manifest: Manifest): readonly Finding[] {
  const { source } = artifact;
  const digests = byteDigests(artifact);
  const [weak] = digests;
  if (weak === undefined) {
    return [missing(source.kind === 'registry' ? source.resolved : null)];
  }
  const wrong = digests.find(
    (digest) => digest.algorithm === 'sha1' && manifest.shasum !== null && digest.hex !== manifest.shasum.toLowerCase(),
  );
  if (wrong !== undefined) {
    return [
      finding('integrity-mismatch', {
        locked: sri(wrong),
        actual: `sha1 ${manifest.shasum ?? ''}`,
        source: 'registry',
      }),
    ];
  }
  return [finding('integrity-weak', { algorithm: weak.algorithm })];
}

/** Each hash once. */
export function distinct(digests: readonly Digest[]): readonly Digest[] {
  return [...new Map(digests.map((digest) => [digest.hex, digest])).values()];
}
