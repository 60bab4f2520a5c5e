import type { Comparison } from '../../model/comparison.ts';
import type { Report } from '../../model/report.ts';
import { changeRows } from '../parts/baseline-rows.ts';
import { changeTexts, dependencyTexts, gapText, scriptTexts } from '../words/changes.ts';
import { beforeText } from '../parts/explained.ts';
import { escapeText } from '../words/escape.ts';
import { isFoldable } from '../parts/group.ts';
import { sizeText, type Group, type GroupItem } from '../words/grouping.ts';
import { count } from '../words/layout.ts';
import { canBeSigned } from '../words/builders.ts';
import { code, codeSpan, table } from '../words/markdown.ts';
import { findingReason, findingTitle, subjectText } from '../words/messages.ts';
import { repositoryPaths } from '../words/paths.ts';
import { groupsForPeople, statementsOf, type Statement } from '../parts/statements.ts';
import { rootTexts } from '../parts/trust-age.ts';
import { policyTexts, verdictText } from '../terminal/index.ts';

/** The first line, by which a bot finds its comment again. It shows nothing. */
const MARKER = '<!-- assay-report -->';

/** GitHub takes 65,536 characters in a comment. Bytes are counted, as what does not fit is refused whole. */
const COMMENT_BYTES = 65_000;
/** Warnings of one code. */
const MAX_WARNINGS = 100;
/** Versions whose changes are shown. */
const MAX_EXPLAINED = 3;

/** Lines that stand or fall together, but for `items`, of which as many are shown as fit. */
interface Section {
  readonly open: readonly string[];
  readonly items: readonly string[];
  readonly close: readonly string[];
}

/**
 * The report as Markdown, for a comment on a pull request or a job's summary, in at most `limit` bytes: counts, what
 * fails or has no statement (all of it is named, in fewer words where room is short), warnings folded, no notes. Text
 * of packages is always code, so that it mentions no account and links nowhere. Ends with a newline.
 */
export function renderMarkdown(report: Report, limit = COMMENT_BYTES): string {
  const groups = groupsForPeople(report);
  const head = [MARKER, ...headLines(report, groups)];
  const pathOf = repositoryPaths(report);
  const room = limit - bytesOf(head) - bytesOf([CUT]);
  const failing = groups.filter((group) => !isFoldable(group));
  const sections = [
    ...failingSections(failing, pathOf, room),
    ...report.explanations.slice(0, MAX_EXPLAINED).map(changeSection),
    ...groups.filter(({ label }) => label === 'warning').map((group) => warningSection(group, pathOf)),
  ];
  return `${[...head, ...fitSections(sections, room)].join('\n')}\n`;
}

/** What is said of each, of the gravest as long as there is room for the names of all. */
function failingSections(groups: readonly Group[], pathOf: PathOf, room: number): readonly Section[] {
  const said = groups.map((group) => ({ group, statements: statementsOf(group.items) }));
  const short = said.map((one) => failingSection(one, pathOf, true));
  let left = room - short.reduce((sum, section) => sum + sizeOf(section), 0);
  return said.map((one, i) => {
    const long = failingSection(one, pathOf, false);
    const brief = short[i] ?? long;
    const more = sizeOf(long) - sizeOf(brief);
    if (more > left) return brief;
    left -= more;
    return long;
  });
}

function sizeOf({ open, items, close }: Section): number {
  return bytesOf([...open, ...items, ...close]);
}

type PathOf = (file: string) => string;

const CUT = '\n**This is cut, as there is room for no more: `assay --json` lists everything.**';

function headLines(report: Report, groups: readonly Group[]): string[] {
  const { counts, lockfiles, unread, enforce, policy, baselines } = report;
  const held = baselines.reduce((sum, one) => sum + one.held, 0);
  const [word, rest] = verdictText(report, groups);
  const files = lockfiles.slice(0, 10).map(({ path }) => codeSpan(path));
  const more = lockfiles.length > 10 ? ` and ${lockfiles.length - 10} more` : '';
  const about = [
    ...(lockfiles.length > 0 ? [`${files.join(', ')}${more}`] : []),
    `phase \`${enforce}\``,
    ...(policy === null ? [] : [`policy ${codeSpan(policy.file)}`]),
    ...(counts.omitted > 0 ? [`**${count(counts.omitted, 'dependency', 'dependencies')} left out**`] : []),
    ...(counts.unchanged > 0 ? [`**${counts.unchanged} unchanged and not looked at**`] : []),
    ...(held > 0 ? [`${held} held by \`assay.lock\``] : []),
    ...rootTexts(report).map((text) => code(text)),
  ];
  const rows = [
    ...unread.slice(0, 10).map(({ problem }) => `not audited: ${escapeText(problem)}`),
    ...baselines.slice(0, 10).flatMap(({ base }) => changeRows(base)),
    ...(policy !== null && policy.unused.length + policy.outside.length > 0 ? policyTexts(policy) : []),
  ];
  const changes = rows.map((row) => `- ${code(row)}`);
  const numbers: readonly (readonly [string, number])[] = [
    ['Dependencies', counts.dependencies],
    ['Pass', counts.pass],
    ['With warnings', counts.warn],
    ['Fail', counts.fail],
    ['No statement', counts.unverified],
    canBeSigned(report) ? ['Provenance proven', counts.provenance] : ['Hash proven', counts.integrity],
  ];
  return [
    `### assay: ${word}`,
    '',
    // With the names of what could not be read.
    unread.length > 0 ? code(rest) : `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`,
    '',
    table(
      numbers.map(([label]) => label),
      [numbers.map(([, number]) => String(number))],
    ),
    '',
    about.join(', '),
    ...(changes.length > 0 ? ['', ...changes] : []),
  ];
}

