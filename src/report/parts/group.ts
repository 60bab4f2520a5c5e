import type { Dependency } from '../../model/dependency.ts';
import { displayWidth, escapeText } from '../words/escape.ts';
import { sizeText, subjectOf, type Group, type GroupItem, type Label } from '../words/grouping.ts';
import { count, cutToWidth, listed, paint, shown, wrap, type RenderOptions, type Tone } from '../words/layout.ts';
import { findingClause, findingReason, findingTitle, helpWhenChecked, subjectText } from '../words/messages.ts';
import { decided, helpOf as helpInProject, statementsOf, type Statement } from './statements.ts';

/** How many dependencies of a group are shown in full; 0 is one line with a few names. */
export const DETAILS = [1, 3] as const;

export interface GroupOptions extends RenderOptions {
  /** Whether places are those of a lockfile, which a person can open. */
  readonly places: boolean;
}

/** Whether a group may be shortened: what fails or has no statement is named whole, wherever the report goes. */
export function isFoldable({ label }: Group): boolean {
  return label === 'warning' || label === 'note';
}

/** Names of which the same is said have a line each up to this number; more share lines. */
const ONE_A_LINE = 8;

/** Lines the words about one dependency may take where they are shortened. */
const CLAUSE_LINES = 4;

const TONES: Readonly<Record<Label, Tone>> = { error: 'red', unverified: 'yellow', warning: 'yellow', note: 'cyan' };

/** One group of findings in short: what, why, `detail` dependencies and where, and the next command. */
export function renderGroup(group: Group, detail: number, options: GroupOptions): string[] {
  const { items } = group;
  if (detail === 0) return [painted(group, oneLine(group, options), options)];
  const [first] = items;
  return [
    ...heading(group, options),
    ...items.slice(0, detail).flatMap((item) => renderItem(item, CLAUSE_LINES, options)),
    ...alsoLines(items.slice(detail), options),
    ...(first === undefined ? [] : labelled('next', helpOf(first, options), 2, options)),
  ];
}

/** A group with every dependency. What is said of several, and what to do about them, stands there once. */
export function renderWholeGroup(group: Group, options: GroupOptions): string[] {
  const statements = statementsOf(group.items);
  const helps = new Set(statements.map((statement) => nextText(statement, options)));
  const [only] = helps;
  const isShared = helps.size === 1 && only !== undefined;
  return [
    ...heading(group, options),
    ...statements.flatMap((statement) => [
      ...renderStatement(statement, options),
      ...(isShared ? [] : labelled('next', nextText(statement, options), 4, options)),
    ]),
    ...(isShared ? labelled('next', only, 2, options) : []),
  ];
}

function nextText({ help, helpForEach, items: [first] }: Statement, options: GroupOptions): string {
  const text = options.places ? help : helpOf(first, options);
  return helpForEach ? `for each: ${text}` : text;
}

function renderStatement(statement: Statement, options: GroupOptions): string[] {
  const { items, clauses, owed, critical } = statement;
  const [first, ...others] = items;
  if (others.length === 0) return renderItem(first, Infinity, options);
  const also = [owed, critical].flatMap((text) => text ?? []);
  return [
    ...clauses.flatMap((clause) => wrap(shown(`each ${clause}`, options), options.columns, 2, 4)),
    ...also.flatMap((text) => wrap(shown(text, options), options.columns, 2, 4)),
    ...(items.length > ONE_A_LINE
      ? renderHeads(items, options)
      : items.flatMap((item) => renderHead(item, 4, options))),
  ];
}

/** Every name with its place, as many in a line as fit. What could be read as several names has its own line. */
function renderHeads(items: readonly GroupItem[], options: GroupOptions): string[] {
  const lines: string[] = [];
  let isOpen = false;
  for (const item of items) {
    const text = shown(headText(item, options), options);
    const isPlain = !/[\s;]/.test(nameOfHead(item));
    const joined = `${lines.at(-1) ?? ''}; ${text}`;
    if (isOpen && isPlain && displayWidth(joined) <= options.columns - 4) lines[lines.length - 1] = joined;
    else lines.push(text);
    isOpen = isPlain;
  }
  return lines.flatMap((line) => wrap(line, options.columns, 4, 8));
}

