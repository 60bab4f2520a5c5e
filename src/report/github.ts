import type { Report } from '../model/report.ts';
import { escapeText } from './escape.ts';
import { count } from './layout.ts';
import { subjectText } from './messages.ts';
import { resultsOf, type Result } from './results.ts';

/** GitHub shows this many annotations of each kind per step, and drops the others silently. */
const MAX_ANNOTATIONS = 10;

/**
 * The report as annotations of GitHub Actions: one workflow command for each error and warning, at the lockfile's line, the
 * gravest first. Where there are more than are shown, the last one counts the rest. Empty where there are none.
 */
export function renderAnnotations(report: Report): string {
  const results = resultsOf(report).filter(({ label }) => label !== 'note');
  const errors = results.filter(({ label }) => label !== 'warning');
  const warnings = results.filter(({ label }) => label === 'warning');
  const unread = report.unread
    .slice(0, MAX_ANNOTATIONS - 1)
    .map(({ file, problem }) =>
      command('error', { file, title: 'assay: a lockfile could not be audited' }, escapeText(problem)),
    );
  const lines = [
    ...unread,
    ...annotations('error', errors, MAX_ANNOTATIONS - unread.length),
    ...annotations('warning', warnings),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function annotations(kind: 'error' | 'warning', results: readonly Result[], room = MAX_ANNOTATIONS): readonly string[] {
  if (results.length <= room) return results.map((result) => annotation(kind, result));
  const shown = results.slice(0, room - 1);
  const rest = count(results.length - shown.length, `more ${kind}`);
  const where = shown[0]?.place ?? null;
  const last = command(
    kind,
    { file: where?.path, title: `assay: ${rest}` },
    `${rest}: see the report in the log, or assay --json`,
  );
  return [...shown.map((result) => annotation(kind, result)), last];
}

function annotation(kind: 'error' | 'warning', { dependency, finding, place, message, help }: Result): string {
  const title = `${subjectText(dependency, 80)}: ${finding.code}`;
  return command(kind, { file: place?.path, line: place?.line, title }, `${message}\n\nNext: ${help}`);
}

/** A workflow command (actions/runner, ActionCommand): what ends a property, or the command, is percent-encoded. */
function command(
  kind: string,
  { file, line, title }: { file?: string | undefined; line?: number | undefined; title: string },
  message: string,
): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${encodeProperty(escapeText(file, 1000))}`]),
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
