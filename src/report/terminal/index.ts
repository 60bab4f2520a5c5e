import type { PolicyUsed, Report } from '../../model/report.ts';
import type { JudgedDependency, Verdict } from '../../model/verdict.ts';
import { baselineRows } from '../parts/baseline-rows.ts';
import { advisoryRows } from '../parts/advisory-rows.ts';
import { bytesRows } from '../parts/bytes.ts';
import { lockfileRows, lockfileText, newText, sinceRows, unreadText } from '../parts/coverage.ts';
import { canBeSigned, canBeSignedByRegistry, unsignedTexts } from '../words/builders.ts';
import { escapeText } from '../words/escape.ts';
import { fitExplanations } from '../parts/explained.ts';
import { DETAILS, isFoldable, renderGroup, renderWholeGroup, type GroupOptions } from '../parts/group.ts';
import type { Group, Label } from '../words/grouping.ts';
import {
  blocks,
  count,
  cutToWidth,
  listed,
  paint,
  shown,
  usableColumns,
  wrap,
  type RenderOptions,
  type Tone,
} from '../words/layout.ts';
import { subjectText } from '../words/messages.ts';
import { reviewRows } from '../words/review-words.ts';
import { groupsForPeople } from '../parts/statements.ts';
import { passing } from '../parts/passing.ts';
import { trustRows } from '../parts/trust-rows.ts';

/** Lines a report takes where nothing fails, however many warnings there are: about one screen. */
const SCREEN = 40;
/** Lines that warnings, and what changed, may take even where everything around them is long. */
const LEAST_FOR_WARNINGS = 12;
const LEAST_FOR_CHANGES = 16;

/** How a report is shown. */
export interface ReportOptions extends RenderOptions {
  /** Nothing is shortened; left out, warnings and notes are, to about a screen. */
  readonly whole?: boolean;
  /** The last line says what the exit status asks for; not where a command says that itself. */
  readonly concludes?: boolean;
  /**
   * What is shown of it: `failures` is nothing where it holds, and else what fails or has no statement; `all` has also
   * each dependency that passes, with who built it.
   */
  readonly amount?: 'failures' | 'usual' | 'all';
}

/**
 * The report for people: what was audited, counts, then what needs attention, grouped by finding, and the verdict in
 * the last line. What fails or has no statement is named whole; only warnings, notes and what changed are ever
 * shortened. Ends with a newline. Every line but colour codes is printable text.
 */
export function renderTerminal(report: Report, shownAs: ReportOptions): string {
  const { whole = false, concludes = true, amount = 'usual', ...options } = shownAs;
  const fitted = { ...options, columns: usableColumns(options.columns) };
  if (amount === 'failures') return failuresAlone(report, fitted);
  const above = [...summary(report, fitted), ...(amount === 'all' ? ['', ...passing(report, fitted)] : [])];
  const groups = groupsForPeople(report);
  const below = concludes ? verdictLines(report, groups, fitted) : [];
  const grouped = { ...fitted, places: report.lockfiles.length > 0 };
  const isShort = (group: Group): boolean => !whole && isFoldable(group);
  const named = groups.filter((group) => !isShort(group)).map((group) => renderWholeGroup(group, grouped));
  const others = groups.filter(isShort);
  if (whole) {
    return blocks([above, joinGroups(named), fitExplanations(report.explanations, Infinity, fitted), below]);
  }
  const fixed = [above, joinGroups(named), below].reduce((sum, lines) => sum + lines.length + 1, 0);
  const room = SCREEN - fixed;
  const forOthers = Math.max(LEAST_FOR_WARNINGS, room);
  // Every kind of finding has its line before anything is explained, and what is explained comes before further
  // examples.
  const oneLineEach = Math.min(others.length, forOthers);
  const found = Math.max(
    oneLineEach,
    Math.min(joinGroups(fitGroups(others, forOthers, grouped)).length, LEAST_FOR_WARNINGS),
  );
  const forChanges = Math.max(LEAST_FOR_CHANGES, room - found - 1);
  const explained = fitExplanations(report.explanations, named.length > 0 ? forChanges : room - found - 1, fitted);
  const left = explained.length === 0 ? forOthers : Math.max(oneLineEach, room - explained.length - 1);
  return blocks([above, joinGroups([...named, ...fitGroups(others, left, grouped)]), explained, below]);
}

