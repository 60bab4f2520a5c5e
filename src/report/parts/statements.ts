import type { Dependency } from '../../model/dependency.ts';
import { specOf } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { compareDependencies, groupFindings, subjectOf, type Group, type GroupItem } from '../words/grouping.ts';
import { capabilityText, findingClause, helpFor, plainSpec, sharedClause } from '../words/messages.ts';
import { overdueText } from '../words/review-words.ts';

/** What is said in the same words of several dependencies or places, so that it is shown once and then every name. */
export interface Statement {
  /** Complete sentences that begin with the name of an item, or with "each". Escaped. */
  readonly clauses: readonly [string, ...string[]];
  /** Who owes a decision since when; null where none is overdue. Escaped. */
  readonly owed: string | null;
  /** By which capability they are held to the critical set's measure, where that decides. Escaped. */
  readonly critical: string | null;
  /** What to do about the first. Escaped. */
  readonly help: string;
  /** Whether the others need the same command with their own names. */
  readonly helpForEach: boolean;
  /** At least one. */
  readonly items: readonly [GroupItem, ...GroupItem[]];
}

/** Items of one group by what is said of them, in their order. */
export function statementsOf(items: readonly GroupItem[]): readonly Statement[] {
  const alike = new Map<string, [GroupItem, ...GroupItem[]]>();
  for (const item of items) {
    const key = JSON.stringify([
      item.findings.map((each) => shared(each, item)),
      ...decided(item),
      helpWithoutSpec(item),
    ]);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [item]);
    else others.push(item);
  }
  return [...alike.values()].map((same) => {
    const [first, ...others] = same;
    const [owed, critical] = decided(first);
    const [finding, ...more] = first.findings;
    const words = (each: typeof finding): string =>
      others.length === 0 ? findingClause(each, subjectOf(first)) : shared(each, first);
    const help = helpOf(first);
    return {
      clauses: [words(finding), ...more.map(words)],
      owed,
      critical,
      help,
      helpForEach: others.some((other) => helpOf(other) !== help),
      items: same,
    };
  });
}

/**
 * The groups as people read them: a registry that serves no attestations is a finding of the lockfile, and the
 * dependencies that have no statement because of it are named with their places like all others, once.
 */
export function groupsForPeople(report: Pick<Report, 'lockfiles' | 'dependencies'>): readonly Group[] {
  const unserved = new Set<Dependency>();
  const groups = groupFindings(report).map((group) => ({
    ...group,
    items: group.items.flatMap((item) => {
      const items = unservedItems(item, report.dependencies);
      for (const { dependency } of items ?? []) if (dependency !== null) unserved.add(dependency);
      return items ?? [item];
    }),
  }));
  const isSaid = (group: Group, { dependency, findings }: GroupItem): boolean =>
    group.code === 'provenance-advertised-absent' &&
    dependency !== null &&
    unserved.has(dependency) &&
    findings[0].accepted === undefined;
  return groups
    .map((group) => ({ ...group, items: group.items.filter((item) => !isSaid(group, item)) }))
    .filter(({ items }) => items.length > 0);
}

/** The dependencies that a finding of a lockfile is about; null where it is about the lockfile alone. */
function unservedItems(
  { dependency: about, findings, place }: GroupItem,
  judged: Report['dependencies'],
): GroupItem[] | null {
  const [finding] = findings;
  if (about !== null || finding.code !== 'evidence-not-served') return null;
  const specs = new Set(finding.args.packages);
  const named = judged
    .map(({ dependency }) => dependency)
    .filter((dependency) => specs.has(specOf(dependency)) && placeOf(dependency)?.file === place?.file)
    .sort(compareDependencies);
  if (named.length !== specs.size) return null;
  const inEach = { ...finding, args: { ...finding.args, packages: [] } };
  return named.map((dependency) => ({ dependency, place: placeOf(dependency), findings: [inEach], critical: null }));
}

function placeOf({ places: [place] }: Dependency): GroupItem['place'] {
  return place ?? null;
}

function shared(finding: GroupItem['findings'][number], item: GroupItem): string {
  const { dependency } = item;
  return dependency === null ? findingClause(finding, subjectOf(item)) : sharedClause(finding, dependency);
}

/** What is owed, and what made it critical. Escaped. */
export function decided({ findings, critical }: GroupItem): readonly [owed: string | null, critical: string | null] {
  const late = findings.find(({ review }) => review?.overdue === true)?.review;
  const isError = findings.some(({ level, kind }) => level === 'error' && kind !== 'contradiction');
  return [
    late === undefined ? null : overdueText(late),
    isError && critical?.by === 'capability' ? `critical: ${capabilityText(critical)}` : null,
  ];
}

/** What to do about an item. Escaped. */
export function helpOf(item: GroupItem): string {
  return helpFor(item.findings[0], subjectOf(item));
}

function helpWithoutSpec(item: GroupItem): string {
  const spec = item.dependency === null ? null : plainSpec(item.dependency);
  const help = helpOf(item);
  return spec !== null && help.endsWith(` ${spec}`) ? help.slice(0, -spec.length) : help;
}
