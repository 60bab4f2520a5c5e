import { isDeepStrictEqual } from 'node:util';
import type { Baseline, BaselinePackage } from '../model/baseline.ts';
import { packageId, versionId, type PackageId, type VersionId, type VersionRef } from '../model/package.ts';

/** What a change adds to a baseline or edits in it: entries of versions, and packages whose own lines differ. */
export interface ChangedLines {
  readonly versions: ReadonlySet<VersionId>;
  readonly packages: ReadonlySet<PackageId>;
}

export function changedLines(before: Baseline | null, now: Baseline | null): ChangedLines {
  const versions = new Set<VersionId>();
  const packages = new Set<PackageId>();
  for (const [id, is] of now?.packages ?? []) {
    const was = before?.packages.get(id);
    if (!isDeepStrictEqual(ownLines(was), ownLines(is))) packages.add(id);
    for (const [version, entry] of is.versions) {
      if (!isDeepStrictEqual(was?.versions.get(version), entry)) versions.add(`${id}@${version}`);
    }
  }
  return { versions, packages };
}

/** Whether any of these lines are about a version, or about its package. */
export function isOfLines(one: VersionRef, { versions, packages }: ChangedLines): boolean {
  return versions.has(versionId(one)) || packages.has(packageId(one));
}

function ownLines(known: BaselinePackage | undefined): unknown {
  return known && { identity: known.identity, channels: known.channels, since: known.since };
}