/** A group, and what is said of its items. */
interface Said {
  readonly group: Group;
  readonly statements: readonly Statement[];
}

function failingSection({ group, statements }: Said, pathOf: PathOf, isShort: boolean): Section {
  const { label, items } = group;
  const nexts = new Set(statements.map(nextText));
  const [only = ''] = nexts;
  const isShared = nexts.size <= 1;
  return {
    open: ['', `#### ${label} \`${group.code}\`: ${titleOf(group)}`, '', `Why: ${findingReason(group.code)}.`, ''],
    items: isShort
      ? items.map((item) => `- ${subjectLine(item, pathOf)}`)
      : statements.flatMap((statement) => {
          const next = isShared ? '' : `. ${nextText(statement)}`;
          return statementLines(statement, pathOf, Infinity, next);
        }),
    close: isShared ? ['', only] : isShort ? ['', `Next, for each: ${code(statements[0]?.help ?? '')}`] : [],
  };
}

function warningSection(group: Group, pathOf: PathOf): Section {
  const { label, items } = group;
  const more = items.length - MAX_WARNINGS;
  const statements = statementsOf(items.slice(0, MAX_WARNINGS));
  const [first] = statements;
  return {
    open: [
      ...['', `<details><summary>${label} <code>${group.code}</code>: ${titleOf(group)}</summary>`, ''],
      ...[`Why: ${findingReason(group.code)}.`, ''],
    ],
    items: statements.flatMap((statement) => statementLines(statement, pathOf, 1, '')),
    close: [
      ...(more > 0 ? [`- and ${more} more (\`assay --json\` lists all)`] : []),
      ...(first === undefined ? [] : ['', `Next: ${code(first.help)}`]),
      ...['', '</details>'],
    ],
  };
}

function nextText({ help, helpForEach }: Statement): string {
  return `Next${helpForEach ? ', for each' : ''}: ${code(help)}`;
}

function titleOf({ code: ofFinding, items }: Group): string {
  return `${findingTitle(ofFinding)} (${sizeText(items)})`;
}

/** Who, and where. */
function subjectLine(item: GroupItem, pathOf: PathOf): string {
  const { dependency, place } = item;
  const where = place === null ? [] : [codeSpan(`${pathOf(place.file)}:${place.line}`)];
  if (dependency === null) return where.join('');
  const also = [...where, ...(dependency.direct ? ['direct'] : [])];
  return `**${code(subjectText(dependency))}**${also.length > 0 ? ` (${also.join(', ')})` : ''}`;
}

/**
 * What was found, `limit` findings of one code, of one item in a line, or of several and then each in a line of its
 * own.
 */
function statementLines(statement: Statement, pathOf: PathOf, limit: number, next: string): readonly string[] {
  const { clauses, owed, items } = statement;
  const said = clauses.slice(0, limit).map(code);
  const rest = clauses.length - said.length;
  const more = rest > 0 ? `, and ${count(rest, 'more such finding')}` : '';
  const words = `${said.join('; ')}${more}${owed === null ? '' : `, **${code(owed)}**`}${next}`;
  const [first, ...others] = items;
  if (others.length === 0) return [`- ${subjectLine(first, pathOf)} ${words}`];
  return [`- Each ${words}`, ...items.map((item) => `  - ${subjectLine(item, pathOf)}`)];
}

function changeSection(comparison: Comparison): Section {
  const { ecosystem, name, current } = comparison;
  const subject = code(subjectText({ ecosystem, name, version: current.version ?? '' }));
  const changes = [
    ...changeTexts(comparison, true),
    ...dependencyTexts(comparison).map((text) => `new dependency ${text}`),
    ...scriptTexts(comparison).map((text) => `install script ${text}`),
  ];
  return {
    open: ['', `What changed in ${subject} since ${code(beforeText(comparison))}${gapText(comparison)}:`, ''],
    items: changes.map((text) => `- ${code(text)}`),
    close: [],
  };
}

/** Sections as long as there is room; nothing graver is ever left out for something less grave. */
function fitSections(sections: readonly Section[], room: number): readonly string[] {
  const lines: string[] = [];
  let left = room;
  for (const { open, items, close } of sections) {
    if (items.length === 0) continue;
    let inside = left - bytesOf([...open, ...close]);
    const fitting: string[] = [];
    for (const item of items) {
      inside -= bytesOf([item]);
      if (inside < 0) break;
      fitting.push(item);
    }
    if (fitting.length > 0) lines.push(...open, ...fitting, ...close);
    if (fitting.length < items.length) return [...lines, CUT];
    left = inside;
  }
  return lines;
}

/** With the line ends. */
function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