function heading(group: Group, options: GroupOptions): string[] {
  const text = `${tagOf(group)}: ${findingTitle(group.code)} (${sizeText(group.items)})`;
  const [first = '', ...continued] = wrap(text, options.columns, 0, 2);
  return [painted(group, first, options), ...continued, ...labelled('why', findingReason(group.code), 2, options)];
}

function tagOf({ label, code }: Group): string {
  return `${label}[${code}]`;
}

function helpOf(item: GroupItem, { places }: GroupOptions): string {
  const [finding] = item.findings;
  return places ? helpInProject(item) : helpWhenChecked(finding, subjectOf(item));
}

/** The dependencies that are not shown in full. */
function alsoLines(others: readonly GroupItem[], options: RenderOptions): string[] {
  if (others.length === 0) return [];
  const rest = others.length > 3 ? ' (--all shows all)' : '';
  return wrap(shown(`and ${names(others, 3)}${rest}`, options), options.columns, 2, 6);
}

/** The group in one line: with its title and as many names as fit, else with its code and names only. */
function oneLine(group: Group, options: RenderOptions): string {
  const { code, items } = group;
  const [tag, size] = [tagOf(group), sizeText(items)];
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
  return listed(items, limit, (item) => subjectText(subjectOf(item), 40));
}

function painted(group: Group, line: string, options: RenderOptions): string {
  const [tag, label] = [tagOf(group), group.label];
  return line.startsWith(tag) ? paint(TONES[label], tag, options) + line.slice(tag.length) : line;
}

function renderItem(item: GroupItem, limit: number, options: GroupOptions): string[] {
  const { findings } = item;
  const more = findings.length - 1;
  const said =
    limit === Infinity || more === 0
      ? findings.map((finding) => findingClause(finding, subjectOf(item)))
      : [`${findingClause(findings[0], subjectOf(item))}; and ${count(more, 'more such finding')}`];
  const lines = said.flatMap((clause) => wrap(shown(clause, options), options.columns, 4));
  const kept = lines.slice(0, limit);
  if (lines.length > kept.length) kept.push('    ... (--all)');
  const [owed, critical] = decided(item);
  return [
    ...renderHead(item, 2, options),
    ...kept,
    ...(owed === null ? [] : wrap(shown(owed, options), options.columns, 4)),
    ...(critical === null ? [] : wrap(shown(critical, options), options.columns, 4, 6)),
  ];
}

function renderHead(item: GroupItem, indent: number, options: GroupOptions): string[] {
  return wrap(shown(headText(item, options), options), options.columns, indent, indent + 4);
}

/** Who, and where. */
function headText(item: GroupItem, options: GroupOptions): string {
  const { dependency } = item;
  return nameOfHead(item) + (options.places && dependency !== null ? `  ${whereText(dependency)}` : '');
}

function nameOfHead(item: GroupItem): string {
  return item.dependency === null ? placeText(item) : subjectText(item.dependency);
}

function whereText(dependency: Dependency): string {
  const [place] = dependency.places;
  if (place === undefined) return '';
  const more = dependency.places.length - 1;
  const others = more > 0 ? ` and ${count(more, 'more place')}` : '';
  return `${escapeText(place.file, 120)}:${String(place.line)}${others}${dependency.direct ? ', direct' : ''}`;
}

/** Of a finding about the lockfile. */
function placeText({ place }: GroupItem): string {
  return place === null ? '' : `${escapeText(place.file, 120)}:${String(place.line)}`;
}

function labelled(label: string, text: string, indent: number, options: RenderOptions): string[] {
  const start = ' '.repeat(indent);
  return wrap(shown(`${label.padEnd(4)}  ${text}`, options), options.columns, indent, indent + 6).map((line, i) =>
    i === 0 ? `${start}${paint('bold', label, options)}${line.slice(indent + label.length)}` : line,
  );
}
