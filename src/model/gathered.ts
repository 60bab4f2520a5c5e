import type { PackedFile } from './bytes.ts';
import type { CapabilityReading } from './capability.ts';
import type { Dependency } from './dependency.ts';
import type { Finding } from './finding.ts';
import type { InstalledProof, Proofs } from './proof.ts';
import type { InstalledUsed } from './report.ts';

/** What was found of the bytes of one dependency. */
export interface GatheredBytes {
  readonly proofs: Pick<Proofs, 'bytes' | 'installed'>;
  readonly findings: readonly Finding[];
  /** Whether the tarball has no lockfile that npm would install from, although the lockfile says so; else left out. */
  readonly hasNoLockfile?: boolean;
}

/** Copies on disk of what a lockfile names. */
export interface InstalledCopies {
  /** The copies of a dependency beside the files of its artifact. */
  readonly compare: (
    dependency: Dependency,
    files: readonly PackedFile[],
  ) => Promise<{ readonly proof: InstalledProof | null; readonly findings: readonly Finding[] }>;
  /** What was found where, once everything was compared. */
  readonly used: (dependencies: readonly Dependency[]) => InstalledUsed;
}

/** What a dependency can reach, and what was found wrong in reading it. */
export interface GatheredCapabilities {
  readonly reading: CapabilityReading;
  readonly finding: Finding | null;
}
