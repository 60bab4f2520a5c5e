import { ecosystemNamed } from '../ecosystems/conventions/index.ts';
import { packageId, type Ecosystem, type PackageId } from '../model/package.ts';
import { compareText } from '../model/value.ts';
import { BaselineError } from './error.ts';
import { EXPECTED_FIELDS, IDENTITY_FIELDS } from './text.ts';

const MAX_LINE = 4096;

const IDENTITY_NAMES = IDENTITY_FIELDS.map(([name]) => name);
/** The fields of `name`, of `name#channel` and of `name@version`, in their order. */
const PACKAGE_FIELDS = ['package', ...IDENTITY_NAMES, 'since'];
const VERSION_FIELDS = [
  ...['artifact', 'verified', 'provenance', ...IDENTITY_NAMES, 'published', 'capability'],
  ...['despite', ...EXPECTED_FIELDS.map(([name]) => name), 'seen', 'accepted'],
];
/** Fields of which a version may have several lines. */
const REPEATED = ['artifact', 'accepted'];

/** A line as it is read; its number is that in the file. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** What a line is about: one object for all lines of it that follow each other. */
interface Subject {
  readonly text: string;
  readonly id: PackageId;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  /** A prerelease channel of the package; null for anything else. */
  readonly channel: string | null;
  /** Null for the package or a channel. */
  readonly version: string | null;
}

export interface Line extends NumberedLine {
  readonly subject: Subject;
  readonly field: string;
  /** The place of the field among those of the subject. */
  readonly rank: number;
  readonly value: string;
}

/** Of one package, channel or version. */
export type Lines = readonly [Line, ...Line[]];

export function isOfLog(text: string): boolean {
  return text.startsWith('log ');
}

/** The lines of each package, in order. */
export function* packagesIn(file: string, lines: readonly NumberedLine[]): Generator<Lines> {
  let current: [Line, ...Line[]] | null = null;
  let before: Line | undefined;
  for (const each of lines) {
    const line = parseLine(file, each, before?.subject);
    refuseOrder(file, before, line);
    before = line;
    if (current?.[0].subject.id === line.subject.id) {
      current.push(line);
    } else {
      if (current !== null) yield current;
      current = [line];
    }
  }
  if (current !== null) yield current;
}

/** A segment of a name, between slashes: printable ASCII but "#", "/" and "@". */
const SEGMENT = '[!"$-.0-?A-~]+';
const SUBJECT = new RegExp(`^([a-z]+):((?:@${SEGMENT}/)?${SEGMENT}(?:/${SEGMENT})*)(?:#([a-z][a-z-]*)|@([!-?A-~]+))?$`);
const LINE = /^([!-~]+) ([a-z-]+)(?: (\S.*))?$/;

/** `before` is the subject of the line before. */
function parseLine(file: string, { number, text }: NumberedLine, before: Subject | undefined): Line {
  refuseLength(file, number, text);
  if (isOfLog(text)) throw new BaselineError(file, number, 'a line about a log belongs before all packages');
  const [, about = '', field = '', value = ''] = LINE.exec(text) ?? [];
  const subject = about === before?.text ? before : parseSubject(file, number, about);
  const fields = fieldsAbout(subject);
  const rank = fields.indexOf(field);
  if (rank === -1) {
    const { channel, version } = subject;
    const what = version !== null ? 'a version' : channel !== null ? 'a channel' : 'a package';
    throw new BaselineError(file, number, `${field} is no field of ${what} (${fields.join(', ')})`);
  }
  if ((value === '') !== (field === 'package')) {
    throw new BaselineError(file, number, `${field} ${value === '' ? 'has no value' : 'stands alone'}`);
  }
  return { number, text, subject, field, rank, value };
}

function parseSubject(file: string, number: number, text: string): Subject {
  const [, ecosystemName = '', name = '', channel = null, version = null] = SUBJECT.exec(text) ?? [];
  if (name === '') {
    throw new BaselineError(
      file,
      number,
      'not a line of the form ECOSYSTEM:NAME FIELD VALUE or ECOSYSTEM:NAME@VERSION FIELD VALUE',
    );
  }
  const ecosystem = ecosystemNamed(ecosystemName);
  if (ecosystem === null) throw unchecked(file, number, ecosystemName);
  return { text, id: packageId({ ecosystem, name }), ecosystem, name, channel, version };
}

export function refuseLength(file: string, number: number, text: string): void {
  if (text.length > MAX_LINE) throw new BaselineError(file, number, `longer than ${MAX_LINE} characters`);
}

export function unchecked(file: string, number: number, ecosystem: string): BaselineError {
  return new BaselineError(file, number, `this version of assay checks no ${ecosystem} packages`, 'update assay');
}

function fieldsAbout({ channel, version }: Subject): readonly string[] {
  if (version !== null) return VERSION_FIELDS;
  return channel === null ? PACKAGE_FIELDS : IDENTITY_NAMES;
}

function refuseOrder(file: string, before: Line | undefined, line: Line): void {
  if (before === undefined) return;
  const order = compareLines(before, line);
  if (order < 0 || (order === 0 && REPEATED.includes(line.field) && before.text !== line.text)) return;
  const { text } = line.subject;
  const problem =
    order === 0
      ? `${text} has ${line.field} twice, here and in line ${before.number}`
      : `${text} ${line.field} is out of order: it belongs before line ${before.number}`;
  throw new BaselineError(file, line.number, problem);
}

/** By package; what is known of it and its channels around its versions; by channel or version, and field. */
function compareLines(a: Line, b: Line): number {
  return (a.subject === b.subject ? 0 : compareSubjects(a, b)) || a.rank - b.rank;
}

function compareSubjects(a: Line, b: Line): number {
  const byPart = compareText(a.subject.id, b.subject.id) || partOf(a) - partOf(b);
  return (
    byPart || compareText(a.subject.channel ?? a.subject.version ?? '', b.subject.channel ?? b.subject.version ?? '')
  );
}

function partOf({ subject: { channel, version }, field }: Line): number {
  if (version !== null) return 2;
  if (channel !== null) return 1;
  return field === 'since' ? 3 : 0;
}
