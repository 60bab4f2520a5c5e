import type { PackageFile } from './capability.ts';
import type { Digest } from './dependency.ts';

/** Where the bytes of artifacts were read. */
export type BytesSource = 'npm-cache' | 'yarn-cache' | 'go-cache' | 'cargo-cache' | 'registry';

/** One file of a tarball, as an installer would write it. */
export interface PackedFile extends PackageFile {
  readonly size: number;
  /**
   * SHA-256 in hex of its content, and of the same as npm writes it where it is linked as a command; empty where files
   * were not to be hashed.
   */
  readonly digests: readonly string[];
}

/** A tarball that was read to its end, and has the wanted hashes. */
export interface Tarball {
  readonly files: readonly PackedFile[];
  /** Bytes of the tarball. */
  readonly size: number;
  readonly from: BytesSource;
  /** Whether a cache had other bytes under its name. */
  readonly corruptCache: boolean;
}

/** What is at one path of an installed package. Nothing but files and folders is ever opened. */
export interface InstalledFile {
  readonly kind: 'file' | 'link' | 'other';
  readonly size: number;
  /** SHA-256 in hex; null for what is no file, or could not be what the tarball has because of its size. */
  readonly digest: string | null;
}

/** One copy of a package on disk. */
export interface InstalledCopy {
  /** Of its folder, relative to the project, with "/". */
  readonly path: string;
  /** By path within the package; null where no folder is there that could be read. */
  readonly files: ReadonlyMap<string, InstalledFile> | null;
  /** What is there instead; null where there is a folder. */
  readonly problem: 'link' | 'other' | null;
}

/** What the bytes were held against: the lockfile's hash, or, where that has none that can be used, the registry's. */
export type BytesBasis = 'lockfile' | 'registry';

export interface WantedBytes {
  /** All of them must hold. The first is the SHA-512. */
  readonly digests: readonly Digest[];
  readonly basis: BytesBasis;
  /** The hash of the unpacked tarball, where that is what the lockfile locks; left out where it is not. */
  readonly tar?: Digest;
}
