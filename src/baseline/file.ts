import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  LastingIdentity,
  LogHead,
  SeenVersion,
} from '../model/baseline.ts';
import { ecosystemNamed } from '../ecosystems/conventions/index.ts';
import { packageId, type Ecosystem, type PackageId } from '../model/package.ts';
import { compareText } from '../model/value.ts';
import { acceptedFinding, identityOf, instantOf, logHead, sinceOf, versionOf, type Fields } from './fields.ts';
import type { NumberedLine, OneOfSeveral } from './fields.ts';
import {
  channelIdentity,
  EXPECTED_FIELDS,
  FORMAT,
  HEADER,
  headLines,
  IDENTITY_FIELDS,
  packageLines,
  versionOfText,
} from './text.ts';
import { asInVersion1, isVersion1, linesOfVersion1 } from './version-1.ts';
import { groupBy } from '../model/group-by.ts';

/** The baseline of a large project is some 10 MB. */
const MAX_LENGTH = 64 * 1024 * 1024;
const MAX_LINE = 4096;

/** An `assay.lock` that cannot be used. `message` is one line: where, what, and what to do. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
  readonly file: string;
  /** 1-based; null where the error is about the whole file. */
  readonly line: number | null;

  constructor(file: string, line: number | null, problem: string, advice = RESTORE) {
    super(`${file}${line === null ? '' : `:${line}`}: ${problem}; ${advice}`);
    this.file = file;
    this.line = line;
  }
}

const RESTORE = 'restore the committed file and run assay update, which alone writes it';
const TAKE_ONE_SIDE = 'take one side whole (git checkout --ours, or --theirs, and the file), then run assay update';

const IDENTITY_NAMES = IDENTITY_FIELDS.map(([name]) => name);
/** The fields of `name`, of `name#channel` and of `name@version`, in their order. */
const PACKAGE_FIELDS = ['package', ...IDENTITY_NAMES, 'since'];
const VERSION_FIELDS = [
  ...['artifact', 'verified', 'provenance', ...IDENTITY_NAMES, 'published', 'capability'],
  ...['despite', ...EXPECTED_FIELDS.map(([name]) => name), 'seen', 'accepted'],
];
/** Fields of which a version may have several lines. */
const REPEATED = ['artifact', 'accepted'];
/** What a version may have without being taken in. */
const ASIDE = ['seen', 'accepted'];

interface Line extends NumberedLine {
  readonly id: PackageId;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  /** A prerelease channel of it; null for a line about anything else. */
  readonly channel: string | null;
  /** Null for a line about the package or a channel. */
  readonly version: string | null;
  readonly field: string;
  readonly value: string;
}

/** A baseline as it was read, and the version of the format it was written in. */
export interface ReadBaseline {
  readonly content: Baseline;
  readonly format: 1 | 2;
}

/**
 * Reads an `assay.lock`. Only what assay writes is read: an unknown field, another order, a repeated or a missing line
 * is a BaselineError that names the line; so is a package of an ecosystem that nothing checks, which would be held to
 * nothing. Line ends may be those of Windows, which git puts there.
 */
export function parseBaseline(
  file: string,
  text: string,
  isChecked: (ecosystem: Ecosystem) => boolean = () => true,
): ReadBaseline {
  if (text.length > MAX_LENGTH) throw new BaselineError(file, null, 'larger than any assay.lock');
  const all = text.replaceAll('\r\n', '\n').split('\n');
  refuseConflict(file, all);
  const format = formatOf(file, all[0] ?? '');
  if (all.at(-1) !== '') throw otherSpelling(file, all.length + 1, '');
  const written = all.slice(1, -1).map((line, index): NumberedLine => ({ number: index + 2, text: line }));
  const lines = format === 1 ? linesOfVersion1(written) : written;
  const heads = headsIn(file, lines);
  const packages = new Map<PackageId, BaselinePackage>();
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  // One package after the other: a file has many lines, and its whole text a second time is as much again.
  for (const ofPackage of packagesIn(file, lines.slice(heads.length))) {
    const [{ id, ecosystem, number }] = ofPackage;
    if (!isChecked(ecosystem)) throw unchecked(file, number, ecosystem);
    const read = packageOf(file, ofPackage, format);
    const isWritten = isKnown(read.known) || read.seen.length > 0 || read.accepted.length > 0;
    const written = isWritten ? packageLines(id, read.known, read.seen, read.accepted) : [];
    refuseOtherSpelling(file, ofPackage, format === FORMAT ? written : asInVersion1(written));
    if (isKnown(read.known)) packages.set(id, read.known);
    accepted.push(...read.accepted);
    seen.push(...read.seen);
  }
  return { content: { heads, packages, accepted, seen }, format };
}

