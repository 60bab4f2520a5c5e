import type { AcceptedFinding } from '../model/baseline.ts';
import type { BaselineBaseUsed, PolicyUsed, Report, RegistryUsed, TrustRepository } from '../model/report.ts';
import { formatInstant } from '../model/time.ts';
import type { JudgedDependency, Verdict } from '../model/verdict.ts';
import { escapeText, quoteText } from './escape.ts';
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
  const { counts, trust } = report;
  const audited = report.lockfiles.map(({ file, format }) => `${escapeText(file, 120)} (${escapeText(format, 40)})`);
  const what = [
    ...(audited.length === 0 ? [] : [listed(audited, 3, String)]),
    count(counts.entries, 'entry', 'entries'),
  ];
  const head = `assay ${escapeText(report.tool.version, 40)}: ${what.join(', ')}, phase ${report.enforce}`;
  const verdicts = [
    `${String(counts.pass)} pass`,
    ...(counts.warn > 0 ? [`${String(counts.warn)} with warnings`] : []),
    ...(counts.fail > 0 ? [`${String(counts.fail)} fail`] : []),
    ...(counts.unverified > 0 ? [`${String(counts.unverified)} without statement`] : []),
  ];
  const rows = [
    `${count(counts.dependencies, 'dependency', 'dependencies')}: ${verdicts.join(', ')}`,
    `${(report.baseline?.held ?? 0) > 0 ? 'proven in this run' : 'proven'}: hash ${String(counts.integrity)}, registry signature ${String(counts.signature)}, publish attestation ${String(counts.publish)}, provenance ${String(counts.provenance)}`,
    ...(counts.skipped > 0 ? [`skipped: ${skippedText(report)}`] : []),
    ...(counts.omitted > 0 ? [`left out by --omit: ${count(counts.omitted, 'dependency', 'dependencies')}`] : []),
    ...policyTexts(report.policy),
    ...unknownCapabilityTexts(report.dependencies),
    ...baselineRows(report),
    ...reviewRows(report),
    `checked against: ${trust.root === 'public-good' ? 'the public-good Sigstore root' : `the root ${escapeText(trust.root, 120)}`}`,
    ...repositoryTexts(trust.repository),
    ...registryTexts(trust.registries),
  ];
  return [
    ...wrap(shown(head, options), options.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...rows.flatMap((row) => wrap(shown(row, options), options.columns, 2, 4)),
  ];
}

/** What the baseline holds, and what it does not cover: an entry that was deleted shows here. */
function baselineRows({ baseline, dependencies, policy }: Report): string[] {
  if (baseline === null) return [];
  const { base } = baseline;
  const file = escapeText(baseline.file, 120) + (base === null ? '' : ` at ${baseText(base)}`);
  const around = [...changeRows(base), ...acceptedRows(dependencies, base?.accepted ?? [])];
  if (base !== null && base.problem !== null)
    return [`${file}: nothing is held, as ${escapeText(base.problem, 400)}`, ...around];
  if (base?.found === false) return [`no ${file}: nothing is held, whatever the file says now`, ...around];
  if (!baseline.found && base === null) {
    const how = policy === null ? 'assay init writes the first one' : 'assay update writes it';
    return [`no ${file}: nothing is held against what was seen before (${how})`];
  }
  const names = (specs: readonly string[]): string => ` (${listed(specs, 3, (spec) => escapeText(spec, 100))})`;
  const parts = [
    `${String(baseline.held)} held and not asked again`,
    ...(baseline.uncovered.length > 0 ? [`${baseline.uncovered.length} not in it${names(baseline.uncovered)}`] : []),
    ...(baseline.unused.length > 0 ? [`${baseline.unused.length} no longer locked${names(baseline.unused)}`] : []),
  ];
  return [`${file}: ${parts.join(', ')}`, ...around];
}

function baseText({ ref, commit }: BaselineBaseUsed): string {
  return `${escapeText(ref, 120)}${commit === null ? '' : ` (${commit.slice(0, 12)})`}`;
}

/** What a pull request does to a baseline that was there: nothing of it counts in its own run, but it will afterwards. */
function changeRows(base: BaselineBaseUsed | null): string[] {
  if (base === null) return [];
  const names = (specs: readonly string[]): string => listed(specs, 5, (spec) => escapeText(spec, 100));
  return [
    ...(base.policyChanged === true ? ['changed here, and in force: the policy'] : []),
    ...(base.edited.length > 0 ? [`edited here, though it was there before: ${names(base.edited)}`] : []),
    ...(base.unfounded.length > 0 ? [`new here, and not what assay update would write: ${names(base.unfounded)}`] : []),
    ...(base.removed.length > 0 ? [`removed here, though still locked: ${names(base.removed)}`] : []),
    ...(base.accepted.length > 0 ? [`accepted here, and not before: ${listed(base.accepted, 5, acceptedText)}`] : []),
  ];
}

function acceptedText({ name, version, code, by, why, until }: AcceptedFinding): string {
  const what = `${subjectText({ name, version }, 60)} ${code} until ${formatInstant(until)}`;
  return `${what} by ${quoteText(by, 40)} because ${quoteText(why, 100)}`;
}

/** What is accepted, but for what is named as new. */
function acceptedRows(dependencies: readonly JudgedDependency[], named: readonly AcceptedFinding[]): string[] {
  const texts = dependencies.flatMap(({ dependency, findings }) =>
    findings.flatMap(({ code, accepted }) =>
      accepted === undefined || named.includes(accepted)
        ? []
        : [
            `${subjectText(dependency, 60)} ${code} until ${formatInstant(accepted.until)} by ${quoteText(accepted.by, 40)}`,
          ],
    ),
  );
  return texts.length === 0 ? [] : [`accepted: ${listed(texts, 3, String)}`];
}

function skippedText(report: Report): string {
  const reasons = new Map<string, number>();
  for (const { reason } of report.skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const list = [...reasons].map(([reason, number]) => `${String(number)} ${reason}`).sort();
  return `${count(report.counts.skipped, 'entry', 'entries')} without a package to fetch (${list.join(', ')})`;
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

function verdictText(
  { counts, enforce, verdict, review }: Report,
  groups: readonly Group[],
): [word: string, rest: string] {
  const codes = (label: Label): string => {
    const found = groups.filter((group) => group.label === label).map((group) => group.code);
    return found.length === 0 ? '' : ` (${listed(found, 3, String)})`;
  };
  const share = (number: number): string =>
    `${String(number)} of ${count(counts.dependencies, 'dependency', 'dependencies')}`;
  switch (verdict) {
    case 'fail': {
      const silent = counts.unverified > 0 ? `, and ${String(counts.unverified)} without statement` : '';
      const verb = counts.fail === 1 ? 'does' : 'do';
      const late = review !== null && review.overdue > 0 ? ', or waits for a decision that is overdue' : '';
      return [
        'fails',
        `${share(counts.fail)} ${verb} not meet phase ${enforce}${late}${codes('error')}${silent}. Exit status 1: do not install.`,
      ];
    }
    case 'unverified':
      return [
        'no statement',
        `evidence could not be obtained for ${share(counts.unverified)}${codes('unverified')}. Exit status 3: do not install until it is.`,
      ];
    case 'warn':
      return [
        'holds',
        `nothing fails phase ${enforce}, but ${share(counts.warn)} ${counts.warn === 1 ? 'needs' : 'need'} attention. Exit status 0.`,
      ];
    case 'pass':
      return [
        'holds',
        `${count(counts.dependencies, 'dependency meets', 'dependencies meet')} phase ${enforce}. Exit status 0.`,
      ];
  }
}
