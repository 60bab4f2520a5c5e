import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  LastingIdentity,
  SeenVersion,
} from '../model/baseline.ts';
import { compareText } from '../model/value.ts';
import { acceptedFinding, identityOf, instantOf, sinceOf, versionOf, type Fields } from './fields.ts';
import { channelIdentity, EXPECTED_FIELDS, HEADER, IDENTITY_FIELDS, packageLines } from './text.ts';
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
  ...[
    'integrity',
    'evidence',
    'entry',
    'provenance',
    ...IDENTITY_NAMES,
    'publisher',
    'approver',
    'published',
    'capability',
  ],
  ...['despite', ...EXPECTED_FIELDS.map(([name]) => name), 'seen', 'accepted'],
];
/** What a version may have without being taken in. */
const ASIDE = ['seen', 'accepted'];

interface Line {
  readonly number: number;
  readonly name: string;
  /** A prerelease channel of it; null for a line about anything else. */
  readonly channel: string | null;
  /** Null for a line about the package or a channel. */
  readonly version: string | null;
  readonly field: string;
  readonly value: string;
}

/**
 * Reads an `assay.lock`. Only what assay writes is read: an unknown field, another order, a repeated or a missing line
 * is a BaselineError that names the line. Line ends may be those of Windows, which git puts there.
 */
export function parseBaseline(file: string, text: string): Baseline {
  if (text.length > MAX_LENGTH) throw new BaselineError(file, null, 'larger than any assay.lock');
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  refuseConflict(file, lines);
  refuseHeader(file, lines[0] ?? '');
  const packages = new Map<string, BaselinePackage>();
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  // One package after the other: a file has many lines, and its whole text a second time is as much again.
  for (const ofPackage of packagesIn(file, lines)) {
    const [{ name }] = ofPackage;
    const read = packageOf(file, ofPackage);
    refuseOtherSpelling(file, lines, ofPackage, read);
    if (isKnown(read.known)) packages.set(name, read.known);
    accepted.push(...read.accepted);
    seen.push(...read.seen);
  }
  if (lines.at(-1) !== '') throw otherSpelling(file, lines.length + 1, '');
  return { packages, accepted, seen };
}

function refuseConflict(file: string, lines: readonly string[]): void {
  const index = lines.findIndex((line) => /^(?:<{7}|\|{7}|={7}|>{7})(?: |$)/.test(line));
  if (index !== -1) throw new BaselineError(file, index + 1, 'an unresolved merge conflict', TAKE_ONE_SIDE);
}

function refuseHeader(file: string, first: string): void {
  if (first === HEADER) return;
  const newer = /^# assay\.lock\/\d+\b/.test(first) && !first.startsWith('# assay.lock/1:');
  if (newer) throw new BaselineError(file, 1, 'a format this version of assay does not know', 'update assay');
  throw new BaselineError(file, 1, `the first line is not "${HEADER}"`);
}

/** The lines of each package, in order. */
function* packagesIn(file: string, lines: readonly string[]): Generator<readonly [Line, ...Line[]]> {
  let current: [Line, ...Line[]] | null = null;
  let before: Line | undefined;
  for (let number = 2; number <= lines.length; number += 1) {
    const content = lines[number - 1] ?? '';
    if (content === '' && number === lines.length) break;
    const line = parseLine(file, content, number);
    refuseOrder(file, before, line);
    before = line;
    if (current?.[0].name === line.name) {
      current.push(line);
    } else {
      if (current !== null) yield current;
      current = [line];
    }
  }
  if (current !== null) yield current;
}

