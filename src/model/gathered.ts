import type { PackedFile } from './bytes.ts';
import type { CapabilityReading } from './capability.ts';
import type { Dependency } from './dependency.ts';
import type { Finding, FindingCode } from './finding.ts';
import type { InstalledProof, Proofs } from './proof.ts';
import type { InstalledUsed } from './report.ts';

/** What was found of the bytes of one dependency. */
export interface GatheredBytes {
  readonly proofs: Pick<Proofs, 'bytes' | 'installed'>;
  readonly findings: readonly Finding[];
  /** What was found of the entry, and holds no more now that the bytes are known; left out for nothing. */
  readonly settled?: FindingCode;
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

/** What came of all copies that a chain found itself. */
export interface CopiesFound {
  readonly used: InstalledUsed;
  /** About what is no dependency's. */
  readonly findings: readonly Finding[];
  /** Whether every copy that a build takes was compared. */
  readonly isWhole: boolean;
}

/** What a dependency can reach, and what was found wrong in reading it. */
export interface GatheredCapabilities {
  readonly reading: CapabilityReading;
  readonly finding: Finding | null;
}
