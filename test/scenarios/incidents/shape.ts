import type { Lab, LockfileOptions } from '../../../lab/index.ts';
import type { FindingCode } from '../../../src/model/finding.ts';
import type { Instant } from '../../../src/model/time.ts';
import type { Phase } from '../../../src/model/verdict.ts';
import type { AuditChange, Outcome } from '../harness.ts';

export type PublishSpec = Parameters<Lab['publish']>[0];
export type By = PublishSpec['by'];

/** One release: when, what, by whom, and what else it has. A release of an old line does not become `latest`. */
export type Release = readonly [at: string, version: string, by: By, more?: Partial<PublishSpec>];

/** An exit status, and what was found. */
export type Found = readonly [status: number, ...codes: string[]];

export interface History {
  readonly name: string;
  readonly releases: readonly Release[];
  /** Other packages that a release brings in. */
  readonly others?: Readonly<Record<string, readonly Release[]>>;
  /** Further entries of the lockfile, where a release brings in something that is of no registry. */
  readonly extra?: NonNullable<LockfileOptions['extra']>;
}

/** What the page says of an incident, and what it has to come to. */
export interface Told {
  readonly title: string;
  readonly name: string;
  /** The release that is locked, and the last good one before. */
  readonly version: string;
  readonly before: string;
  readonly published: string;
  /** Codes; with the name in front, where it is of a package that came with it, and " (note)" behind. */
  readonly finds: readonly string[];
  /** The exit status in observe, guard, critical and all. */
  readonly statuses: readonly [number, number, number, number];
  /** What is an error in the first phase that fails. */
  readonly fails: readonly string[];
  /** The release before fails there for the same. */
  readonly failsAsBefore?: true;
  /** What is an error three days later with the policy of the page. */
  readonly policy: readonly string[];
  /** It was old when it was locked, so that it is never too new. */
  readonly isOld?: true;
  /** The exit status of the release before in guard, and what is found of it. */
  readonly beforeFinds: Found;
  readonly unseen: string;
}

/** One on npm, as it is published. */
export interface Incident extends Told, History {
  /** It was built on another ref than the releases before. */
  readonly otherRef?: true;
}

/** An incident on a registry of its own, as it is when the release is an hour old. */
interface Staged {
  readonly now: Instant;
  /** Audits a lockfile with the release, or with the one before. */
  readonly audit: (what: 'release' | 'before', change: AuditChange) => Promise<Outcome>;
  /** What the registry did then, in order; nothing where it never takes a version away. */
  readonly taken: readonly Taken[];
}

/** How a release was taken away, and what a lockfile that still has it fails for. */
interface Taken {
  readonly act: () => void;
  readonly enforce: Phase;
  readonly code: FindingCode;
}

export type Stage = <T>(work: (staged: Staged) => Promise<T>) => Promise<T>;

/** One of another ecosystem. */
export interface Elsewhere extends Told {
  readonly stage: Stage;
}

export interface Upgrade extends History {
  readonly version: string;
  readonly published: string;
  /** What is found in guard an hour after the release, and now, with the exit status. */
  readonly day: Found;
  readonly now: Found;
}

/** A release of an old line does not become `latest`. */
export const old = { distTag: 'old' };
export const scripts = (script: string, command: string): Partial<PublishSpec> => ({
  manifest: { scripts: { [script]: command } },
});
/** What is found, in short. */
export const LOST = 'provenance-lost';
export const ELSEWHERE = 'provenance-lost-elsewhere';
export const MISSING = 'provenance-missing';
export const SCRIPT = 'history-install-script-added';
export const REPOSITORY = 'identity-unexpected-repository';
export const WORKFLOW = 'identity-unexpected-workflow';
export const ADDED = 'history-dependency-added';
export const EXOTIC = 'history-exotic-dependency';
export const MISMATCH = 'integrity-mismatch';
export const MASS_YANK = 'history-mass-yank';
export const REMOVED = 'version-removed';
export const UNKNOWN = 'lockfile-version-unknown';
export const SOURCE = 'source-mismatch';