function refuseConflict(file: string, lines: readonly string[]): void {
  const index = lines.findIndex((line) => /^(?:<{7}|\|{7}|={7}|>{7})(?: |$)/.test(line));
  if (index !== -1) throw new BaselineError(file, index + 1, 'an unresolved merge conflict', TAKE_ONE_SIDE);
}

function formatOf(file: string, first: string): 1 | 2 {
  if (first === HEADER) return 2;
  if (isVersion1(first)) return 1;
  if (/^# assay\.lock\/(?![12]:)\d+\b/.test(first)) {
    throw new BaselineError(file, 1, 'a format this version of assay does not know', 'update assay');
  }
  throw new BaselineError(file, 1, `the first line is not "${HEADER}"`);
}

/** What the lines before those of packages say of transparency logs. */
function headsIn(file: string, lines: readonly NumberedLine[]): readonly LogHead[] {
  const end = lines.findIndex(({ text }) => !isOfLog(text));
  const ofLogs = end === -1 ? lines : lines.slice(0, end);
  const heads = new Map<string, LogHead>();
  for (const { number, text } of ofLogs) {
    refuseLength(file, number, text);
    const refuse = refuserAt(file, number);
    const head = logHead(text, refuse);
    if (heads.has(head.origin)) refuse('a second head of the same log');
    heads.set(head.origin, head);
  }
  const all = [...heads.values()];
  refuseOtherSpelling(file, ofLogs, headLines(all));
  return all;
}

function isOfLog(text: string): boolean {
  return text.startsWith('log ');
}

