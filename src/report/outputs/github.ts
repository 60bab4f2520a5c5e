import type { Report, UnreadLockfile } from '../../model/report.ts';
import { escapeText } from '../words/escape.ts';
import { count } from '../words/layout.ts';
import { resultsOf, type Result } from './results.ts';

/** GitHub shows this many annotations of each kind per step, and drops the others silently. */
const MAX_ANNOTATIONS = 10;

/** What GitHub takes of an annotation's message. */
const MAX_MESSAGE = 60_000;

/** One annotation, escaped but for its path. */
interface Annotation {
  readonly title: string;
  readonly path?: string | undefined;
  readonly line?: number | undefined;
  readonly message: string;
  /** In one line, for a list of those that are not shown by themselves. */
  readonly name: string;
}

/**
 * The report as annotations of GitHub Actions: one workflow command for each error and warning, at the lockfile's line,
 * the gravest first. Where there are more than are shown, the last one names the rest. Empty where there are none.
 */
export function renderAnnotations(report: Report): string {
  const results = resultsOf(report).filter(({ label }) => label !== 'note');
  const errors = [
    ...report.unread.map(unreadAnnotation),
    ...results.filter(({ label }) => label !== 'warning').map(annotationOf),
  ];
  const warnings = results.filter(({ label }) => label === 'warning').map(annotationOf);
  const lines = [...annotations('error', errors), ...annotations('warning', warnings)];
  return lines.map((line) => `${line}\n`).join('');
}

function unreadAnnotation({ file, path = file, problem }: UnreadLockfile): Annotation {
  const message = escapeText(problem);
  return { title: 'assay: a lockfile could not be audited', path, message, name: message };
}

function annotationOf({ subject, finding, place, message, help }: Result): Annotation {
  const where = place === null ? '' : ` (${escapeText(place.path, 200)}:${place.line})`;
  return {
    title: `${subject}: ${finding.code}`,
    ...{ path: place?.path, line: place?.line },
    message: `${message}\n\nNext: ${help}`,
    name: `${subject}${where}: ${finding.code}`,
  };
}

function annotations(kind: 'error' | 'warning', all: readonly Annotation[]): readonly string[] {
  if (all.length <= MAX_ANNOTATIONS) return all.map((each) => command(kind, each));
  const shown = all.slice(0, MAX_ANNOTATIONS - 1);
  const others = all.slice(shown.length);
  const rest = count(others.length, `more ${kind}`);
  const message = `${rest}:\n${namesOf(others)}\nNext: see the report in the log, or assay --json`;
  return [...shown, { title: `assay: ${rest}`, path: shown[0]?.path, message }].map((each) => command(kind, each));
}

/** One in each line, as many as there is room for. */
function namesOf(others: readonly Annotation[]): string {
  let text = '';
  for (const [i, { name }] of others.entries()) {
    if (text.length + name.length > MAX_MESSAGE) return `${text}and ${count(others.length - i, 'more')}`;
    text += `${name}\n`;
  }
  return text;
}

/** A workflow command (actions/runner, ActionCommand): what ends a property, or the command, is percent-encoded. */
function command(kind: string, { path, line, title, message }: Omit<Annotation, 'name'>): string {
  const properties = [
    ...(path === undefined ? [] : [`file=${encodeProperty(escapeText(path, 1000))}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    `title=${encodeProperty(title)}`,
  ];
  return `::${kind} ${properties.join(',')}::${encodeData(message)}`;
}

function encodeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function encodeProperty(text: string): string {
  return encodeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