function parseLine(file: string, content: string, number: number): Line {
  if (content.length > MAX_LINE) throw new BaselineError(file, number, `longer than ${MAX_LINE} characters`);
  const [, name = '', channel = null, version = null, field = '', value = ''] =
    /^((?:@[^\s@/#]+\/)?[^\s@/#]+)(?:#([a-z]+)|@([^\s@]+))? ([a-z-]+) (\S.*)$/.exec(content) ?? [];
  if (name === '')
    throw new BaselineError(file, number, 'not a line of the form NAME FIELD VALUE or NAME@VERSION FIELD VALUE');
  const line = { number, name, channel, version, field, value };
  const fields = fieldsAbout(line);
  if (!fields.includes(field)) {
    const what = version !== null ? 'a version' : channel !== null ? 'a channel' : 'a package';
    throw new BaselineError(file, number, `${field} is no field of ${what} (${fields.join(', ')})`);
  }
  return line;
}

function fieldsAbout({ channel, version }: Line): readonly string[] {
  if (version !== null) return VERSION_FIELDS;
  return channel === null ? PACKAGE_FIELDS : IDENTITY_NAMES;
}

function refuseOrder(file: string, before: Line | undefined, line: Line): void {
  if (before === undefined) return;
  const order = compareLines(before, line);
  if (order < 0 || (order === 0 && line.field === 'accepted')) return;
  const problem =
    order === 0
      ? `${subjectOf(line)} has ${line.field} twice, here and in line ${before.number}`
      : `${subjectOf(line)} ${line.field} is out of order: it belongs before line ${before.number}`;
  throw new BaselineError(file, line.number, problem);
}

/** By name; what is known of the package and its channels around its versions; by channel or version, and field. */
function compareLines(a: Line, b: Line): number {
  const byName = compareText(a.name, b.name) || partOf(a) - partOf(b);
  const bySubject = byName || compareText(a.channel ?? a.version ?? '', b.channel ?? b.version ?? '');
  const fields = fieldsAbout(a);
  return bySubject || fields.indexOf(a.field) - fields.indexOf(b.field);
}

function partOf({ channel, version, field }: Line): number {
  if (version !== null) return 2;
  if (channel !== null) return 1;
  return field === 'since' ? 3 : 0;
}

function subjectOf({ name, channel, version }: Pick<Line, 'name' | 'channel' | 'version'>): string {
  if (version !== null) return `${name}@${version}`;
  return channel === null ? name : `${name}#${channel}`;
}

/** What the file says of one package. */
interface PackageLines {
  readonly known: BaselinePackage;
  readonly seen: readonly SeenVersion[];
  readonly accepted: readonly AcceptedFinding[];
}

function packageOf(file: string, lines: readonly [Line, ...Line[]]): PackageLines {
  const [first] = lines;
  const { name } = first;
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  const fields = fieldsOf(
    file,
    lines.filter(({ channel, version }) => channel === null && version === null),
    first,
  );
  if (fields.value('package') !== 'npm') fields.refuse('needs a line "package npm" before all others', 'package');
  const identity = identityOf(fields);
  const channels = new Map<string, LastingIdentity>();
  const channelLines = lines.filter((line) => line.channel !== null);
  for (const [channel, group] of groupBy(channelLines, (line) => line.channel ?? '')) {
    const by = identityOf(fieldsOf(file, group, group[0]));
    if (by !== null) channels.set(channel, by);
  }
  const versions = new Map<string, BaselineVersion>();
  const versionLines = lines.filter((line) => line.version !== null);
  for (const [version, group] of groupBy(versionLines, (line) => line.version ?? '')) {
    for (const { field, value, number } of group) {
      if (field === 'accepted') accepted.push(acceptedFinding(name, version, value, refuserAt(file, number)));
    }
    const ofVersion = fieldsOf(file, group, group[0]);
    const time = ofVersion.value('seen');
    if (time !== null) seen.push({ name, version, time: instantOf(time, ofVersion.refuse, 'seen') });
    if (group.some(({ field }) => !ASIDE.includes(field))) {
      versions.set(version, versionOf(ofVersion, channelIdentity(version, { identity, channels })));
    }
  }
  return { known: { since: sinceOf(fields), identity, channels, versions }, seen, accepted };
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
    refuse: (problem, field) => {
      const line = (field === undefined ? undefined : values.get(field)) ?? first;
      throw new BaselineError(file, line.number, `${subjectOf(line)} ${problem}`);
    },
  };
}

/** Times, spaces and quotes, too, are as assay writes them: one baseline has one text. */
function refuseOtherSpelling(
  file: string,
  lines: readonly string[],
  [{ name, number: first }, ...others]: readonly [Line, ...Line[]],
  { known, seen, accepted }: PackageLines,
): void {
  const isWritten = isKnown(known) || seen.length > 0 || accepted.length > 0;
  const written = isWritten ? packageLines(name, known, seen, accepted) : [];
  const index = written.findIndex((line, at) => line !== lines[first - 1 + at]);
  if (index !== -1) throw otherSpelling(file, first + index, written[index] ?? '');
  // What should not be there is in the place of what follows.
  const next = first + others.length + 1;
  if (written.length <= others.length) throw otherSpelling(file, first + written.length, lines[next - 1] ?? '');
}

function otherSpelling(file: string, line: number, expected: string): BaselineError {
  const wanted = expected === '' ? 'the end of the file' : JSON.stringify(expected.slice(0, 160));
  return new BaselineError(file, line, `not as assay writes it: ${wanted} belongs here`);
}
