import type { PublishedVersion } from '../../model/baseline.ts';
import type { AddedDependency, Comparison, VersionFacts } from '../../model/comparison.ts';
import { withoutRef } from '../../model/proof.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { escapeText } from './escape.ts';
import { count, durationText } from './layout.ts';

/** One fact of a version as it is shown beside that of another. */
interface Field {
  readonly label: string;
  readonly of: (facts: VersionFacts) => string | null;
  /** Whether two values count as unchanged; by default only equal ones do. */
  readonly alike?: (before: string | null, after: string | null) => boolean;
  /** Shown only where both versions are proven and it is not alike. */
  readonly rare?: true;
  /** Shown only where one of both has it. */
  readonly optional?: true;
}

/** For values that differ in every release: only a missing one counts as a change. */
const bothThere: Field['alike'] = (before, after) => (before === null) === (after === null);

const isTag = (ref: string | null): boolean => ref?.startsWith('refs/tags/') === true;

/** Every fact, in the order it is shown. */
export const FIELDS: readonly Field[] = [
  { label: 'version', of: (facts) => facts.version, alike: () => true },
  {
    label: 'published',
    of: ({ published }) => (published === null ? null : formatInstant(published)),
    alike: bothThere,
  },
  { label: 'publisher', of: (facts) => facts.publisher },
  { label: 'OIDC publisher', of: (facts) => facts.trustedPublisher },
  { label: 'approved by', of: (facts) => facts.approver, alike: bothThere, optional: true },
  {
    label: 'provenance',
    of: (facts) => facts.provenance,
    // What could not be looked at is not known to have been otherwise.
    alike: (before, after) =>
      before === after || ((before === 'recorded' || before === 'unknown') && after === 'proven'),
  },
  { label: 'repository', of: (facts) => facts.repository },
  { label: 'repository id', of: (facts) => facts.repositoryId, rare: true },
  { label: 'owner id', of: (facts) => facts.ownerId, rare: true },
  { label: 'workflow', of: (facts) => facts.workflow },
  { label: 'signer', of: (facts) => (facts.signer === null ? null : withoutRef(facts.signer)), rare: true },
  {
    label: 'ref',
    of: (facts) => facts.ref,
    alike: (before, after) => before === after || (isTag(before) && isTag(after)),
  },
  { label: 'commit', of: (facts) => facts.commit, alike: bothThere },
  { label: 'trigger', of: (facts) => facts.trigger },
  { label: 'runner', of: (facts) => facts.runner },
  { label: 'issuer', of: (facts) => facts.issuer, rare: true },
  { label: 'integrity', of: (facts) => facts.integrity, alike: bothThere },
];

/** A fact of two versions, unescaped. */
export interface ShownFact {
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly differs: boolean;
}

/** The facts of a version beside those of an earlier one. */
export function factsBeside(current: VersionFacts, predecessor: VersionFacts | null): readonly ShownFact[] {
  return FIELDS.flatMap(({ label, of, alike, rare, optional }): ShownFact[] => {
    const after = of(current);
    const before = predecessor === null ? null : of(predecessor);
    // What a baseline does not record, or nobody answered, is not known to have changed.
    const isPartial = predecessor?.provenance === 'recorded' || predecessor?.provenance === 'unknown';
    const unknown = isPartial && before === null;
    const differs = predecessor !== null && !unknown && !(alike?.(before, after) ?? before === after);
    if (optional === true && before === null && after === null) return [];
    return rare === true && (!differs || current.provenance !== 'proven') ? [] : [{ label, before, after, differs }];
  });
}

/** Facts that only a proof has. */
const OF_THE_BUILD = [
  'repository',
  'repository id',
  'owner id',
  'workflow',
  'signer',
  'ref',
  'commit',
  'trigger',
  'runner',
  'issuer',
];

/**
 * What is not as before, in a line each, escaped. Of a version without provenance nothing is known of its build, which
 * is one change and not seven; who built it before is left out in brief.
 */
export function changeTexts({ current, predecessor }: Comparison, isBrief: boolean): string[] {
  const changed = factsBeside(current, predecessor).filter(({ differs }) => differs);
  const listed =
    current.provenance === 'proven' ? changed : changed.filter(({ label }) => !OF_THE_BUILD.includes(label));
  return listed.map(({ label, before, after }) => {
    const builder =
      label === 'provenance' && current.provenance !== 'proven' && !isBrief ? builderText(predecessor) : '';
    return `${label}: ${value(before)}${builder} -> ${value(after)}`;
  });
}

function builderText(facts: VersionFacts | null): string {
  const built = [facts?.repository ?? null, facts?.workflow ?? null].filter((part) => part !== null);
  return built.length === 0 ? '' : ` (${built.map((part) => escapeText(part, 120)).join(' ')})`;
}

function value(text: string | null): string {
  return text === null ? 'none' : escapeText(text, 160);
}

const ADDED_SHOWN = 8;

/** New dependencies, with their age when the version was published. */
export function dependencyTexts({ addedDependencies, current }: Comparison): string[] {
  return limited(
    addedDependencies,
    (added) =>
      `${escapeText(added.name, 80)}: ${escapeText(added.spec, 100)}, ${addedAgeText(added, current.published)}`,
  );
}

/** New install scripts and changed ones. */
export function scriptTexts({ addedScripts, changedScripts }: Comparison): string[] {
  return limited(
    [...addedScripts.map((script) => ({ ...script, before: null })), ...changedScripts],
    ({ name, before, command }) =>
      `${escapeText(name, 80)}: ${before === null ? '' : `${escapeText(before, 100)} -> `}${escapeText(command, 200)}`,
  );
}

function limited<T>(items: readonly T[], show: (item: T) => string): string[] {
  const rest = items.length - ADDED_SHOWN;
  const texts = items.slice(0, ADDED_SHOWN).map(show);
  return rest > 0 ? [...texts, `and ${count(rest, 'more', 'more')} (--json lists all)`] : texts;
}

function addedAgeText({ firstPublished, newest, unknown }: AddedDependency, at: Instant | null): string {
  if (unknown !== null || firstPublished === null) return `age unknown (${escapeText(unknown ?? 'no time', 100)})`;
  return ageText(firstPublished, newest, at);
}

/** How old a package was at `at`, and, where it is another time, one of its versions. Escaped. */
export function ageText(firstPublished: Instant, one: PublishedVersion | null, at: Instant | null): string {
  const first = `first published ${whenText(firstPublished, at)}`;
  const published = one?.published ?? firstPublished;
  return published === firstPublished
    ? first
    : `${first}, ${escapeText(one?.version ?? '', 60)} ${whenText(published, at)}`;
}

function whenText(time: Instant, at: Instant | null): string {
  if (at === null) return formatInstant(time);
  // The dates of a mirror can be those of its copies.
  if (time === at) return 'at the same time as it';
  return time > at ? `${durationText(time - at)} after it` : `${durationText(at - time)} before it`;
}

/** How long after the earlier version this one was published; empty where that is not known. */
export function gapText({ current, predecessor }: Comparison): string {
  const from = predecessor?.published ?? null;
  if (from === null || current.published === null || predecessor?.version === current.version) return '';
  const ms = current.published - from;
  if (ms === 0) return ', published at the same time';
  return `, ${durationText(Math.abs(ms))} ${ms < 0 ? 'earlier' : 'later'}`;
}
