import type { TrustAge, TrustRepository } from '../../model/report.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { escapeText } from '../words/escape.ts';
import { ageJson, repositoryJson } from '../json/report.ts';
import { paint, shown, table, usableColumns, wrap, type RenderOptions, type Row } from '../words/layout.ts';
import { instantJson, stringify } from '../json/stringify.ts';

/** A log, an authority or a key, and when what it signed counts. */
export interface TrustedPart {
  readonly kind: 'log' | 'certificate log' | 'certificates' | 'timestamps' | 'registry key';
  /** Its address, or the id of a key. */
  readonly name: string;
  /** The instance it is of, where that is not the main one. */
  readonly instance: string | null;
  readonly start: Instant;
  /** Null where it has no end. */
  readonly end: Instant | null;
}

/** What a run would verify with. */
export interface TrustShown {
  readonly root: string;
  /** SHA-256 of the root, hex. */
  readonly rootDigest: string;
  /** Null where no repository publishes it. */
  readonly repository: TrustRepository | null;
  /** How old the root of each instance is, the main one first. */
  readonly ages: readonly TrustAge[];
  readonly parts: readonly TrustedPart[];
}

/** The trust in use, for people. Ends with a newline. */
export function renderTrust(
  { root, rootDigest, repository, ages, parts }: TrustShown,
  now: Instant,
  options: RenderOptions,
): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const name = root === 'public-good' ? 'the public-good Sigstore root' : `the root ${escapeText(root, 200)}`;
  const rows: Row[] = [
    ['digest', `sha256:${rootDigest}`],
    ...(repository === null ? [] : repositoryRows(repository, now)),
    ...partRows(parts, null),
    ...ages.slice(1).flatMap((age) => [...instanceRows(age, now), ...partRows(parts, age.name)]),
  ];
  const head = wrap(shown(`verified against: ${name}`, fitted), fitted.columns, 0, 2);
  return `${[...head.map((line) => paint('bold', line, fitted)), ...table(rows, fitted)].join('\n')}\n`;
}

/** The trust in use as JSON (docs/schemas/trust-1.schema.json). */
export function renderTrustJson({ root, rootDigest, repository, ages, parts }: TrustShown): string {
  return stringify({
    schema: 'assay.trust/1',
    root,
    rootDigest,
    repository: repository === null ? null : repositoryJson(repository),
    ages: ages.map(ageJson),
    parts: parts.map(({ kind, name, instance, start, end }) => ({
      kind,
      name,
      instance,
      start: formatInstant(start),
      end: instantJson(end),
    })),
  });
}

/** What an import changed, in one line; `before` is null where nothing was known. */
export function importedLine(
  from: string,
  before: ImportedTrust | null,
  after: ImportedTrust,
  isPack: boolean,
): string {
  const versions = changedVersions(before?.repository?.versions, after.repository?.versions);
  const digest =
    before?.rootDigest === after.rootDigest
      ? 'the trusted root is the same'
      : `the trusted root is sha256:${after.rootDigest}${before === null ? '' : `, and was sha256:${before.rootDigest}`}`;
  // A folder is a copy of one repository, and names it nowhere.
  const of = isPack ? `; it is the copy of ${escapeText(after.repository?.url ?? 'no repository', 200)}` : '';
  return `imported from ${escapeText(from, 200)}: ${versions === '' ? 'nothing newer' : versions}; ${digest}${of}`;
}

export type ImportedTrust = Pick<TrustShown, 'rootDigest'> & { readonly repository?: TrustRepository };

/** "root 1 to 3, timestamp 5": the metadata of another version than before. */
export function changedVersions(before?: TrustRepository['versions'], after?: TrustRepository['versions']): string {
  const names = ['root', 'timestamp', 'snapshot', 'targets'] as const;
  return names
    .flatMap((name) => {
      const [old = null, now = null] = [before?.[name], after?.[name]];
      if (now === null || now === old) return [];
      return [old === null ? `${name} ${now}` : `${name} ${old} to ${now}`];
    })
    .join(', ');
}

function partRows(parts: readonly TrustedPart[], instance: string | null): Row[] {
  const own = parts.filter((part) => part.instance === instance);
  return own.map((part) => [part.kind, `${escapeText(part.name, 200)}, ${validity(part)}`]);
}

function instanceRows({ name, from, confirmed, repository }: TrustAge, now: Instant): Row[] {
  const of = `${escapeText(name, 60)} (${escapeText(from, 200)})`;
  if (repository !== undefined) return [['instance', of], ...repositoryRows(repository, now)];
  return [
    ['instance', `${of}, newest ${confirmed === null ? 'at no known time' : `as of ${formatInstant(confirmed)}`}`],
  ];
}

function repositoryRows(
  { url, state, problem, confirmed, origin, versions, expires }: TrustRepository,
  now: Instant,
): Row[] {
  const { root, timestamp, snapshot, targets } = versions;
  const numbers = Object.entries({ timestamp, snapshot, targets }).flatMap(([name, version]) =>
    version === null ? [] : [`${name} ${version}`],
  );
  const isExpired = expires !== null && expires <= now;
  const until = expires === null ? '' : `, ${isExpired ? 'expired' : 'until'} ${formatInstant(expires)}`;
  const said = {
    current: 'there is nothing newer',
    unasked: 'not asked (assay trust refresh asks)',
    unavailable: `no answer (${escapeText(problem ?? '', 300)})`,
    refused: `what it says does not hold (${escapeText(problem ?? '', 300)})`,
  };
  return [
    ['from', origin === 'pinned' ? 'assay or a file, not the repository' : 'the repository'],
    ['newest', confirmed === null ? 'at no known time' : `as of ${formatInstant(confirmed)}`],
    ['repository', `${escapeText(url, 200)}: ${said[state]}`],
    ['metadata', [`root ${root}`, ...numbers].join(', ') + until],
  ];
}

function validity({ start, end }: TrustedPart): string {
  const day = (instant: Instant): string => formatInstant(instant).slice(0, 10);
  // Keys that are as old as time have no beginning worth a word.
  const from = start <= 0 ? '' : `from ${day(start)}`;
  const until = end === null ? '' : `until ${day(end)}`;
  return [from, until].filter((text) => text !== '').join(' ') || 'at any time';
}
