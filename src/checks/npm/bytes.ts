import type { Tarball, WantedBytes } from '../../model/bytes.ts';
import { byteDigests, type Dependency, type Digest } from '../../model/dependency.ts';
import type { Evidence, Manifest } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { establish, type BytesProof } from '../../model/proof.ts';
import { distinct } from './integrity.ts';
import { sha512OfSri, sri } from '../../readers/integrity.ts';

/** What a registry, or a cache, gave for a tarball. */
export type TarballAnswer =
  | Evidence<Tarball>
  | { readonly state: 'mismatch'; readonly url: string; readonly wanted: Digest; readonly actual: Digest };

/**
 * Which hashes must the tarball have? The lockfile's SHA-512 (what the registry signed, where the lockfile can lock
 * none); where there is none, the one the registry serves, and besides the strongest the lockfile has. Null where
 * nothing of that kind is known, or the lockfile has several.
 */
export function wantedBytes({ artifacts }: Dependency, manifest: Manifest | null): WantedBytes | null {
  const [artifact] = artifacts;
  const { archive } = artifact;
  const integrity = byteDigests(artifact);
  const [locked, second] = distinct(integrity.filter(({ algorithm }) => algorithm === 'sha512'));
  if (second !== undefined) return null;
  const tar = archive?.unpacked === true ? digestOfSri(archive.checksum) : null;
  const also = tar === null ? {} : { tar };
  if (locked !== undefined)
    return { digests: [locked], basis: archive === undefined ? 'lockfile' : 'registry', ...also };
  const served = manifest === null ? null : sha512OfSri(manifest.integrity);
  if (served === null) return null;
  const weak = (['sha384', 'sha256', 'sha1', 'md5'] as const)
    .map((algorithm) => distinct(integrity.filter((digest) => digest.algorithm === algorithm)))
    .find((digests) => digests.length > 0);
  // Installers take bytes with any one of several hashes of a kind.
  const weaker = weak?.length === 1 ? weak : [];
  return { digests: [{ algorithm: 'sha512', hex: served }, ...weaker], basis: 'registry', ...also };
}

function digestOfSri(text: string | null): Digest | null {
  const hex = sha512OfSri(text);
  return hex === null ? null : { algorithm: 'sha512', hex };
}

/** Are these the bytes? A proof where they are, findings where they are not or where nobody has them. */
export function checkBytes(
  { digests, basis: held, tar }: WantedBytes,
  answer: TarballAnswer,
): { readonly proof: BytesProof | null; readonly finding: Finding | null } {
  const [sha512] = digests;
  switch (answer.state) {
    case 'present': {
      const { size, from, corruptCache } = answer.value;
      const basis = tar === undefined ? held : 'lockfile';
      const proof =
        sha512 === undefined ? null : establish({ digests: [sha512] as const, size, from, basis, corruptCache });
      return { proof, finding: null };
    }
    case 'mismatch': {
      const hashes = { locked: sri(answer.wanted), actual: sri(answer.actual), source: 'bytes' as const };
      const isServed = held === 'registry' && answer.wanted === sha512;
      return { proof: null, finding: finding('integrity-mismatch', isServed ? { ...hashes, basis: held } : hashes) };
    }
    case 'absent':
      return { proof: null, finding: withoutTarball(answer.url, 'the registry does not have it') };
    case 'unavailable':
      return { proof: null, finding: withoutTarball(answer.url, answer.reason) };
    case 'malformed': {
      const { url, reason } = answer;
      return { proof: null, finding: finding('evidence-malformed', { evidence: 'tarball', url, reason }) };
    }
  }
}

/** There is no statement about bytes that nobody gave, or that nothing says the hash of. */
export function withoutTarball(url: string, reason: string): Finding {
  return finding('evidence-unavailable', { evidence: 'tarball', url, reason });
}
