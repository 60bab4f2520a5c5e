import { isDeepStrictEqual } from 'node:util';
import type { Baseline, BaselinePackage } from '../model/baseline.ts';
import { packageId, versionId, type PackageId } from '../model/package.ts';

/** What of a base counts, in view of what the branch that a change goes to has now. */
export interface Standing {
  /** What is held, and who is expected. */
  readonly ruling: Baseline;
  /** The bytes that are known of any version: others are never the same version. */
  readonly recorded: Baseline;
}

/**
 * The commit where a change begins may be one of an earlier change, which took back later what it had brought, so that
 * nobody saw it. So what lets a version pass counts only where the base and its target say the same of it, and who is
 * expected is for the target to say; somebody who was expected at the base still is where the target has accepted
 * another one instead. A clock starts when either says.
 */
export function standingOf(base: Baseline, target: Baseline | null): Standing {
  const packages = new Map<PackageId, BaselinePackage>();
  for (const [id, was] of base.packages) {
    const is = target?.packages.get(id);
    if (is === undefined) continue;
    const versions = [...was.versions].filter(([version, entry]) => isDeepStrictEqual(entry, is.versions.get(version)));
    const replaced = [...is.versions.values()].flatMap(({ despite }) => despite?.expected ?? []);
    const isReplaced = was.identity !== null && replaced.some((one) => isDeepStrictEqual(one, was.identity));
    packages.set(id, { ...is, ...(isReplaced ? { identity: was.identity } : {}), versions: new Map(versions) });
  }
  const seenNow = new Set(target?.seen.map(versionId));
  const seen = base.seen.filter(
    (one) => seenNow.has(versionId(one)) || target?.packages.get(packageId(one))?.versions.has(one.version) === true,
  );
  const accepted = base.accepted.filter((one) => target?.accepted.some((other) => isDeepStrictEqual(one, other)));
  return {
    ruling: { heads: base.heads, packages, accepted, seen: [...seen, ...(target?.seen ?? [])] },
    recorded: { ...base, packages: withVersions(base.packages, target?.packages ?? new Map()) },
  };
}

function withVersions(base: Baseline['packages'], target: Baseline['packages']): Baseline['packages'] {
  const packages = new Map(base);
  for (const [id, is] of target) {
    const versions = [...(base.get(id)?.versions ?? []), ...is.versions];
    packages.set(id, { ...is, versions: new Map(versions) });
  }
  return packages;
}
