import type { Dependency } from '../model/dependency.ts';
import { displayWidth, escapeText } from './escape.ts';
import type { Group, GroupItem, Label } from './grouping.ts';
import { count, cutToWidth, listed, paint, shown, wrap, type RenderOptions, type Tone } from './layout.ts';
import { capabilityText, describe, findingClause, findingReason, findingTitle, subjectText } from './messages.ts';
import { overdueText } from './review-words.ts';

/** How much of a group is shown: 0 is one line with a few names, else the number of dependencies shown in full. */
type Detail = 0 | (typeof DETAILS)[number];
export const DETAILS = [1, 3, 5, 10] as const;

export interface GroupOptions extends RenderOptions {
  /** Whether places are those of a lockfile, which a person can open. */
  readonly places: boolean;
}

/** Whether showing a group in this detail helps: notes are worth one line, and warnings a few examples. */
export function isWorthDetail({ label }: Group, detail: Detail): boolean {
  switch (label) {
    case 'error':
    case 'unverified':
      return true;
    case 'warning':
      return detail <= 3;
    case 'note':
      return detail === 0;
  }
}

/** Lines the words about one dependency may take. */
const CLAUSE_LINES = 4;

const TONES: Readonly<Record<Label, Tone>> = { error: 'red', unverified: 'yellow', warning: 'yellow', note: 'cyan' };

/** One group of findings: what, why, which dependencies and where, and the next command. */
export function renderGroup(group: Group, detail: Detail, options: GroupOptions): string[] {
  const tag = `${group.label}[${group.code}]`;
  const size = count(group.items.length, 'dependency', 'dependencies');
  if (detail === 0) {
    return [painted(tag, group.label, oneLine(group, tag, size, options), options)];
  }
  const [first, ...continued] = wrap(`${tag}: ${findingTitle(group.code)} (${size})`, options.columns, 0, 2);
  const items = group.items.slice(0, detail);
  const others = group.items.slice(items.length);
  return [
    painted(tag, group.label, first ?? '', options),
    ...continued,
    ...labelled('why', findingReason(group.code), options),
    ...items.flatMap((item) => renderItem(item, options)),
    ...alsoLines(others, options),
    ...nextCommand(group, options),
  ];
}

/** The dependencies that are not shown in full. */
function alsoLines(others: readonly GroupItem[], options: RenderOptions): string[] {
  if (others.length === 0) return [];
  const rest = others.length > 3 ? ' (--json lists all)' : '';
  return wrap(shown(`and ${names(others, 3)}${rest}`, options), options.columns, 2, 6);
}

/** The group in one line: with its title and as many names as fit, else with its code and names only. */
function oneLine({ code, items }: Group, tag: string, size: string, options: RenderOptions): string {
  const withTitle = `${tag}: ${findingTitle(code)}, ${size}: `;
  const short = `${tag} (${String(items.length)}): `;
  const candidates = [
    withTitle + names(items, 3),
    withTitle + names(items, 1),
    short + names(items, 3),
    short + names(items, 1),
  ];
  const lines = candidates.map((line) => shown(line, options));
  return lines.find((line) => displayWidth(line) <= options.columns) ?? cutToWidth(lines.at(-1) ?? '', options.columns);
}

/** The first `limit` names, and how many more there are. */
function names(items: readonly GroupItem[], limit: number): string {
  return listed(
    items.map(({ dependency }) => dependency),
    limit,
    (dependency) => subjectText(dependency, 40),
  );
}

function painted(tag: string, label: Label, line: string, options: RenderOptions): string {
  return line.startsWith(tag) ? paint(TONES[label], tag, options) + line.slice(tag.length) : line;
}

function renderItem({ dependency, findings, critical }: GroupItem, options: GroupOptions): string[] {
  const where = options.places ? `  ${whereText(dependency)}` : '';
  const head = wrap(shown(subjectText(dependency) + where, options), options.columns, 2, 6);
  const more = findings.length - 1;
  const clause = findingClause(findings[0]) + (more > 0 ? `; and ${count(more, 'more such finding')}` : '');
  const lines = wrap(shown(clause, options), options.columns, 4);
  const kept = lines.slice(0, CLAUSE_LINES);
  if (lines.length > kept.length) kept.push('    ... (--json)');
  const late = findings.find(({ review }) => review?.overdue === true)?.review;
  const owed = late === undefined ? [] : wrap(shown(overdueText(late), options), options.columns, 4);
  const isError = findings.some(({ level, kind }) => level === 'error' && kind !== 'contradiction');
  const why = isError && critical?.by === 'capability' ? [`critical: ${capabilityText(critical)}`] : [];
  return [...head, ...kept, ...owed, ...why.flatMap((text) => wrap(shown(text, options), options.columns, 4, 6))];
}

function whereText(dependency: Dependency): string {
  const [place] = dependency.places;
  if (place === undefined) return '';
  const more = dependency.places.length - 1;
  const others = more > 0 ? ` and ${count(more, 'more place')}` : '';
  return `${escapeText(place.file, 120)}:${String(place.line)}${others}${dependency.direct ? ', direct' : ''}`;
}

function nextCommand(group: Group, options: RenderOptions): string[] {
  const [item] = group.items;
  return item === undefined ? [] : labelled('next', describe(item.findings[0], item.dependency).help, options);
}

function labelled(label: string, text: string, options: RenderOptions): string[] {
  return wrap(shown(`${label.padEnd(4)}  ${text}`, options), options.columns, 2, 8).map((line, i) =>
    i === 0 ? `  ${paint('bold', label, options)}${line.slice(2 + label.length)}` : line,
  );
}
