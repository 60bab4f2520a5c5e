import maxSatisfying from 'semver/ranges/max-satisfying.js';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Packument } from '../model/evidence.ts';

/** As npm picks: the exact version, the dist-tag, else the highest in range, `latest` before others that fit. */
export function pickVersion({ versions, distTags }: Packument, wanted: string): string | null {
  if (versions.has(wanted)) return wanted;
  const tagged = Object.hasOwn(distTags, wanted) ? distTags[wanted] : undefined;
  if (tagged !== undefined) return versions.has(tagged) ? tagged : null;
  if (validRange(wanted) === null) return null;
  const latest = distTags['latest'];
  if (latest !== undefined && versions.has(latest) && satisfies(latest, wanted)) return latest;
  return maxSatisfying([...versions.keys()], wanted);
}
