import type { LockfileUsed, Report, UnreadLockfile } from '../../model/report.ts';
import type { JudgedDependency, LeveledFinding, Verdict } from '../../model/verdict.ts';
import { escapeText } from '../words/escape.ts';
import { compareDependencies, compareFindings } from '../words/grouping.ts';
import { describe, subjectText, type FileSubject, type Subject } from '../words/messages.ts';

/** What is asked of one dependency, as a test. */
interface TestCase {
  readonly title: string;
  readonly outcome: 'pass' | 'failure' | 'error';
  readonly lines: readonly string[];
}

/**
 * The report as JUnit XML: a test suite for each lockfile, a test for each dependency. A dependency that fails is a
 * `failure`, one without statement an `error`; warnings and notes are the output of a test that passes.
 */
export function renderJunit(report: Report): string {
  const suites = report.lockfiles.map((lockfile) => suite(lockfile, report.dependencies));
  const unread = report.unread.map((): TestCase => ({ title: 'audit', outcome: 'error', lines: [] }));
  const tests = [...suites.flatMap(({ cases }) => cases), ...unread];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="assay" ${totals(tests)}>`,
    ...suites.flatMap(({ lines }) => lines),
    ...report.unread.flatMap(unreadSuite),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(
  { file, path, findings }: LockfileUsed,
  all: readonly JudgedDependency[],
): { lines: string[]; cases: TestCase[] } {
  const own = all
    .filter(({ dependency }) => dependency.places.some((place) => place.file === file))
    .sort((a, b) => compareDependencies(a.dependency, b.dependency));
  const cases = [...(findings.length === 0 ? [] : [lockfileCase(findings)]), ...own.map(dependencyCase)];
  const name = attribute(escapeText(path, 1000));
  const elements = cases.map(({ title, outcome, lines }) => {
    const start = `    <testcase name="${attribute(title)}" classname="${name}" file="${name}"`;
    if (lines.length === 0) return `${start}/>`;
    const text = lines.map(content).join('\n');
    const inside =
      outcome === 'pass'
        ? `<system-out>${text}</system-out>`
        : `<${outcome} message="${attribute(lines[0] ?? '')}" type="${outcome}">${text}</${outcome}>`;
    return `${start}>\n      ${inside}\n    </testcase>`;
  });
  return { lines: [`  <testsuite name="${name}" ${totals(cases)}>`, ...elements, '  </testsuite>'], cases };
}

/** A lockfile that could not be audited is a suite whose one test, to read it, ended with an error. */
function unreadSuite({ file, path = file, problem }: UnreadLockfile): string[] {
  const name = attribute(escapeText(path, 1000));
  const text = escapeText(problem);
  return [
    `  <testsuite name="${name}" tests="1" failures="0" errors="1">`,
    `    <testcase name="audit" classname="${name}" file="${name}">`,
    `      <error message="${attribute(text)}" type="error">${content(text)}</error>`,
    '    </testcase>',
    '  </testsuite>',
  ];
}

/** The gravest finding first: its line is what a list of failed tests shows. */
function dependencyCase({ dependency, findings, verdict }: JudgedDependency): TestCase {
  const lines = [...findings].sort(compareFindings).map((finding) => lineOf(finding, dependency));
  return { title: subjectText(dependency), outcome: OUTCOMES[verdict], lines };
}

/** What is wrong with the lockfile itself. */
function lockfileCase(findings: LockfileUsed['findings']): TestCase {
  const sorted = [...findings].sort((a, b) => compareFindings(a.finding, b.finding));
  const lines = sorted.map(({ place, finding }) => `line ${place.line}: ${lineOf(finding, place)}`);
  return { title: 'the lockfile', outcome: OUTCOMES[verdictOf(sorted)], lines };
}

const OUTCOMES: Readonly<Record<Verdict, TestCase['outcome']>> = {
  pass: 'pass',
  warn: 'pass',
  fail: 'failure',
  unverified: 'error',
};

/** The verdict of findings that have their levels. */
function verdictOf(findings: LockfileUsed['findings']): Verdict {
  const errors = findings.filter(({ finding }) => finding.level === 'error');
  if (errors.some(({ finding }) => finding.kind !== 'unavailable')) return 'fail';
  return errors.length > 0 ? 'unverified' : 'pass';
}

function lineOf(finding: LeveledFinding, subject: Subject | FileSubject): string {
  const { message, help } = describe(finding, subject);
  const label = finding.accepted === undefined ? finding.level : 'accepted';
  return `${label}[${finding.code}]: ${message} Next: ${help}`;
}

function totals(cases: readonly TestCase[]): string {
  const number = (wanted: TestCase['outcome']): number => cases.filter(({ outcome }) => outcome === wanted).length;
  return `tests="${cases.length}" failures="${number('failure')}" errors="${number('error')}"`;
}

/** For texts that are escaped already, so that they have no character that XML forbids. */
function content(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function attribute(text: string): string {
  return content(text).replaceAll('"', '&quot;');
}
