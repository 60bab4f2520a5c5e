import { dependencyOf, servedIntegrity } from '../../audit/compare.ts';
import { auditDependencies } from '../../audit/dependencies.ts';
import type { DependencyOptions } from '../../audit/options.ts';
import type { Artifacts, Dependency } from '../../model/dependency.ts';
import { groupBy } from '../../model/group-by.ts';
import {
  packageId,
  versionId,
  type PackageId,
  type PackageRef,
  type VersionId,
  type VersionRef,
} from '../../model/package.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { createLru } from '../../net/lru.ts';
import { isRefused, refusalOf, type Refusal } from './refusal.ts';

/** What was decided about one version. */
export interface Decision {
  /** Null where it may be fetched. */
  readonly refusal: Refusal | null;
  /** What was judged: bytes must have the hashes of one of these. */
  readonly artifacts: Artifacts;
  /** What the audit says of it; null where it came to no end. */
  readonly judged: JudgedDependency | null;
}

/** Decides about versions before anything of them is fetched. */
export interface Judge {
  /**
   * `artifacts` reads what the registry's document says of the version's hashes, and `said` is that as text: where it
   * says something else than before, that is decided anew. Of a locked version counts what is `locked` of it, which may
   * be a part of what is asked for. Never rejects.
   */
  readonly decide: (
    version: VersionRef,
    said: string,
    artifacts: () => Artifacts,
    locked?: (own: Artifacts) => Artifacts,
  ) => Promise<Decision>;
  /** Versions of a package that somebody is known to want: those of the lockfile, and what was refused so far. */
  readonly namedOf: (one: PackageRef) => readonly string[];
}

export interface JudgeOptions {
  readonly audit: Omit<DependencyOptions, 'now' | 'compareBytes' | 'onProgress'>;
  /** What the lockfile locks: bytes of these are held to it, and not to what the registry says now. */
  readonly locked: readonly Dependency[];
  /** Whether the project itself asks for a package. */
  readonly isDirect: (name: string) => boolean;
  /** Whether somebody lets through in this run what would be refused. */
  readonly allows: (judged: JudgedDependency) => boolean;
  readonly now: () => number;
}

/** More than a tree of the largest projects asks about. */
const MAX_DECISIONS = 50_000;

type Locked = (own: Artifacts) => Artifacts;

interface Waiting {
  readonly dependency: Dependency;
  readonly settle: (decision: Decision) => void;
}

/** What stands in for a lockfile's entry where a registry's document has the hashes of a version in one text. */
export function servedArtifacts(integrity: string | null): Artifacts {
  return [{ file: null, digests: servedIntegrity(integrity), source: { kind: 'registry', resolved: null } }];
}

/** Versions that are asked about at the same time are audited together; each is audited once. */
export function createJudge({ audit, locked, isDirect, allows, now }: JudgeOptions): Judge {
  const ofLockfile = new Map<VersionId, Dependency>();
  for (const one of locked) if (!ofLockfile.has(versionId(one))) ofLockfile.set(versionId(one), one);
  const lockedOf = groupBy(locked, packageId);
  const decisions = createLru<Promise<Decision>>(MAX_DECISIONS);
  const refused = new Map<PackageId, Set<string>>();
  let waiting: Waiting[] = [];

  async function auditWaiting(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const judged = await auditDependencies(
        batch.map(({ dependency }) => dependency),
        { ...audit, now: now(), locked: null },
      );
      for (const [i, { dependency, settle }] of batch.entries()) settle(decisionOn(dependency, judged[i] ?? null));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'the audit failed';
      for (const { dependency, settle } of batch) settle(decisionOn(dependency, null, why));
    }
  }

  function decisionOn(dependency: Dependency, judged: JudgedDependency | null, why?: string): Decision {
    const { artifacts } = dependency;
    const isAllowed = judged !== null && (!isRefused(judged, audit.enforce) || allows(judged));
    if (isAllowed) return { refusal: null, artifacts, judged };
    return { refusal: refusalOf(dependency, judged, why), artifacts, judged };
  }

  function dependencyFor(version: VersionRef, artifacts: () => Artifacts, locked: Locked): Dependency {
    const own = ofLockfile.get(versionId(version));
    if (own !== undefined) return { ...own, artifacts: locked(own.artifacts) };
    return { ...dependencyOf(version, []), artifacts: artifacts(), direct: isDirect(version.name) };
  }

  function ask(dependency: Dependency): Promise<Decision> {
    return new Promise((settle) => {
      if (waiting.length === 0) setImmediate(() => void auditWaiting());
      waiting.push({ dependency, settle });
    });
  }

  return {
    decide: (version, said, artifacts, locked = (own) => own) =>
      decisions.get(`${versionId(version)} ${said}`, () => {
        const decision = ask(dependencyFor(version, artifacts, locked));
        void decision.then(({ refusal }) => {
          if (refusal === null) return;
          const id = packageId(version);
          refused.set(id, (refused.get(id) ?? new Set()).add(version.version));
        });
        return decision;
      }),
    namedOf: (one) => [
      ...(lockedOf.get(packageId(one)) ?? []).map(({ version }) => version),
      ...(refused.get(packageId(one)) ?? []),
    ],
  };
}
