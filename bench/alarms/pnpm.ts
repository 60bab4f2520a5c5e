import parse from 'semver/functions/parse.js';
import type { Packument } from '../../src/model/evidence.ts';

/**
 * pnpm's `trustPolicy: no-downgrade` (https://pnpm.io/settings#trustpolicy), as documented: a version is refused if any
 * version of the package that was published earlier has stronger evidence, whatever its release line. Since pnpm 10.24
 * prereleases are no evidence against a stable version. `trustPolicyExclude` and `trustPolicyIgnoreAfter` are empty by
 * default; the latter is about the age at installation, and a replay judges on the day of publication.
 *
 * Returns the earliest of the strongest earlier versions, or null where the version is not refused.
 */
export function strongerBefore(packument: Packument, version: string): string | null {
  const published = packument.time.get(version);
  if (published === undefined) return null;
  let found: string | null = null;
  let strongest = evidenceOf(packument, version);
  for (const [candidate, time] of packument.time) {
    if (time >= published || (isPrerelease(candidate) && !isPrerelease(version))) continue;
    const evidence = evidenceOf(packument, candidate);
    if (evidence > strongest) [found, strongest] = [candidate, evidence];
  }
  return found;
}

/**
 * A trusted publisher with provenance (2) is more than provenance (1), which is more than nothing (0). A trusted
 * publisher alone counts as nothing (https://github.com/pnpm/pnpm/pull/11911).
 */
function evidenceOf(packument: Packument, version: string): 0 | 1 | 2 {
  const manifest = packument.versions.get(version);
  if (manifest?.attestations?.provenance !== true) return 0;
  return (manifest.publisher?.trustedPublisher ?? null) === null ? 1 : 2;
}

function isPrerelease(version: string): boolean {
  return (parse(version)?.prerelease.length ?? 0) > 0;
}
