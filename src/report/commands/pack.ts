import { formatInstant, type Instant } from '../../model/time.ts';
import { stringify } from '../json/stringify.ts';
import { escapeText } from '../words/escape.ts';
import { count, durationText, listed, table, usableColumns, type RenderOptions, type Row } from '../words/layout.ts';

/** A pack as it says of itself. Hostile text. */
export interface PackShown {
  readonly file: string;
  readonly made: Instant;
  readonly by: string;
  readonly base: { readonly made: Instant } | null;
  readonly lockfiles: readonly { readonly path: string }[];
  readonly registries: readonly string[];
  readonly trust: readonly {
    readonly url: string;
    readonly root: number;
    readonly timestamp: number | null;
    readonly expires: Instant | null;
  }[];
  readonly answers: readonly { readonly url: string; readonly state: string; readonly reason?: string }[];
}

/** A pack that was written. */
export interface PackWritten extends PackShown {
  /** Of the whole file, hex. */
  readonly sha256: string;
  readonly size: number;
}

/** Answers that could not be had are named up to this number. */
const MAX_NAMED = 5;

/** What was written, for people. Ends with a newline. */
export function renderPack(pack: PackWritten, options: RenderOptions): string {
  const { file, size, sha256, base } = pack;
  const rows: Row[] = [
    ['sha256', sha256],
    ['size', `${size} bytes${base === null ? '' : `; based on the pack of ${formatInstant(base.made)}`}`],
    ['lockfiles', lockfilesOf(pack)],
    ...(pack.registries.length === 0
      ? []
      : [['registries', listed(pack.registries, MAX_NAMED, (url) => escapeText(url))] satisfies Row]),
    ...pack.trust.map((one): Row => ['trust', trustText(one)]),
    ['answers', answersText(pack)],
    ...missing(pack).map((text): Row => ['missing', text]),
    ...(pack.answers.some(isMissing)
      ? [['next', 'make it again where these answer: no run can have them from it'] as const]
      : []),
  ];
  const fitted = { ...options, columns: usableColumns(options.columns) };
  return `wrote ${escapeText(file)}\n${table(rows, fitted).join('\n')}\n`;
}

export function renderPackJson({ file, made, size, sha256, answers }: PackWritten): string {
  const without = answers.filter(isMissing).map(({ url, state, reason = '' }) => ({ url, state, reason }));
  return stringify({
    schema: 'assay.packed/1',
    file,
    sha256,
    size,
    made: formatInstant(made),
    answers: answers.length,
    absent: answers.filter(({ state }) => state === 'absent').length,
    missing: without,
  });
}

/** What is said of evidence before it is used: a line each. `vouching` are registries whose keys it has. */
export function evidenceLines(pack: PackShown, vouching: readonly string[], now: Instant): readonly string[] {
  const { made, by, file } = pack;
  const age = now - made < 60_000 ? 'just now' : `${durationText(now - made)} ago`;
  return [
    `evidence of ${escapeText(file)}, made ${formatInstant(made)} (${age}) by ${escapeText(by)} for ${lockfilesOf(pack)}: ${answersText(pack)}`,
    ...pack.trust.map((one) => `it says of trust: ${trustText(one)}`),
    'which versions a registry has, and when they were published, is signed by nobody: here it is the word of whoever made the pack',
    ...(vouching.length === 0 ? [] : [ownKeysLine(vouching)]),
    ...missing(pack).map((text) => `missing in it: ${text}`),
  ];
}

function ownKeysLine(registries: readonly string[]): string {
  const names = listed(registries, MAX_NAMED, (url) => escapeText(url));
  return `so is which keys ${names} has, and with that whatever it signed: registries.private in assay.yml names keys that no pack can replace`;
}

/** Evidence of another project, or of an earlier state of this one. */
export function otherLockfilesLine(file: string, lockfiles: readonly string[]): string {
  const names = listed(lockfiles, MAX_NAMED, (one) => escapeText(one));
  return `${escapeText(file)} was made for other lockfiles, and not for ${names} as it is now: it may lack evidence`;
}

/** A repository that a run verifies with, and a pack has no copy of; `had` are those that it has. */
export function otherRepositoryText(url: string, had: readonly string[]): string {
  const of =
    had.length === 0
      ? 'of none: it was made without one, as with --trusted-root'
      : `of ${listed(had, MAX_NAMED, (one) => escapeText(one, 200))}`;
  return `no copy of ${escapeText(url, 200)}, but ${of}`;
}

/** Whether an answer is wanting that the network may have. */
export function isMissing({ state }: PackShown['answers'][number]): boolean {
  return state === 'unavailable' || state === 'too-large';
}

function lockfilesOf({ lockfiles }: PackShown): string {
  return listed(lockfiles, MAX_NAMED, ({ path }) => escapeText(path));
}

function trustText({ url, root, timestamp, expires }: PackShown['trust'][number]): string {
  const version = timestamp === null ? '' : `, timestamp ${timestamp}`;
  const end = expires === null ? '' : `, which expires ${formatInstant(expires)}`;
  return `${escapeText(url)} has root ${root}${version}${end}`;
}

function answersText({ answers }: PackShown): string {
  const of = (state: string): number => answers.filter((one) => one.state === state).length;
  const missing = answers.filter(isMissing).length;
  const without = missing === 0 ? '' : `, ${missing} could not be had`;
  const none = of('absent') === 0 ? '' : `, and ${count(of('absent'), 'time')} the answer that there is nothing`;
  return `${count(of('present'), 'answer')}${none}${without}`;
}

function missing({ answers }: PackShown): readonly string[] {
  const all = answers.filter(isMissing);
  const named = all
    .slice(0, MAX_NAMED)
    .map(({ url, state, reason = state }) => `${escapeText(url)}: ${escapeText(reason)}`);
  return all.length > named.length ? [...named, `${all.length - named.length} more`] : named;
}
