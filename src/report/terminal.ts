import type { PolicyUsed, Report, RegistryUsed, TrustRepository } from '../model/report.ts';
import { formatInstant } from '../model/time.ts';
import type { JudgedDependency, Verdict } from '../model/verdict.ts';
import { baselineRows } from './baseline-rows.ts';
import { bytesRows } from './bytes.ts';
import { lockfileRows, lockfileText, newText, sinceRows, unreadText } from './coverage.ts';
import { escapeText } from './escape.ts';
import { fitExplanations } from './explained.ts';
import { DETAILS, isWorthDetail, renderGroup, type GroupOptions } from './group.ts';
import { groupFindings, type Group, type Label } from './grouping.ts';
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
} from './layout.ts';
import { subjectText } from './messages.ts';
import { reviewRows } from './review-words.ts';

/** Lines a report may take however many findings there are: about one screen. */
const SCREEN = 40;
/** Lines the findings may take even where everything around them is long. */
const LEAST_FOR_FINDINGS = 12;

/**
 * The report for people: what was audited, counts, then only what needs attention, grouped by finding, and the verdict
 * in the last line. Ends with a newline. Every line but colour codes is printable text.
 */
export function renderTerminal(report: Report, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const above = summary(report, fitted);
  const groups = groupFindings(report.dependencies);
  const below = verdictLines(report, groups, fitted);
  const room = Math.max(LEAST_FOR_FINDINGS, SCREEN - above.length - below.length - 2);
  const places = report.lockfiles.length > 0;
  const grouped = { ...fitted, places };
  // Every kind of finding has its line before anything is explained, and what is explained comes before further examples.
  const oneLineEach = Math.min(groups.length, room);
  const found = Math.max(oneLineEach, Math.min(fitGroups(groups, room, grouped).length, LEAST_FOR_FINDINGS));
  const explained = fitExplanations(report.explanations, room - found - 1, fitted);
  const left = explained.length === 0 ? room : room - explained.length - 1;
  return blocks([above, fitGroups(groups, left, grouped), explained, below]);
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
  const { counts, trust } = report;
  const verdicts = [
    `${String(counts.pass)} pass`,
    ...(counts.warn > 0 ? [`${String(counts.warn)} with warnings`] : []),
    ...(counts.fail > 0 ? [`${String(counts.fail)} fail`] : []),
    ...(counts.unverified > 0 ? [`${String(counts.unverified)} without statement`] : []),
  ];
  const nothingNew = counts.dependencies === 0 && counts.unchanged > 0;
  const counted = [
    `${count(counts.dependencies, 'dependency', 'dependencies')}: ${verdicts.join(', ')}`,
    `${(report.baseline?.held ?? 0) > 0 ? 'proven in this run' : 'proven'}: hash ${String(counts.integrity)}, registry signature ${String(counts.signature)}, publish attestation ${String(counts.publish)}, provenance ${String(counts.provenance)}`,
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
    ...policyTexts(report.policy),
    ...unknownCapabilityTexts(report.dependencies),
    ...baselineRows(report),
    ...reviewRows(report),
    `checked against: ${trust.root === 'public-good' ? 'the public-good Sigstore root' : `the root ${escapeText(trust.root, 120)}`}`,
    ...repositoryTexts(trust.repository),
    ...registryTexts(trust.registries),
  ];
}

/** What no reader may overlook: a lockfile that locks no tarball. */
function archiveRows({ dependencies, baselines }: Report): string[] {
  const archived = dependencies.filter(({ dependency }) => dependency.archive !== undefined);
  const [first] = archived;
  if (first === undefined) return [];
  const recorded = archived.filter((one) => one.baseline === 'known').length;
  const file = escapeText(first.dependency.places[0]?.file ?? '', 120);
  const kept = listed(baselines, 3, (baseline) => escapeText(baseline.file, 120));
  const held = baselines.length === 0 ? '' : `; ${kept} has the same for ${recorded} of them`;
  const made =
    first.dependency.archive?.unpacked === true
      ? 'as its hashes are of unpacked tarballs, which --tarballs compares'
      : 'as its checksums are of archives that Yarn makes';
  return [
    `${file} locks no tarball, ${made}: what was verified of ${count(archived.length, 'dependency', 'dependencies')} is the hash that the registry signed${held}`,
  ];
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
  const where = listed(places, 3, ({ file, line }) => `${escapeText(file, 120)}:${line}`);
  return [`not covered: hooks of the project (.pnpmfile.cjs) that take part in installing (${where})`];
}

