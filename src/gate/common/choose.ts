import { compareVersions } from '../../ecosystems/conventions/compare.ts';
import type { Version, Versions } from '../../ecosystems/conventions/conventions.ts';
import { STABLE } from '../../model/channel.ts';
import { groupBy } from '../../model/group-by.ts';
import type { Refusal } from './refusal.ts';

/** What a client may pick of a package. */
export interface Choice {
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Each names a version that is listed, and that is allowed. */
  readonly distTags: Readonly<Record<string, string>>;
}

/** How many versions of one line are looked at, from its highest down, to find one that is allowed. */
const MAX_LOOKED_AT = 50;

interface Listed {
  readonly text: string;
  readonly version: Version;
}

/**
 * Decides what clients can pick without naming a version: what dist-tags name, and the highest of each line. What is
 * refused is left out, and the next below is looked at. A tag that would name nothing is moved down to the highest
 * allowed version below: never up, and from a release to no prerelease. Everything else is decided once it is asked
 * for. `named` are versions that somebody is known to want.
 */
export async function choose(
  { parse }: Versions,
  listed: readonly string[],
  distTags: Readonly<Record<string, string>>,
  named: readonly string[],
  decide: (version: string) => Promise<{ readonly refusal: Refusal | null }>,
): Promise<Choice> {
  const sorted = listed
    .flatMap((text): readonly Listed[] => {
      const version = parse(text);
      return version === null ? [] : [{ text, version }];
    })
    .sort((a, b) => compareVersions(b.version, a.version));
  const isListed = new Set(listed);
  const refused = new Map<string, Refusal>();
  const isAllowed = async (text: string): Promise<boolean> => {
    const { refusal } = await decide(text);
    if (refusal !== null) refused.set(text, refusal);
    return refusal === null;
  };
  const firstAllowed = async (downwards: readonly Listed[]): Promise<string | null> => {
    for (const { text } of downwards.slice(0, MAX_LOOKED_AT)) if (await isAllowed(text)) return text;
    return null;
  };

  const lines = groupBy(sorted, ({ version }) => `${version.line} ${version.channel}`);
  const [tags] = await Promise.all([
    Promise.all(
      Object.entries(distTags).map(async ([tag, target]) => {
        if (isListed.has(target) && (await isAllowed(target))) return [[tag, target] as const];
        const below = downwardsFrom(sorted, parse(target));
        const moved = await firstAllowed(below);
        return moved === null ? [] : [[tag, moved] as const];
      }),
    ),
    ...[...lines.values()].map(firstAllowed),
    ...named.filter((text) => isListed.has(text)).map(isAllowed),
  ]);
  return { refused, distTags: Object.fromEntries(tags.flat()) };
}

/** The versions below one, the highest first; below a release only releases. */
function downwardsFrom(sorted: readonly Listed[], from: Version | null): readonly Listed[] {
  if (from === null) return [];
  return sorted.filter(
    ({ version }) => compareVersions(version, from) < 0 && (from.channel !== STABLE || version.channel === STABLE),
  );
}
