import type { History } from '../model/history.ts';
import type { Identity } from '../model/proof.ts';
import { DAY, type Instant } from '../model/time.ts';
import { sameChannel } from './channels.ts';
import { allVersions, earlierVersions, versionIn, type EarlierVersion } from './history.ts';
import { repositoryAddress } from './identity.ts';

/** The builder of a release that is still there after this long is established. */
const ESTABLISHED = 30 * DAY;
/** Another workflow of the same repository is established after a week. */
const APART = 7 * DAY;
/** Without times, what this many releases with provenance follow. */
const RELEASES = 5;
/** Earlier releases that are asked about where attestations of others are not to be had. */
const TRIES = 3;

/** Who built earlier releases, as far as they were asked about: null where that was not to be had. */
export type Shown = ReadonlyMap<string, Identity | null>;

/** An earlier release that shows who is expected. */
interface Measure {
  readonly version: string;
  readonly identity: Identity;
  /** Of another channel, where another workflow is no surprise. */
  readonly otherChannel: boolean;
}

export interface Measures {
  readonly measures: readonly Measure[];
  /** Whether one of them is old enough not to be part of a current attack. */
  readonly established: boolean;
  /** Versions to ask about before that is known. */
  readonly ask: readonly string[];
  /** Versions whose attestations could not be obtained. */
  readonly missing: readonly string[];
}

/**
 * Which earlier releases with provenance a release is held to. Never simply the one before: an attacker could publish
 * that one, too. It is the newest established release of the channel, else of a channel of the same name; without one,
 * the oldest release there is and one of another channel. Usually one release is asked about.
 */
export function measuresFor(history: History, version: string, shown: Shown): Measures {
  const tiers = tiersOf(history, version);
  const own = inOrder(tiers.slice(0, 2));
  const others = inOrder(tiers.slice(2));
  const found = { measures: [] as Measure[], ask: [] as string[], missing: [] as string[] };
  const take = ({ established, young }: Order, otherChannel: boolean): boolean => {
    for (const [i, one] of [...established, ...young].slice(0, TRIES).entries()) {
      const identity = shown.get(one);
      if (identity === undefined) found.ask.push(one);
      else if (identity === null) found.missing.push(one);
      else found.measures.push({ version: one, identity, otherChannel });
      if (identity !== null) return i < established.length;
    }
    return false;
  };
  const established = take(own, false) || take(others, true);
  return { ...found, established };
}

/**
 * Earlier releases with provenance, newest first: of its channel, of channels of that name in other lines, of others.
 */
function tiersOf(history: History, version: string): readonly (readonly Candidate[])[] {
  const proven = newestFirst(earlierVersions(history, version).filter(({ provenance }) => provenance));
  const at = history.time.get(version) ?? null;
  const asked = versionIn(history, version);
  const tierOf = ({ parsed }: EarlierVersion): number => {
    if (sameChannel(parsed, asked)) return 0;
    return parsed.channel === asked?.channel ? 1 : 2;
  };
  return [0, 1, 2].map((tier) =>
    proven
      .filter((one) => tierOf(one) === tier)
      .map((one, i) => ({
        version: one.version,
        established: isOld(one.published, at, ESTABLISHED) ?? i >= RELEASES - 1,
      })),
  );
}

interface Candidate {
  readonly version: string;
  readonly established: boolean;
}

function newestFirst(versions: readonly EarlierVersion[]): readonly EarlierVersion[] {
  return versions.toReversed().sort((a, b) => (b.published ?? 0) - (a.published ?? 0));
}

/** Null where there is no time for either. */
function isOld(published: Instant | null, at: Instant | null, span: number): boolean | null {
  return published === null || at === null ? null : at - published >= span;
}

interface Order {
  /** The newest first. */
  readonly established: readonly string[];
  /** The oldest first. */
  readonly young: readonly string[];
}

function inOrder(tiers: readonly (readonly Candidate[])[]): Order {
  const of = (wanted: boolean): readonly string[] =>
    tiers.flatMap((tier) => {
      const versions = tier.filter(({ established }) => established === wanted).map(({ version }) => version);
      return wanted ? versions : versions.reverse();
    });
  return { established: of(true), young: of(false) };
}

/**
 * The releases that could say that another builder than the measure's is the project's own choice: for another workflow
 * alone, the newest of the channel that is a week older; and the first that was published a month later.
 */
export function witnessesFor(history: History, version: string, isWorkflowAlone: boolean): readonly string[] {
  const at = history.time.get(version) ?? null;
  if (at === null) return [];
  const asked = versionIn(history, version);
  const ofChannel = newestFirst(
    allVersions(history).filter((one) => one.provenance && one.published !== null && sameChannel(one.parsed, asked)),
  );
  const before = ofChannel.find(({ published }) => published !== null && at - published >= APART);
  const after = ofChannel.findLast(({ published }) => published !== null && published - at >= ESTABLISHED);
  return [isWorkflowAlone ? before : undefined, after].flatMap((one) => (one === undefined ? [] : [one.version]));
}

/**
 * The repository that releases before `version` declared: the newest a month older than `release`, else the first. Null
 * where none names any that can be read.
 */
export function declaredBefore(
  history: History,
  version: string,
  release: string,
): { readonly version: string; readonly repository: string } | null {
  const at = history.time.get(release) ?? null;
  const earlier = newestFirst(earlierVersions(history, version));
  const isOldEnough = ({ published }: EarlierVersion): boolean => isOld(published, at, ESTABLISHED) === true;
  const young = earlier.filter((one) => !isOldEnough(one));
  for (const { version: one } of [...earlier.filter(isOldEnough), ...young.reverse()]) {
    const repository = history.versions.get(one)?.repository ?? null;
    if (repository !== null && repositoryAddress(repository) !== null) return { version: one, repository };
  }
  return null;
}
