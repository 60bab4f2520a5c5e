import type { AcceptedFinding } from '../../model/baseline.ts';
import type { BaselineBaseUsed, BaselineUsed, Report } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import { listed } from '../words/layout.ts';
import { subjectText } from '../words/messages.ts';

/** What the baseline holds, and what it does not cover: an entry that was deleted shows here. */
export function baselineRows(report: Report): string[] {
  const [only, ...others] = report.baselines;
  if (only === undefined) return [];
  return others.length > 0 ? rowsOfAll(report) : rowsOf(only, report);
}

function rowsOf(baseline: BaselineUsed, { dependencies, policy }: Report): string[] {
  const { base } = baseline;
  const file = escapeText(baseline.file, 120) + (base === null ? '' : ` at ${baseText(base)}`);
  const around = [...changeRows(base), ...formatRows(baseline), ...acceptedRows(dependencies, base?.accepted ?? [])];
  if (base !== null && base.problem !== null)
    return [`${file}: nothing is held, as ${escapeText(base.problem, 400)}`, ...around];
  if (base?.found === false) return [`no ${file}: nothing is held, whatever the file says now`, ...around];
  if (!baseline.found && base === null) {
    const how = policy === null ? 'assay init writes the first one' : 'assay update writes it';
    return [`no ${file}: nothing is held against what was seen before (${how})`];
  }
  return [`${file}: ${heldText(baseline, 'it')}`, ...around];
}

/**
 * The baseline's rows for several folders: what is held is added up, and each change of a pull request names its file.
 */
function rowsOfAll({ baselines, dependencies, policy }: Report): string[] {
  const isMissing = ({ found, base }: BaselineUsed): boolean => (base === null ? !found : !base.found);
  const broken = baselines.filter(({ base }) => base !== null && base.problem !== null);
  const missing = baselines.filter((one) => isMissing(one) && !broken.includes(one));
  const read = baselines.filter((one) => !isMissing(one) && !broken.includes(one));
  const refs = new Set(baselines.map(({ base }) => (base === null ? '' : ` at ${baseText(base)}`)));
  const files = (some: readonly BaselineUsed[]): string =>
    listed(some, 3, ({ file }) => escapeText(file, 120)) + [...refs].join(' or');
  const sum = {
    held: read.reduce((held, one) => held + one.held, 0),
    uncovered: read.flatMap(({ uncovered }) => uncovered),
    unused: read.flatMap(({ unused }) => unused),
  };
  const how = refs.has('') ? ` (assay ${policy === null ? 'init' : 'update'} writes it)` : '';
  const accepted = baselines.flatMap(({ base }) => base?.accepted ?? []);
  return [
    ...(read.length > 0 ? [`${files(read)}: ${heldText(sum, 'them')}`] : []),
    ...(missing.length > 0 ? [`no ${files(missing)}: nothing is held there${how}`] : []),
    ...broken.map((one) => `${files([one])}: nothing is held, as ${escapeText(one.base?.problem ?? '', 400)}`),
    ...baselines.flatMap(({ file, base }) => changeRows(base).map((row) => `${escapeText(file, 120)}: ${row}`)),
    ...baselines.flatMap(formatRows),
    ...acceptedRows(dependencies, accepted),
  ];
}

/** A file of an older version of the format decides as any other, and does not stay. */
function formatRows({ file, format }: BaselineUsed): string[] {
  if (format === undefined) return [];
  return [`${escapeText(file, 120)} is in format ${format}, which assay update replaces; all it says stays`];
}

function heldText(
  { held, uncovered, unused }: Pick<BaselineUsed, 'held' | 'uncovered' | 'unused'>,
  it: string,
): string {
  const names = (specs: readonly string[]): string => ` (${listed(specs, 3, (spec) => escapeText(spec, 100))})`;
  const parts = [
    `${String(held)} held and not asked again`,
    ...(uncovered.length > 0 ? [`${uncovered.length} not in ${it}${names(uncovered)}`] : []),
    ...(unused.length > 0 ? [`${unused.length} no longer locked${names(unused)}`] : []),
  ];
  return parts.join(', ');
}

function baseText({ ref, commit }: BaselineBaseUsed): string {
  return `${escapeText(ref, 120)}${commit === null ? '' : ` (${commit.slice(0, 12)})`}`;
}

/**
 * What a pull request does to a baseline that was there: nothing of it counts in its own run, but it will afterwards.
 */
export function changeRows(base: BaselineBaseUsed | null): string[] {
  if (base === null) return [];
  const names = (specs: readonly string[]): string => listed(specs, 5, (spec) => escapeText(spec, 100));
  return [
    ...(base.policyChanged === true ? ['changed here, and in force: the policy'] : []),
    ...(base.edited.length > 0 ? [`edited here, though it was there before: ${names(base.edited)}`] : []),
    ...(base.unfounded.length > 0 ? [`new here, and not what assay update would write: ${names(base.unfounded)}`] : []),
    ...(base.removed.length > 0 ? [`removed here, though still locked: ${names(base.removed)}`] : []),
    ...(base.despiteOmit.length > 0
      ? [`judged despite --omit, as lines of it change here: ${names(base.despiteOmit)}`]
      : []),
    ...(base.accepted.length > 0 ? [`accepted here, and not before: ${listed(base.accepted, 5, acceptedText)}`] : []),
  ];
}

function acceptedText({ code, by, why, until, ...one }: AcceptedFinding): string {
  const what = `${subjectText(one, 60)} ${code} until ${formatInstant(until)}`;
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
