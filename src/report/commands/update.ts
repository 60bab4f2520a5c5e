import type { AcceptedFinding, BaselineUpdate, LeftOut } from '../../model/baseline.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import { count, listed, paint, shown, usableColumns, wrap, type RenderOptions } from '../words/layout.ts';
import { plainSpec, subjectText } from '../words/messages.ts';

/** What became of a file in an older version of the format. */
export function migrationText(format: number): string {
  return `the file was in format ${format} and is written in the current one: other lines, which say all that it said`;
}

/**
 * What `assay update` did, for people: what was taken in and dropped, and what was left out and why. `format` is the
 * version of the format that the file was in, where that is an older one.
 */
export function renderUpdate(file: string, update: BaselineUpdate, options: RenderOptions, format?: number): string {
  const columns = usableColumns(options.columns);
  const { added, removed, measures, despite, unchanged, expired, leftOut } = update;
  const head = `${escapeText(file, 120)}: ${added.length} taken in, ${removed.length} removed, ${unchanged} unchanged`;
  const changes = [
    ...(format === undefined ? [] : [migrationText(format)]),
    ...(added.length > 0 ? [`taken in: ${specs(added)}`] : []),
    ...(despite.length > 0
      ? [`of these with accepted findings, so asked at every audit: ${despiteText(despite)}`]
      : []),
    ...(removed.length > 0 ? [`removed: ${specs(removed)} (no longer locked)`] : []),
    ...(measures.length > 0 ? [`kept, as a version that is left out is compared with it: ${specs(measures)}`] : []),
    ...(expired.length > 0 ? [`no longer accepted: ${listed(expired, 10, (one) => expiredText(one))}`] : []),
  ];
  const lines = [
    ...wrap(shown(head, options), columns, 0, 2).map((line) => paint('bold', line, options)),
    ...changes.flatMap((line) => wrap(shown(line, options), columns, 2, 4)),
    ...leftOutLines(leftOut).flatMap((line) => wrap(shown(line, options), columns, 2, 4)),
    ...moreLines(leftOut).flatMap((line) => wrap(shown(line, options), columns, 0, 8)),
    ...nextLines(leftOut).flatMap((line) => wrap(shown(line, options), columns, 2, 8)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Makes escaped text what the output needs it to be. */
export type Mark = (escaped: string) => string;

const asItIs: Mark = (escaped) => escaped;

/** Where to read more of what was left out; no line where nothing was. */
export function moreLines(leftOut: readonly LeftOut[], mark = asItIs): string[] {
  return leftOut.length === 0 ? [] : [`${mark('assay audit')} says more about what was left out or is kept`];
}

/** The commands that decide about what was left out; no line where nobody could decide. */
export function nextLines(leftOut: readonly LeftOut[], mark = asItIs): string[] {
  const plain = leftOut.flatMap(({ dependency, acceptable, silent }) =>
    acceptable && !silent ? (plainSpec(dependency) ?? []) : [],
  );
  const [spec, ...others] = new Set(plain);
  if (spec === undefined) return [];
  const likewise =
    others.length === 0
      ? ''
      : `; likewise ${count(others.length, 'more version')} (${mark('assay review')} lists them)`;
  const commands = [`assay check ${spec}`, `assay accept ${spec} --reason "..."`];
  return [`next  ${commands.map(mark).join(', then ')}${likewise}`];
}

function specs(list: readonly string[]): string {
  return listed(list, 10, (spec) => escapeText(spec, 120));
}

function despiteText(despite: BaselineUpdate['despite']): string {
  return listed(despite, 10, ({ spec, codes }) => `${escapeText(spec, 120)} (${codes.join(', ')})`);
}

export function expiredText(past: AcceptedFinding, mark?: Mark): string {
  const [subject, by] = mark
    ? [mark(subjectText(past)), mark(escapeText(past.by, 40))]
    : [subjectText(past), quoteText(past.by, 40)];
  return `${subject} ${past.code} (until ${formatInstant(past.until)} by ${by})`;
}

/** One line for each reason, with the places of what it keeps out. */
export function leftOutLines(leftOut: readonly LeftOut[], mark = asItIs): string[] {
  const groups = new Map<string, { fate: string; reason: string; ones: readonly LeftOut[] }>();
  for (const one of leftOut) {
    const codes = one.codes.length === 0 ? 'hash and signature are not proven' : one.codes.join(', ');
    const accepted = one.accepted ? '; accepted, so verified at every audit' : '';
    const fate = one.kept ? 'kept as it is' : 'left out';
    const reason = `with ${codes}${accepted}`;
    groups.set(`${fate} ${reason}`, { fate, reason, ones: [...(groups.get(`${fate} ${reason}`)?.ones ?? []), one] });
  }
  return [...groups.values()].map(({ fate, reason, ones }) => {
    const named = listed(ones, 10, ({ dependency }) => {
      const [place] = dependency.places;
      const where = place === undefined ? '' : ` (${mark(`${escapeText(place.file, 120)}:${place.line}`)})`;
      return mark(subjectText(dependency)) + where;
    });
    return `${fate}, ${count(ones.length, 'dependency', 'dependencies')} ${reason}: ${named}`;
  });
}
