import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  LastingIdentity,
  LogHead,
  SeenVersion,
} from '../model/baseline.ts';
import type { Ecosystem, PackageId } from '../model/package.ts';
import { BaselineError } from './error.ts';
import { acceptedFinding, identityOf, instantOf, logHead, sinceOf, versionIn, versionOf } from './fields.ts';
import type { Fields, OneOfSeveral } from './fields.ts';
import { isOfLog, packagesIn, refuseLength, unchecked, type Line, type Lines, type NumberedLine } from './lines.ts';
import { channelIdentity, FORMAT, HEADER, headLines, packageLines } from './text.ts';
import { asInVersion1, isVersion1, linesOfVersion1 } from './version-1.ts';

/** The baseline of a large project is some 10 MB. */
const MAX_LENGTH = 64 * 1024 * 1024;

const TAKE_ONE_SIDE = 'take one side whole (git checkout --ours, or --theirs, and the file), then run assay update';

/** What a version may have without being taken in. */
const ASIDE = ['seen', 'accepted'];

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
  for (const ofPackage of packagesIn(file, lines.slice(heads.length))) {
    const [{ subject, number }] = ofPackage;
    if (!isChecked(subject.ecosystem)) throw unchecked(file, number, subject.ecosystem);
    const read = packageOf(file, ofPackage, format);
    const isWritten = isKnown(read.known) || read.seen.length > 0 || read.accepted.length > 0;
    if (read.differs || !isWritten) {
      const written = isWritten ? packageLines(subject.id, read.known, read.seen, read.accepted) : [];
      refuseOtherSpelling(file, ofPackage, format === FORMAT ? written : asInVersion1(written));
    }
    if (isKnown(read.known)) packages.set(subject.id, read.known);
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

/** What the file says of one package. */
interface PackageLines {
  readonly known: BaselinePackage;
  readonly seen: readonly SeenVersion[];
  readonly accepted: readonly AcceptedFinding[];
  /** Whether assay writes any of it in another way. */
  readonly differs: boolean;
}

function packageOf(file: string, lines: Lines, format: ReadBaseline['format']): PackageLines {
  const [first] = lines;
  const { ecosystem, name } = first.subject;
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  let isOther = false;
  const differs = (): void => {
    isOther = true;
  };
  const { own, others } = bySubject(lines);
  const fields = fieldsOf(file, own, first, differs);
  if (fields.value('package') === null) fields.refuse('needs a line "package" before all others');
  const identity = identityOf(fields);
  const channels = new Map<string, LastingIdentity>();
  const versions = new Map<string, BaselineVersion>();
  for (const group of others) {
    const { channel, version: text } = group[0].subject;
    const of = fieldsOf(file, group, group[0], differs);
    if (text === null) {
      const by = identityOf(of);
      if (channel !== null && by !== null) channels.set(channel, by);
      continue;
    }
    const version = versionIn(text, of);
    const subject = { ecosystem, name, version };
    accepted.push(...severalOf(file, group, 'accepted', differs).map((one) => acceptedFinding(subject, one)));
    const time = of.value('seen');
    if (time !== null) seen.push({ ...subject, time: instantOf(time, of, 'seen') });
    if (group.some(({ field }) => !ASIDE.includes(field))) {
      const ofChannel = channelIdentity(version, { ecosystem, identity, channels });
      const built = { identity: ofChannel, isNamed: format === FORMAT };
      versions.set(version, versionOf(of, severalOf(file, group, 'artifact', differs), built));
    }
  }
  const known = { ecosystem, since: sinceOf(fields), identity, channels, versions };
  return { known, seen, accepted, differs: isOther };
}

/** The lines of the package itself, first and last, and those between them of each channel and version, in order. */
function bySubject(lines: Lines): { readonly own: readonly Line[]; readonly others: readonly Lines[] } {
  const own: Line[] = [];
  const others: [Line, ...Line[]][] = [];
  for (const line of lines) {
    const { channel, version } = line.subject;
    const group = others.at(-1);
    if (channel === null && version === null) own.push(line);
    else if (group?.[0].subject === line.subject) group.push(line);
    else others.push([line]);
  }
  return { own, others };
}

/** Of a field that may have several lines, in the order of their bytes. */
function severalOf(file: string, group: Lines, field: string, differs: () => void): readonly OneOfSeveral[] {
  const lines = group.filter((line) => line.field === field);
  if (lines.some(({ value }, at) => at > 0 && value < (lines[at - 1]?.value ?? ''))) differs();
  return lines.map(({ number, subject, value }) => {
    const refuse = refuserAt(file, number);
    return { value, differs, refuse: (problem) => refuse(`${subject.text} ${problem}`) };
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
function fieldsOf(file: string, group: readonly Line[], first: Line, differs: () => void): Fields {
  const values = new Map(group.map((line) => [line.field, line]));
  return {
    value: (field) => values.get(field)?.value ?? null,
    differs,
    refuse: (problem, field, advice) => {
      const line = (field === undefined ? undefined : values.get(field)) ?? first;
      throw new BaselineError(file, line.number, `${line.subject.text} ${problem}`, advice);
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
