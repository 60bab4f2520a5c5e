import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { packageId, versionId, type VersionId, type VersionRef } from '../../model/package.ts';
import type { Refusal } from './refusal.ts';

/** What a run of the gate tells when it is over. */
export interface Outcome {
  /** What was asked for, and refused. */
  readonly refused: readonly Refusal[];
  /** What a client would have picked, and got an older version of the same line instead. */
  readonly heldBack: readonly Refusal[];
  /** What documents were answered without, of packages of which nothing was handed out. */
  readonly missing: readonly Refusal[];
  /** Versions whose bytes were handed out. */
  readonly fetched: number;
}

/** Is told what was refused, and what was handed out. */
export interface Record {
  /** Somebody asked for this version itself. */
  readonly refuse: (refusal: Refusal) => void;
  /** A document was answered without this version. */
  readonly hide: (refusal: Refusal) => void;
  readonly fetch: (version: VersionRef) => void;
}

/** Remembers all of it, for as long as one command runs. */
export function createRecord(): Record & { readonly outcome: () => Outcome } {
  const refused = new Map<VersionId, Refusal>();
  const hidden = new Map<VersionId, Refusal>();
  const fetched = new Map<VersionId, VersionRef>();
  return {
    refuse: (refusal) => void refused.set(versionId(refusal.version), refusal),
    hide: (refusal) => void hidden.set(versionId(refusal.version), refusal),
    fetch: (version) => void fetched.set(versionId(version), version),
    outcome: () => {
      const taken = [...fetched.values()];
      const others = [...hidden.values()].filter(({ version }) => !refused.has(versionId(version)));
      return {
        refused: [...refused.values()],
        heldBack: others.filter(({ version }) => taken.some((one) => isOlderOfLine(one, version))),
        missing: others.filter(({ version }) => !taken.some((one) => packageId(one) === packageId(version))),
        fetched: fetched.size,
      };
    },
  };
}

/** Whether one was taken where the other would have been: an older one of the releases that replace each other. */
function isOlderOfLine(taken: VersionRef, hidden: VersionRef): boolean {
  if (packageId(taken) !== packageId(hidden)) return false;
  const { versions } = conventionsOf(taken.ecosystem);
  const isSameLine = versions.parse(taken.version)?.line === versions.parse(hidden.version)?.line;
  return isSameLine && versions.compare(taken.version, hidden.version) < 0;
}