/** The lines of each package, in order. */
function* packagesIn(file: string, lines: readonly NumberedLine[]): Generator<readonly [Line, ...Line[]]> {
  let current: [Line, ...Line[]] | null = null;
  let before: Line | undefined;
  for (const each of lines) {
    const line = parseLine(file, each);
    refuseOrder(file, before, line);
    before = line;
    if (current?.[0].id === line.id) {
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
const LINE = new RegExp(
  `^([a-z]+):((?:@${SEGMENT}/)?${SEGMENT}(?:/${SEGMENT})*)(?:#([a-z][a-z-]*)|@([!-?A-~]+))? ([a-z-]+)(?: (\\S.*))?$`,
);

function parseLine(file: string, { number, text }: NumberedLine): Line {
  refuseLength(file, number, text);
  if (isOfLog(text)) throw new BaselineError(file, number, 'a line about a log belongs before all packages');
  const [, ecosystemName = '', name = '', channel = null, version = null, field = '', value = ''] =
    LINE.exec(text) ?? [];
  if (name === '') {
    throw new BaselineError(
      file,
      number,
      'not a line of the form ECOSYSTEM:NAME FIELD VALUE or ECOSYSTEM:NAME@VERSION FIELD VALUE',
    );
  }
  const ecosystem = ecosystemNamed(ecosystemName);
  if (ecosystem === null) throw unchecked(file, number, ecosystemName);
  const line = { number, text, id: packageId({ ecosystem, name }), ecosystem, name, channel, version, field, value };
  const fields = fieldsAbout(line);
  if (!fields.includes(field)) {
    const what = version !== null ? 'a version' : channel !== null ? 'a channel' : 'a package';
    throw new BaselineError(file, number, `${field} is no field of ${what} (${fields.join(', ')})`);
  }
  if ((value === '') !== (field === 'package')) {
    throw new BaselineError(file, number, `${field} ${value === '' ? 'has no value' : 'stands alone'}`);
  }
  return line;
}

function refuseLength(file: string, number: number, text: string): void {
  if (text.length > MAX_LINE) throw new BaselineError(file, number, `longer than ${MAX_LINE} characters`);
}

function unchecked(file: string, number: number, ecosystem: string): BaselineError {
  return new BaselineError(file, number, `this version of assay checks no ${ecosystem} packages`, 'update assay');
}

function fieldsAbout({ channel, version }: Line): readonly string[] {
  if (version !== null) return VERSION_FIELDS;
  return channel === null ? PACKAGE_FIELDS : IDENTITY_NAMES;
}

function refuseOrder(file: string, before: Line | undefined, line: Line): void {
  if (before === undefined) return;
  const order = compareLines(before, line);
  if (order < 0 || (order === 0 && REPEATED.includes(line.field) && before.text !== line.text)) return;
  const problem =
    order === 0
      ? `${subjectOf(line)} has ${line.field} twice, here and in line ${before.number}`
      : `${subjectOf(line)} ${line.field} is out of order: it belongs before line ${before.number}`;
  throw new BaselineError(file, line.number, problem);
}

/** By package; what is known of it and its channels around its versions; by channel or version, and field. */
function compareLines(a: Line, b: Line): number {
  const byName = compareText(a.id, b.id) || partOf(a) - partOf(b);
  const bySubject = byName || compareText(a.channel ?? a.version ?? '', b.channel ?? b.version ?? '');
  const fields = fieldsAbout(a);
  return bySubject || fields.indexOf(a.field) - fields.indexOf(b.field);
}

function partOf({ channel, version, field }: Line): number {
  if (version !== null) return 2;
  if (channel !== null) return 1;
  return field === 'since' ? 3 : 0;
}

function subjectOf({ id, channel, version }: Pick<Line, 'id' | 'channel' | 'version'>): string {
  if (version !== null) return `${id}@${version}`;
  return channel === null ? id : `${id}#${channel}`;
}

/** What the file says of one package. */
interface PackageLines {
  readonly known: BaselinePackage;
  readonly seen: readonly SeenVersion[];
  readonly accepted: readonly AcceptedFinding[];
}

function packageOf(file: string, lines: readonly [Line, ...Line[]], format: ReadBaseline['format']): PackageLines {
  const [first] = lines;
  const { ecosystem, name } = first;
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  const fields = fieldsOf(
    file,
    lines.filter(({ channel, version }) => channel === null && version === null),
    first,
  );
  if (fields.value('package') === null) fields.refuse('needs a line "package" before all others');
  const identity = identityOf(fields);
  const channels = new Map<string, LastingIdentity>();
  const channelLines = lines.filter((line) => line.channel !== null);
  for (const [channel, group] of groupBy(channelLines, (line) => line.channel ?? '')) {
    const by = identityOf(fieldsOf(file, group, group[0]));
    if (by !== null) channels.set(channel, by);
  }
  const versions = new Map<string, BaselineVersion>();
  const versionLines = lines.filter((line) => line.version !== null);
  for (const [text, group] of groupBy(versionLines, (line) => line.version ?? '')) {
    const version = versionOfText(text);
    const subject = { ecosystem, name, version };
    accepted.push(...severalOf(file, group, 'accepted').map((one) => acceptedFinding(subject, one)));
    const ofVersion = fieldsOf(file, group, group[0]);
    const time = ofVersion.value('seen');
    if (time !== null) seen.push({ ...subject, time: instantOf(time, ofVersion.refuse, 'seen') });
    if (group.some(({ field }) => !ASIDE.includes(field))) {
      const ofChannel = channelIdentity(version, { ecosystem, identity, channels });
      const built = { identity: ofChannel, isNamed: format === FORMAT };
      versions.set(version, versionOf(ofVersion, severalOf(file, group, 'artifact'), built));
    }
  }
  return { known: { ecosystem, since: sinceOf(fields), identity, channels, versions }, seen, accepted };
}

function severalOf(file: string, group: readonly Line[], field: string): readonly OneOfSeveral[] {
  return group
    .filter((line) => line.field === field)
    .map((line) => {
      const refuse = refuserAt(file, line.number);
      return { value: line.value, refuse: (problem) => refuse(`${subjectOf(line)} ${problem}`) };
    });
}

function isKnown({ since, identity, channels, versions }: BaselinePackage): boolean {
  return versions.size > 0 || since !== null || identity !== null || channels.size > 0;
}

function refuserAt(file: string, line: number): Fields['refuse'] {
  return (problem) => {
    throw new BaselineError(file, line, problem);
  };
}

/** The fields of one subject; what is wrong with a value is said with its line, what is missing with the first. */
function fieldsOf(file: string, group: readonly Line[], first: Line): Fields {
  const values = new Map(group.map((line) => [line.field, line]));
  return {
    value: (field) => values.get(field)?.value ?? null,
    refuse: (problem, field, advice) => {
      const line = (field === undefined ? undefined : values.get(field)) ?? first;
      throw new BaselineError(file, line.number, `${subjectOf(line)} ${problem}`, advice);
    },
  };
}

/** Times, spaces and quotes, too, are as assay writes them: one baseline has one text. */
function refuseOtherSpelling(file: string, lines: readonly NumberedLine[], written: readonly string[]): void {
  const index = written.findIndex((line, at) => line !== lines[at]?.text);
  const last = lines.at(-1)?.number ?? 1;
  if (index !== -1) throw otherSpelling(file, lines[index]?.number ?? last + 1, written[index] ?? '');
  const needless = lines[written.length];
  if (needless !== undefined) throw new BaselineError(file, needless.number, 'not as assay writes it: it says nothing');
}

function otherSpelling(file: string, line: number, expected: string): BaselineError {
  const wanted = expected === '' ? 'the end of the file' : JSON.stringify(expected.slice(0, 160));
  return new BaselineError(file, line, `not as assay writes it: ${wanted} belongs here`);
}
