import { versions } from '../../ecosystems/conventions/cargo-versions.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import { isTable, listOf, tableOf } from '../../readers/toml-tables.ts';
import { parseToml, type TomlDocument, type TomlTable, type TomlValue } from '../../readers/toml.ts';

/** One `[[package]]` of Cargo.lock. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As it stands there; null for a package of the project's own folders. */
  readonly source: string | null;
  /** SHA-256 of its .crate file, hex; null where Cargo.lock has none that Cargo would use. */
  readonly checksum: string | null;
  /** As they stand there: `NAME`, `NAME VERSION`, or `NAME VERSION (SOURCE)`. */
  readonly dependencies: readonly string[];
  /** What a `[replace]` of the project puts in its place. */
  readonly isReplaced: boolean;
  /** 1-based. */
  readonly line: number;
}

export interface CargoLock {
  readonly version: 1 | 2 | 3 | 4;
  readonly packages: readonly LockedPackage[];
  /** A key of `[metadata]` for which Cargo discards every checksum of the file; null where there is none. */
  readonly discardedBy: string | null;
}

/** Of the versions that name themselves, those that Cargo 1.95 reads. */
const NAMED_VERSIONS: readonly (TomlValue | undefined)[] = [3, 4];
const WRITE_ANEW = 'cargo generate-lockfile writes it anew';
/** What the first version writes in place of a checksum that there is none of. */
const NO_CHECKSUM = '<none>';
const CHECKSUM = 'checksum ';
const MAX_PACKAGES = 100_000;

/**
 * Reads Cargo.lock of all versions that stable Cargo reads. Throws `LockfileError` for what Cargo refuses, or what two
 * readers could read differently.
 */
export function readCargoLock(file: string, text: string): CargoLock {
  const toml = parseToml(file, text, WRITE_ANEW);
  const named = toml.root.get('version');
  if (named !== undefined && !NAMED_VERSIONS.includes(named)) {
    throw new LockfileError(file, null, `has version ${quoted(shown(named))}; stable Cargo reads 3 and 4`);
  }
  const metadata = tableOf(toml.root.get('metadata'));
  const checksums = [...metadata.keys()].filter((key) => key.startsWith(CHECKSUM));
  const entries = entriesOf(file, toml);
  const isFirst = named === undefined && !entries.some(({ fields }) => isOfSecond(fields, entries));
  const discardedBy = isFirst ? null : (checksums[0] ?? null);
  const packages = entries.map(({ fields, line }): LockedPackage => {
    const refuse = (problem: string): never => {
      throw new LockfileError(file, line, problem);
    };
    const one = packageOf(fields, line, refuse);
    if (!isFirst) return one;
    const key = `${CHECKSUM}${one.name} ${one.version} (${one.source ?? ''})`;
    const found = metadata.get(key) ?? NO_CHECKSUM;
    return { ...one, checksum: found === NO_CHECKSUM ? null : checksumOf(found, refuse) };
  });
  refuseTwins(file, packages);
  const version = isFirst ? 1 : named === undefined ? 2 : (named as 3 | 4);
  return {
    version,
    packages: discardedBy === null ? packages : packages.map((one) => ({ ...one, checksum: null })),
    discardedBy,
  };
}

/**
 * The second version has no number, and what is new in it tells: a checksum that stands with its package, and a
 * dependency without the source of what it names.
 */
function isOfSecond(fields: TomlTable, entries: readonly Entry[]): boolean {
  if (fields.has('checksum')) return true;
  const short = listOf(fields.get('dependencies')).map((one) => (typeof one === 'string' ? readDependency(one) : null));
  const names = new Set(short.flatMap((one) => (one?.source === null ? [one.name] : [])));
  return names.size > 0 && entries.some((one) => one.fields.has('source') && names.has(shown(one.fields.get('name'))));
}

interface Entry {
  readonly fields: TomlTable;
  readonly line: number;
}

/** The packages, and in the first version the one of the project (`[root]`) before them. */
function entriesOf(file: string, { root, headers }: TomlDocument): readonly Entry[] {
  const packages = root.get('package') ?? [];
  if (!Array.isArray(packages)) throw new LockfileError(file, null, '"package" is no list of tables');
  if (packages.length > MAX_PACKAGES) throw new LockfileError(file, null, `has more than ${MAX_PACKAGES} packages`);
  const lines = headers('package');
  const entries = (packages as readonly TomlValue[]).map((fields, at): Entry => {
    // Tables of a list may stand in brackets, too, where none has a header.
    const line = lines.length === packages.length ? (lines[at] ?? 1) : 1;
    if (!isTable(fields)) throw new LockfileError(file, line, '"package" is no list of tables');
    return { fields, line };
  });
  const project = root.get('root');
  if (project === undefined) return entries;
  if (!isTable(project)) throw new LockfileError(file, null, '"root" is no table');
  return [{ fields: project, line: 1 }, ...entries];
}

/** A value for a message: of what is neither text nor number, what it is. */
function shown(value: TomlValue | undefined): string {
  if (typeof value === 'object') return isTable(value) ? 'a table' : 'a list';
  return String(value);
}

type Refuse = (problem: string) => never;

function packageOf(fields: TomlTable, line: number, refuse: Refuse): LockedPackage {
  const name = textIn(fields, 'name', refuse) ?? refuse('has a package without a name');
  const version = textIn(fields, 'version', refuse) ?? refuse(`${quoted(name)} has no version`);
  if (versions.parse(version) === null) refuse(`${quoted(version)} is no version as Cargo writes it`);
  if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) refuse(`${quoted(name)} is no name of a package`);
  const source = textIn(fields, 'source', refuse);
  const checksum = fields.get('checksum');
  const dependencies = fields.get('dependencies') ?? [];
  if (source === null && checksum !== undefined) refuse(`${quoted(name)} has a checksum, and no source that it is of`);
  if (!Array.isArray(dependencies)) return refuse(`the dependencies of ${quoted(name)} are no list`);
  return {
    name,
    version,
    source,
    checksum: checksum === undefined ? null : checksumOf(checksum, refuse),
    dependencies: listOf(dependencies).map((one) => {
      return typeof one === 'string' ? one : refuse(`a dependency of ${quoted(name)} is no text`);
    }),
    isReplaced: fields.has('replace'),
    line,
  };
}

function textIn(fields: TomlTable, key: string, refuse: Refuse): string | null {
  const value = fields.get(key);
  if (value === undefined) return null;
  if (typeof value !== 'string' || value === '' || hasControlCharacters(value)) return refuse(`"${key}" is no text`);
  return value;
}

/** Cargo compares the text, so that another spelling is another checksum. */
function checksumOf(value: TomlValue, refuse: Refuse): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  return refuse(`${quoted(shown(value))} is not a SHA-256 in hex`);
}

/** Cargo stops at two entries of one version from one place. */
function refuseTwins(file: string, packages: readonly LockedPackage[]): void {
  const known = new Set<string>();
  for (const { name, version, source, line } of packages) {
    const id = [name, version, source ?? ''].join('\n');
    if (known.has(id)) throw new LockfileError(file, line, `names ${quoted(`${name} ${version}`)} twice`);
    known.add(id);
  }
}

/** A dependency as an entry names it, taken apart. Null for what Cargo would not write. */
export function readDependency(
  text: string,
): { readonly name: string; readonly version: string | null; readonly source: string | null } | null {
  const [, name, version = null, source = null] = /^(\S+)(?: (\S+)(?: \(([^()]*)\))?)?$/.exec(text) ?? [];
  return name === undefined ? null : { name, version, source };
}
