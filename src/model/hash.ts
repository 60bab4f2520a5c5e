import type { Digest, DirHash } from './dependency.ts';

/** SHA-256 over the artifacts of a version, as docs/assay-lock.md lists them. */
interface ArtifactsDigest {
  readonly algorithm: 'files';
  readonly hex: string;
}

/** A hash as a baseline has it: of an artifact's bytes or files, or of all artifacts of a version. */
export type Hash = Digest | DirHash | ArtifactsDigest;

/** Hashes of bytes as Subresource Integrity strings (https://www.w3.org/TR/SRI/), those of lists with a colon. */
export function hashText({ algorithm, hex }: Hash): string {
  const separator = algorithm === 'h1' || algorithm === 'files' ? ':' : '-';
  return algorithm + separator + Buffer.from(hex, 'hex').toString('base64');
}

export function sameHash(a: Hash, b: Hash): boolean {
  return a.algorithm === b.algorithm && a.hex === b.hex;
}

/** Whether it is of bytes. */
export function isDigest(hash: Hash): hash is Digest {
  return hash.algorithm !== 'h1' && hash.algorithm !== 'files';
}
