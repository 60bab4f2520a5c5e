import { createHash } from 'node:crypto';
import type { PackedFile } from '../../../model/bytes.ts';
import type { Digest } from '../../../model/dependency.ts';
import type { Sink } from '../../../net/request.ts';
import { TarballError } from '../../../readers/tar.ts';
import { createTarballReader } from './tarball.ts';
import type { ReadOptions } from '../../registry.ts';

/** The outcome of hashing and reading a tarball. */
export type ReadResult =
  /** The first of the wanted hashes that does not hold, beside the actual one. Nothing else is reported then. */
  | { readonly state: 'mismatch'; readonly wanted: Digest; readonly actual: Digest }
  | { readonly state: 'malformed'; readonly reason: string }
  | { readonly state: 'read'; readonly files: readonly PackedFile[]; readonly size: number };

/** Hashes a tarball and reads its files, in one go. */
export interface TarballSink extends Sink {
  finish(): Promise<ReadResult>;
  /** Releases the decompressor when the download was aborted. */
  drop(): void;
}

/** Each chunk is hashed here while zlib's thread unpacks it. `digests` must all hold. */
export function createTarballSink(digests: readonly Digest[], options: ReadOptions): TarballSink {
  const hashes = digests.map((wanted) => ({ wanted, hash: createHash(wanted.algorithm) }));
  const { tar } = options;
  const unpackedHash = tar === undefined ? null : createHash(tar.algorithm);
  const reader =
    options.unpacked === false ? null : createTarballReader(options, (chunk) => unpackedHash?.update(chunk));
  let size = 0;
  return {
    write(chunk) {
      const unpacked = reader?.write(chunk) ?? Promise.resolve();
      for (const { hash } of hashes) hash.update(chunk);
      size += chunk.length;
      return unpacked;
    },
    async finish() {
      const found = hashes.map(({ wanted, hash }) => ({ wanted, actual: { ...wanted, hex: hash.digest('hex') } }));
      const other = found.find(({ wanted, actual }) => wanted.hex !== actual.hex);
      if (other !== undefined) {
        reader?.drop();
        return { state: 'mismatch', ...other };
      }
      try {
        const files = (await reader?.end()) ?? [];
        const hex = unpackedHash?.digest('hex');
        if (tar !== undefined && hex !== undefined && hex !== tar.hex)
          return { state: 'mismatch', wanted: tar, actual: { ...tar, hex } };
        return { state: 'read', files, size };
      } catch (error) {
        if (error instanceof TarballError) return { state: 'malformed', reason: error.message };
        throw error;
      }
    },
    drop: () => reader?.drop(),
  };
}
