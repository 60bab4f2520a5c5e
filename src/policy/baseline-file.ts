import type { AcceptedFinding, Baseline, BaselinePackage, BaselineVersion, SeenVersion } from '../model/baseline.ts';
import { acceptedFinding, identityOf, instantOf, sinceOf, versionOf, type Fields } from './baseline-fields.ts';
import { compareText, EXPECTED_FIELDS, formatBaseline, HEADER, IDENTITY_FIELDS } from './baseline-text.ts';
import { groupBy } from './group-by.ts';

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
/** The fields of `name` and of `name@version`, in their order. */
const PACKAGE_FIELDS = ['package', ...IDENTITY_NAMES, 'since'];
const VERSION_FIELDS = [
  ...['integrity', 'evidence', 'provenance', ...IDENTITY_NAMES, 'publisher', 'published', 'capability'],
  ...['despite', ...EXPECTED_FIELDS.map(([name]) => name), 'seen', 'accepted'],
];
/** What a version may have without being taken in. */
const ASIDE = ['seen', 'accepted'];

interface Line {
  readonly number: number;
  readonly name: string;
  /** Null for a line about the package. */
  readonly version: string | null;
  readonly field: string;
  readonly value: string;
}

/**
 * Reads an `assay.lock`. Only what assay writes is read: an unknown field, another order, a repeated or a missing line is
 * a BaselineError that names the line. Line ends may be those of Windows, which git puts there.
 */
export function parseBaseline(file: string, text: string): Baseline {
  if (text.length > MAX_LENGTH) throw new BaselineError(file, null, 'larger than any assay.lock');
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  refuseConflict(file, lines);
  refuseHeader(file, lines[0] ?? '');
  const parsed = lines
    .map((content, index) => ({ content, number: index + 1 }))
    .filter(({ content, number }) => number > 1 && (content !== '' || number < lines.length))
    .map(({ content, number }) => parseLine(file, content, number));
  parsed.forEach((line, index) => refuseOrder(file, parsed[index - 1], line));
  const baseline = build(file, parsed);
  refuseOtherSpelling(file, lines, baseline);
  return baseline;
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

function parseLine(file: string, content: string, number: number): Line {
  if (content.length > MAX_LINE) throw new BaselineError(file, number, `longer than ${MAX_LINE} characters`);
  const [, name = '', version = null, field = '', value = ''] =
    /^((?:@[^\s@/]+\/)?[^\s@/]+)(?:@([^\s@]+))? ([a-z-]+) (\S.*)$/.exec(content) ?? [];
  if (name === '')
    throw new BaselineError(file, number, 'not a line of the form NAME FIELD VALUE or NAME@VERSION FIELD VALUE');
  const fields = version === null ? PACKAGE_FIELDS : VERSION_FIELDS;
  if (!fields.includes(field)) {
    const what = version === null ? 'a package' : 'a version';
    throw new BaselineError(file, number, `${field} is no field of ${what} (${fields.join(', ')})`);
  }
  return { number, name, version, field, value };
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

/** By name; what is known of the package around its versions; by version and field. */
function compareLines(a: Line, b: Line): number {
  const byName = compareText(a.name, b.name) || partOf(a) - partOf(b) || compareText(a.version ?? '', b.version ?? '');
  const fields = a.version === null ? PACKAGE_FIELDS : VERSION_FIELDS;
  return byName || fields.indexOf(a.field) - fields.indexOf(b.field);
}

function partOf({ version, field }: Line): number {
  if (version !== null) return 1;
  return field === 'since' ? 2 : 0;
}

function subjectOf({ name, version }: Pick<Line, 'name' | 'version'>): string {
  return version === null ? name : `${name}@${version}`;
}

function build(file: string, lines: readonly Line[]): Baseline {
  const packages = new Map<string, BaselinePackage>();
  const accepted: AcceptedFinding[] = [];
  const seen: SeenVersion[] = [];
  for (const [name, ofName] of groupBy(lines, (line) => line.name)) {
    const about = ofName.filter(({ version }) => version === null);
    const fields = fieldsOf(file, about, ofName[0]);
    if (fields.value('package') !== 'npm') fields.refuse('needs a line "package npm" before all others', 'package');
    const identity = identityOf(fields);
    const versions = new Map<string, BaselineVersion>();
    const versionLines = ofName.filter((line) => line.version !== null);
    for (const [version, group] of groupBy(versionLines, (line) => line.version ?? '')) {
      const decisions = group.filter(({ field }) => field === 'accepted');
      for (const { value, number } of decisions) {
        accepted.push(acceptedFinding(name, version, value, refuserAt(file, number)));
      }
      const ofVersion = fieldsOf(file, group, group[0]);
      const time = ofVersion.value('seen');
      if (time !== null) seen.push({ name, version, time: instantOf(time, ofVersion.refuse, 'seen') });
      if (group.some(({ field }) => !ASIDE.includes(field))) versions.set(version, versionOf(ofVersion, identity));
    }
    const since = sinceOf(fields);
    if (versions.size > 0 || since !== null || identity !== null) packages.set(name, { since, identity, versions });
  }
  return { packages, accepted, seen };
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
function refuseOtherSpelling(file: string, lines: readonly string[], baseline: Baseline): void {
  const written = formatBaseline(baseline).split('\n');
  const index = written.findIndex((line, at) => line !== lines[at]);
  if (index === -1 && written.length === lines.length) return;
  const line = index === -1 ? written.length : index + 1;
  const expected = written[line - 1] ?? '';
  const wanted = expected === '' ? 'the end of the file' : JSON.stringify(expected.slice(0, 160));
  throw new BaselineError(file, line, `not as assay writes it: ${wanted} belongs here`);
}
