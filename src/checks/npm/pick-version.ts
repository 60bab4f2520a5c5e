import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import type { Packument } from '../../model/evidence.ts';

/** As npm picks: the exact version, the dist-tag, else the highest in range, `latest` before others that fit. */
export function pickVersion({ ecosystem, versions, distTags }: Packument, wanted: string): string | null {
  if (versions.has(wanted)) return wanted;
  const tagged = Object.hasOwn(distTags, wanted) ? distTags[wanted] : undefined;
  if (tagged !== undefined) return versions.has(tagged) ? tagged : null;
  const { isRange, satisfies, highest } = conventionsOf(ecosystem).versions;
  if (!isRange(wanted)) return null;
  const latest = distTags['latest'];
  if (latest !== undefined && versions.has(latest) && satisfies(latest, wanted)) return latest;
  return highest([...versions.keys()], wanted);
}
