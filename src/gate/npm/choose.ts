import { compareVersions } from '../../ecosystems/conventions/compare.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { STABLE } from '../../model/channel.ts';
import { choosing, type Listed } from '../common/choose.ts';
import type { Decision } from '../common/judge.ts';
import type { Refusal } from '../common/refusal.ts';

/** What a client may pick of a package. */
export interface Choice {
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Each names a version that is listed, and that is allowed. */
  readonly distTags: Readonly<Record<string, string>>;
}

/**
 * Decides what clients can pick without naming a version: what dist-tags name, and the highest of each line. What is
 * refused is left out, and the next below is looked at. A tag that would name nothing is moved down to the highest
 * allowed version below: never up, and from a release to no prerelease. Everything else is decided once it is asked
 * for. `named` are versions that somebody is known to want.
 */
export async function choose(
  listed: readonly string[],
  distTags: Readonly<Record<string, string>>,
  named: readonly string[],
  decide: (version: string) => Promise<Decision>,
): Promise<Choice> {
  const { sorted, refused, isAllowed, firstAllowed, decideHighest } = choosing('npm', listed, decide);
  const isListed = new Set(listed);
  const [tags] = await Promise.all([
    Promise.all(
      Object.entries(distTags).map(async ([tag, target]) => {
        if (isListed.has(target) && (await isAllowed(target))) return [[tag, target] as const];
        const moved = await firstAllowed(downwardsFrom(sorted, target));
        return moved === null ? [] : [[tag, moved] as const];
      }),
    ),
    decideHighest(named.filter((text) => isListed.has(text))),
  ]);
  return { refused, distTags: Object.fromEntries(tags.flat()) };
}

/** The versions below one, the highest first; below a release only releases. */
function downwardsFrom(sorted: readonly Listed[], target: string): readonly Listed[] {
  const from = conventionsOf('npm').versions.parse(target);
  if (from === null) return [];
  return sorted.filter(
    ({ version }) => compareVersions(version, from) < 0 && (from.channel !== STABLE || version.channel === STABLE),
  );
}