/** The policy file, and what it names in vain: a rule that nothing meets is often one that is misspelt. */
function policyTexts(policy: PolicyUsed | null): string[] {
  if (policy === null) return [];
  const { file, unused } = policy;
  if (unused.length === 0) return [`policy: ${escapeText(file, 120)}`];
  const names = listed(unused, 3, ({ text, line }) => `${escapeText(text, 80)} in line ${String(line)}`);
  return [`policy: ${escapeText(file, 120)}; nothing in the lockfile is ${names}`];
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

/** Nothing where the trust is the newest: then there is nothing to know. */
function repositoryTexts(repository: TrustRepository | null): string[] {
  if (repository === null || repository.state === 'current' || repository.state === 'unasked') return [];
  const { state, url, problem, confirmed } = repository;
  const where = `${escapeText(url, 120)} (${escapeText(problem ?? '', 200)})`;
  const used = confirmed === null ? 'of unknown age' : `the newest on ${formatInstant(confirmed).slice(0, 10)}`;
  return [
    state === 'unavailable'
      ? `whether there is a newer root could not be asked of ${where}; the one in use was ${used}`
      : `WARNING: what ${where} says of newer roots does not hold, and was not used; the root in use was ${used}`,
  ];
}

function registryTexts(registries: readonly RegistryUsed[]): string[] {
  const shownOnes = registries
    .slice(0, 3)
    .map(({ url, keys }) => `registry ${escapeText(url, 120)}: ${vouchedFor(keys)}`);
  const rest = registries.length - shownOnes.length;
  return rest > 0
    ? [...shownOnes, `and ${count(rest, 'more registry', 'more registries')} (--json lists all)`]
    : shownOnes;
}

function vouchedFor(keys: RegistryUsed['keys']): string {
  const origins = new Set(keys.map((key) => key.origin));
  const words = [
    ...(origins.has('pinned') ? ['keys pinned in assay'] : []),
    ...(origins.has('configured') ? ['keys you configured'] : []),
    ...(origins.has('registry') ? ['registry vouches for itself'] : []),
  ];
  return words.length === 0 ? 'no key verified anything' : words.join(', ');
}

/** Findings in at most `room` lines: one line each first, then more detail in turn, the gravest first. */
function fitGroups(groups: readonly Group[], room: number, options: GroupOptions): string[] {
  const listedGroups = groups.length > room ? groups.slice(0, room - 1) : groups;
  const rendered = listedGroups.map((group) => renderGroup(group, 0, options));
  const refused = new Set<Group>();
  for (const detail of DETAILS) {
    for (const [i, group] of listedGroups.entries()) {
      if (!isWorthDetail(group, detail) || refused.has(group)) continue;
      const before = rendered[i] ?? [];
      rendered[i] = renderGroup(group, detail, options);
      if (joinGroups(rendered).length <= room) continue;
      rendered[i] = before;
      refused.add(group);
    }
  }
  const lines = joinGroups(rendered);
  const rest = groups.length - listedGroups.length;
  return rest > 0
    ? [...lines, cutToWidth(`and ${count(rest, 'more finding code')} (--json lists all)`, options.columns)]
    : lines;
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
  const share = (number: number): string =>
    `${String(number)} of ${count(counts.dependencies, 'dependency', 'dependencies')}`;
  switch (verdict) {
    case 'fail': {
      const silent = counts.unverified > 0 ? `, and ${String(counts.unverified)} without statement` : '';
      const [verb, waits] = counts.fail === 1 ? ['does', 'waits'] : ['do', 'wait'];
      const late = review !== null && review.overdue > 0 ? `, or ${waits} for a decision that is overdue` : '';
      return [
        'fails',
        `${share(counts.fail)} ${verb} not meet phase ${enforce}${late}${codes('error')}${silent}${unread.length > 0 ? `, and ${unreadText(unread)}` : ''}. Exit status 1: do not install.`,
      ];
    }
    case 'unverified':
      if (counts.unverified === 0) {
        return ['no statement', `${unreadText(unread)}. Exit status 2: mend that, or name the lockfiles that count.`];
      }
      return [
        'no statement',
        `evidence could not be obtained for ${share(counts.unverified)}${codes('unverified')}${unread.length > 0 ? `, and ${unreadText(unread)}` : ''}. Exit status 3: do not install until it is.`,
      ];
    case 'warn':
      return [
        'holds',
        `nothing fails phase ${enforce}, but ${share(counts.warn)} ${counts.warn === 1 ? 'needs' : 'need'} attention. Exit status 0.`,
      ];
    case 'pass':
      if (counts.unchanged > 0) return ['holds', `${newText(report)}. Exit status 0.`];
      return [
        'holds',
        `${count(counts.dependencies, 'dependency meets', 'dependencies meet')} phase ${enforce}. Exit status 0.`,
      ];
  }
}
