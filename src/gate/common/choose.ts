import { compareVersions } from '../../ecosystems/conventions/compare.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import type { Version } from '../../ecosystems/conventions/conventions.ts';
import { groupBy } from '../../model/group-by.ts';
import type { Ecosystem } from '../../model/package.ts';
import type { Decision } from './judge.ts';
import type { Refusal } from './refusal.ts';

/** How many versions of one line are looked at, from its highest down, to find one that is allowed. */
const MAX_LOOKED_AT = 50;

export interface Listed {
  readonly text: string;
  readonly version: Version;
}

/** Versions of a package that are decided about before somebody asks for one of them. */
export interface Choosing {
  /** The highest first. */
  readonly sorted: readonly Listed[];
  /** What was refused so far. */
  readonly refused: ReadonlyMap<string, Refusal>;
  readonly isAllowed: (version: string) => Promise<boolean>;
  /** The first of these that is allowed; null for none. */
  readonly firstAllowed: (downwards: readonly Listed[]) => Promise<string | null>;
  /** Decides about the highest of each line, and those below it as long as they are refused; and about `named`. */
  readonly decideHighest: (named: readonly string[]) => Promise<void>;
}

/** What clients pick without naming a version is the highest of a line. All else is decided when it is asked for. */
export function choosing(
  ecosystem: Ecosystem,
  listed: readonly string[],
  decide: (version: string) => Promise<Pick<Decision, 'refusal'>>,
): Choosing {
  const { parse } = conventionsOf(ecosystem).versions;
  const sorted = listed
    .flatMap((text): readonly Listed[] => {
      const version = parse(text);
      return version === null ? [] : [{ text, version }];
    })
    .sort((a, b) => compareVersions(b.version, a.version));
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
  return {
    sorted,
    refused,
    isAllowed,
    firstAllowed,
    decideHighest: async (named) => {
      const lines = groupBy(sorted, ({ version }) => `${version.line} ${version.channel}`);
      await Promise.all([...[...lines.values()].map(firstAllowed), ...named.map(isAllowed)]);
    },
  };
}