/** What fails or has no statement, and the verdict; nothing where it holds. */
function failuresAlone(report: Report, options: RenderOptions): string {
  if (report.verdict === 'pass' || report.verdict === 'warn') return '';
  const groups = groupsForPeople(report);
  const grave = groups.filter((group) => !isFoldable(group));
  const grouped = { ...options, places: report.lockfiles.length > 0 };
  return blocks([
    joinGroups(grave.map((group) => renderWholeGroup(group, grouped))),
    verdictLines(report, groups, options),
  ]);
}

function summary(report: Report, options: RenderOptions): string[] {
  return [
    ...wrap(shown(headText(report), options), options.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...summaryRows(report).flatMap((row) => wrap(shown(row, options), options.columns, 2, 4)),
  ];
}

/** What was audited, in one line, escaped. */
export function headText(report: Report): string {
  const { counts } = report;
  const [only, ...others] = report.lockfiles;
  const audited = only === undefined ? [] : [lockfileText(only)];
  const what = [
    ...(others.length > 0 ? [count(report.lockfiles.length, 'lockfile')] : audited),
    count(counts.entries, 'entry', 'entries'),
  ];
  return `assay ${escapeText(report.tool.version, 40)}: ${what.join(', ')}, phase ${report.enforce}`;
}

/** Counts, unless they are shown otherwise, and what the verdict rests on: a line each, escaped. */
export function summaryRows(report: Report, isCounted = true): string[] {
  const { counts } = report;
  const verdicts = [
    `${String(counts.pass)} pass`,
    ...(counts.warn > 0 ? [`${String(counts.warn)} with warnings`] : []),
    ...(counts.fail > 0 ? [`${String(counts.fail)} fail`] : []),
    ...(counts.unverified > 0 ? [`${String(counts.unverified)} without statement`] : []),
  ];
  const nothingNew = counts.dependencies === 0 && counts.unchanged > 0;
  const counted = [
    `${count(counts.dependencies, 'dependency', 'dependencies')}: ${verdicts.join(', ')}`,
    `${report.baselines.some(({ held }) => held > 0) ? 'proven in this run' : 'proven'}: ${provenText(report)}`,
    ...unsignedTexts(report),
  ];
  const judged = [...(isCounted ? counted : []), ...archiveRows(report)];
  return [
    ...lockfileRows(report),
    ...sinceRows(report),
    ...(nothingNew ? [] : judged),
    ...(counts.skipped > 0 ? [`skipped: ${skippedText(report)}`] : []),
    ...(counts.omitted > 0 ? [`left out by --omit: ${count(counts.omitted, 'dependency', 'dependencies')}`] : []),
    ...hookTexts(report.lockfiles),
    ...bytesRows(report),
    ...advisoryRows(report),
    ...policyTexts(report.policy),
    ...unknownCapabilityTexts(report.dependencies),
    ...baselineRows(report),
    ...reviewRows(report),
    ...trustRows(report),
  ];
}

/** How many have each proof that there can be. */
function provenText(report: Report): string {
  const { integrity, signature, publish, provenance } = report.counts;
  const byRegistry = canBeSignedByRegistry(report) ? [`registry signature ${signature}`] : [];
  const byBuilder = canBeSigned(report) ? [`publish attestation ${publish}`, `provenance ${provenance}`] : [];
  const unsigned = report.dependencies.filter(({ proofs }) => proofs.integrity?.by === 'registry').length;
  const word = unsigned === 0 ? '' : ` (${unsigned} by the unsigned word of the registry)`;
  return [`hash ${integrity}${word}`, ...byRegistry, ...byBuilder].join(', ');
}

/** Says that a lockfile locks no tarball, which readers must not overlook. */
function archiveRows({ dependencies, baselines }: Report): string[] {
  const archived = dependencies.filter(({ dependency }) => dependency.artifacts[0].archive !== undefined);
  const [first] = archived;
  if (first === undefined) return [];
  const file = escapeText(first.dependency.places[0]?.file ?? '', 120);
  const signed = archived.filter(({ proofs }) => proofs.signature !== null).length;
  const verified =
    signed === 0
      ? `no hash was verified of ${count(archived.length, 'dependency', 'dependencies')}`
      : `for ${signed} of ${count(archived.length, 'dependency', 'dependencies')} the hash that the registry signed was verified`;
  const recorded = archived.filter((one) => one.baseline === 'known').length;
  const kept = listed(baselines, 3, (baseline) => escapeText(baseline.file, 120));
  const held = recorded === 0 ? '' : `; ${kept} has the same for ${recorded} of them`;
  const unheld = archived.filter(({ dependency: { artifacts } }) => artifacts[0].archive?.checksum === null).length;
  const none = unheld === 0 ? '' : `; nothing holds what Yarn is served of ${unheld} without a checksum`;
  const made =
    first.dependency.artifacts[0].archive?.unpacked === true
      ? 'as its hashes are of unpacked tarballs, which --tarballs compares'
      : 'as its checksums are of archives that Yarn makes';
  return [`${file} locks no tarball, ${made}: ${verified}${held}${none}`];
}

function skippedText(report: Report): string {
  const reasons = new Map<string, number>();
  for (const { reason } of report.skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const list = [...reasons].map(([reason, number]) => `${String(number)} ${reason}`).sort();
  return `${count(report.counts.skipped, 'entry', 'entries')} without a package to fetch (${list.join(', ')})`;
}

/** Code of the project that takes part in installing can change what was verified. */
function hookTexts(lockfiles: Report['lockfiles']): string[] {
  const places = lockfiles.flatMap(({ hooks }) => hooks ?? []);
  if (places.length === 0) return [];
  const where = listed(
    places,
    3,
    ({ file, line, path }) => `${escapeText(path, 80)} in ${escapeText(file, 120)}:${line}`,
  );
  return [`not covered: hooks of the project that take part in installing (${where})`];
}

/** The policy file, its rules that match nothing (often a misspelling), and the direct dependencies it leaves out. */
export function policyTexts(policy: PolicyUsed | null): string[] {
  if (policy === null) return [];
  const { file, unused, outside } = policy;
  const names = listed(unused, 20, ({ text, line }) => `${escapeText(text, 80)} in line ${String(line)}`);
  const others = listed(outside, 20, (spec) => escapeText(spec, 80));
  return [
    `policy: ${escapeText(file, 120)}${unused.length === 0 ? '' : `; nothing in the lockfile is ${names}`}`,
    ...(outside.length === 0 ? [] : [`direct, and not in the critical set: ${others}`]),
  ];
}

/** What could not be read counts as having every capability: a reader must know that, and why. */
function unknownCapabilityTexts(dependencies: readonly JudgedDependency[]): string[] {
  const unknown = dependencies.flatMap(({ dependency, critical }) =>
    critical?.by === 'capability' && critical.reading.source === 'unknown'
      ? [`${subjectText(dependency, 60)} (${escapeText(critical.reading.reason, 120)})`]
      : [],
  );
  if (unknown.length === 0) return [];
  return [`critical, as it is unknown what they can reach: ${listed(unknown, 3, String)}`];
}

/** Groups in at most `room` lines: one line each first, then more detail in turn, the gravest first. */
function fitGroups(groups: readonly Group[], room: number, options: GroupOptions): readonly (readonly string[])[] {
  const listedGroups = groups.length > room ? groups.slice(0, room - 1) : groups;
  const rendered = listedGroups.map((group) => renderGroup(group, 0, options));
  const refused = new Set<Group>();
  for (const detail of DETAILS) {
    for (const [i, group] of listedGroups.entries()) {
      // A note is worth a line.
      if (group.label === 'note' || refused.has(group)) continue;
      const before = rendered[i] ?? [];
      rendered[i] = renderGroup(group, detail, options);
      if (joinGroups(rendered).length <= room) continue;
      rendered[i] = before;
      refused.add(group);
    }
  }
  const rest = groups.length - listedGroups.length;
  if (rest === 0) return rendered;
  return [...rendered, [cutToWidth(`and ${count(rest, 'more finding code')} (--all shows all)`, options.columns)]];
}

/** Groups of several lines stand apart; groups of one line follow each other. */
function joinGroups(groups: readonly (readonly string[])[]): string[] {
  return groups.flatMap((lines, i) => {
    const apart = i > 0 && (lines.length > 1 || (groups[i - 1]?.length ?? 0) > 1);
    return apart ? ['', ...lines] : lines;
  });
}

const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = {
  pass: 'green',
  warn: 'green',
  fail: 'red',
  unverified: 'yellow',
};

/** The last line: the verdict, why, and what the exit status asks for. */
function verdictLines(report: Report, groups: readonly Group[], options: RenderOptions): string[] {
  const [word, rest] = verdictText(report, groups);
  return wrap(shown(`${word}: ${rest}`, options), options.columns, 0, 2).map((line, i) =>
    i === 0
      ? paint(VERDICT_TONES[report.verdict], line.slice(0, word.length), options) + line.slice(word.length)
      : line,
  );
}

export function verdictText(report: Report, groups: readonly Group[]): [word: string, rest: string] {
  const { counts, enforce, verdict, review, unread } = report;
  const codes = (label: Label): string => {
    const found = groups.filter((group) => group.label === label).map((group) => group.code);
    return found.length === 0 ? '' : ` (${listed(found, 3, String)})`;
  };
  /** Lockfiles with such a finding of their own, and how many dependencies. */
  const who = (label: Label, number: number): string => {
    const share = `${String(number)} of ${count(counts.dependencies, 'dependency', 'dependencies')}`;
    const files = filesWith(groups, label);
    if (files.length === 0) return share;
    const named = listed(files, 3, (file) => escapeText(file, 120));
    return number === 0 ? named : `${named} and ${share}`;
  };
  const isOne = (label: Label, number: number): boolean => number + filesWith(groups, label).length === 1;
  const beside = unread.length > 0 ? `, and ${unreadText(unread)}` : '';
  switch (verdict) {
    case 'fail': {
      const silent = counts.unverified > 0 ? `, and ${String(counts.unverified)} without statement` : '';
      const [verb, waits] = isOne('error', counts.fail) ? ['does', 'waits'] : ['do', 'wait'];
      const late = review !== null && review.overdue > 0 ? `, or ${waits} for a decision that is overdue` : '';
      return [
        'fails',
        `${who('error', counts.fail)} ${verb} not meet phase ${enforce}${late}${codes('error')}${silent}${beside}. Exit status 1: do not install.`,
      ];
    }
    case 'unverified':
      if (counts.unverified === 0 && filesWith(groups, 'unverified').length === 0) {
        return ['no statement', `${unreadText(unread)}. Exit status 2: fix that, or name the lockfiles that count.`];
      }
      return [
        'no statement',
        `evidence could not be obtained for ${who('unverified', counts.unverified)}${codes('unverified')}${beside}. Exit status 3: do not install until it is.`,
      ];
    case 'warn':
      return [
        'holds',
        `nothing fails phase ${enforce}, but ${who('warning', counts.warn)} ${isOne('warning', counts.warn) ? 'needs' : 'need'} attention. Exit status 0.`,
      ];
    case 'pass':
      if (counts.unchanged > 0) return ['holds', `${newText(report)}. Exit status 0.`];
      return [
        'holds',
        `${count(counts.dependencies, 'dependency meets', 'dependencies meet')} phase ${enforce}. Exit status 0.`,
      ];
  }
}

/** Lockfiles with a finding of this label that is about no dependency. */
function filesWith(groups: readonly Group[], label: Label): readonly string[] {
  const items = groups.filter((group) => group.label === label).flatMap((group) => group.items);
  return [...new Set(items.flatMap(({ dependency, place }) => (dependency === null && place ? [place.file] : [])))];
}
