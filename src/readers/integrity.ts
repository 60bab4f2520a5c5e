import type { Digest, HashAlgorithm } from '../model/dependency.ts';

const BYTES: ReadonlyMap<string, { readonly algorithm: HashAlgorithm; readonly length: number }> = new Map(
  (
    [
      ['md5', 16],
      ['sha1', 20],
      ['sha256', 32],
      ['sha384', 48],
      ['sha512', 64],
    ] as const
  ).map(([algorithm, length]) => [algorithm, { algorithm, length }]),
);

/** npm writes one hash, two at most; the bound only stops a file made of hashes. */
const MAX_LENGTH = 4096;

/**
 * Reads Subresource Integrity metadata (W3C SRI, section 3.5): hashes separated by white space, each
 * `ALGORITHM-BASE64` with options after "?", which are ignored. Strict where installers are lenient: an unknown
 * algorithm, base64 that is not canonical, or a hash of the wrong length is a SyntaxError whose message says which.
 * Beside the algorithms of the specification, sha1 and md5 are read, because lockfiles have them. At least one hash.
 */
export function parseIntegrity(text: string): Digest[] {
  if (text.length > MAX_LENGTH) throw new SyntaxError(`integrity longer than ${MAX_LENGTH} characters`);
  const hashes = text.split(/[ \t\r\n\f]+/).filter((hash) => hash !== '');
  if (hashes.length === 0) throw new SyntaxError('empty integrity');
  return hashes.map(parseHash);
}

function parseHash(text: string): Digest {
  const [, name = '', base64 = ''] = /^([a-z0-9]+)-([^?]*)(?:\?[\x21-\x7e]*)?$/.exec(text) ?? [];
  const known = BYTES.get(name);
  if (known === undefined) throw new SyntaxError('integrity is not ALGORITHM-BASE64 with a known algorithm');
  const bytes = Buffer.from(base64, 'base64');
  // Decoding is lenient; encoding again is not. npm compares the base64 text, so another spelling never matches.
  if (bytes.toString('base64') !== base64) throw new SyntaxError(`${name} integrity is not valid base64`);
  if (bytes.length !== known.length) {
    throw new SyntaxError(`${name} integrity has ${bytes.length} bytes, not ${known.length}`);
  }
  return { algorithm: known.algorithm, hex: bytes.toString('hex') };
}

/** A digest as a Subresource Integrity string. */

export function sri({ algorithm, hex }: Digest): string {
  return `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

/** The single SHA-512 of a served `dist.integrity`, in hex; null where there is none or more than one. */

export function sha512OfSri(integrity: string | null): string | null {
  const hashes = (integrity ?? '').split(/\s+/).filter((part) => part.startsWith('sha512-'));
  const [hash] = hashes;
  if (hash === undefined || hashes.length > 1 || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(hash)) return null;
  return Buffer.from(hash.slice('sha512-'.length), 'base64').toString('hex');
}
