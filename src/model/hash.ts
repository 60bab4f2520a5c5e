import type { Digest, HashAlgorithm } from './dependency.ts';

/**
 * A hash as a baseline has it: of an artifact's bytes, or of a list. `h1` is Go's, over the files of a module; `files`
 * is over the artifacts of a version (docs/assay-lock.md). Both are SHA-256.
 */
export interface Hash {
  readonly algorithm: HashAlgorithm | 'h1' | 'files';
  readonly hex: string;
}

/** Hashes of bytes as Subresource Integrity strings (https://www.w3.org/TR/SRI/), those of lists with a colon. */
export function hashText({ algorithm, hex }: Hash): string {
  const separator = algorithm === 'h1' || algorithm === 'files' ? ':' : '-';
  return algorithm + separator + Buffer.from(hex, 'hex').toString('base64');
}

/** Whether it is of bytes. */
export function isDigest(hash: Hash): hash is Digest {
  return hash.algorithm !== 'h1' && hash.algorithm !== 'files';
}
