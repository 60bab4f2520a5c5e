import type { Dependency, Digest, HashAlgorithm } from '../../model/dependency.ts';
import { normalise } from '../../ecosystems/conventions/pypi-names.ts';
import { pypiConventions } from '../../ecosystems/conventions/pypi.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import type { TomlTable, TomlValue } from '../../readers/toml.ts';

/** Longer than any address, marker or specifier; bounds what later stages handle. */
const MAX_TEXT = 4096;

/** Hash functions that lockfiles of Python name, with the length of a hash in hex. */
const HEX_LENGTH: Readonly<Record<HashAlgorithm, number>> = { md5: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 };

/** Says what is wrong with a part of a lockfile, where it is, and what to do. */
export type Fail = (problem: string) => never;

/** Fails with a line; `remedy` says what writes the file again. */
export function failing(file: string, line: number | null, remedy: string): Fail {
  return (problem) => {
    throw new LockfileError(file, line, `${problem}; ${remedy}`);
  };
}

/** The fields of one table, with errors that name them. What is left out is null, or empty. */
export interface Fields {
  readonly fail: Fail;
  readonly has: (field: string) => boolean;
  readonly names: () => readonly string[];
  readonly text: (field: string) => string | null;
  readonly isText: (field: string) => boolean;
  readonly flag: (field: string) => boolean;
  readonly table: (field: string) => Fields | null;
  /** Of a list of tables. */
  readonly tables: (field: string) => readonly Fields[];
  readonly texts: (field: string) => readonly string[];
  /** Each member of a table, by its name. */
  readonly members: (field: string) => readonly (readonly [string, TomlValue])[];
}

/** `what` names the table in errors; empty for that of the whole file. */
export function fieldsOf(table: TomlTable, what: string, fail: Fail): Fields {
  const named = (field: string): string => {
    // A name that the file gives is shown as what it is.
    const shown = /^[\w-]+$/.test(field) ? field : quoted(field);
    return what === '' ? shown : `${what}: ${shown}`;
  };
  const text = (value: TomlValue, name: string): string => {
    if (typeof value !== 'string') return fail(`${name} is not a string`);
    if (value.length > MAX_TEXT) return fail(`${name} is longer than ${MAX_TEXT} characters`);
    if (hasControlCharacters(value)) return fail(`${name} has control characters`);
    return value;
  };
  const tableAt = (value: TomlValue, name: string): TomlTable =>
    value instanceof Map ? (value as TomlTable) : fail(`${name} is not a table`);
  const list = (field: string): readonly TomlValue[] => {
    const value = table.get(field);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as readonly TomlValue[]) : fail(`${named(field)} is not a list`);
  };
  return {
    fail,
    has: (field) => table.has(field),
    names: () => [...table.keys()],
    text: (field) => {
      const value = table.get(field);
      return value === undefined ? null : text(value, named(field));
    },
    isText: (field) => typeof table.get(field) === 'string',
    flag: (field) => {
      const value = table.get(field) ?? false;
      return typeof value === 'boolean' ? value : fail(`${named(field)} is not true or false`);
    },
    table: (field) => {
      const value = table.get(field);
      return value === undefined ? null : fieldsOf(tableAt(value, named(field)), named(field), fail);
    },
    tables: (field) => list(field).map((value) => fieldsOf(tableAt(value, named(field)), named(field), fail)),
    texts: (field) => list(field).map((value) => text(value, named(field))),
    members: (field) => {
      const value = table.get(field);
      return value === undefined ? [] : [...tableAt(value, named(field))];
    },
  };
}

/** A name as PyPI knows it: of several ways to write it, the one of PEP 503. */
export function packageName(name: string | null, fail: Fail): string {
  if (name === null) return fail('an entry has no name');
  return pypiConventions.names.isName(name) ? normalise(name) : fail(`${quoted(name)} is not the name of a package`);
}

export function packageVersion(version: string | null, name: string, fail: Fail): string {
  if (version === null) return fail(`${name} has no version`);
  if (pypiConventions.versions.parse(version) === null) {
    return fail(`${name}: ${quoted(version)} is not a version (PEP 440)`);
  }
  return version;
}

/** Reads `ALGORITHM:HEX`. */
export function readHash(text: string, fail: Fail): Digest {
  const at = text.indexOf(':');
  return digestOf(text.slice(0, Math.max(at, 0)), text.slice(at + 1), fail);
}

export function digestOf(algorithm: string, hex: string, fail: Fail): Digest {
  if (!isAlgorithm(algorithm)) return fail(`${quoted(algorithm)} is not a hash function that assay knows`);
  const lower = hex.toLowerCase();
  if (lower.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(lower)) {
    return fail(`${quoted(hex)} is not a ${algorithm} hash in hex`);
  }
  return { algorithm, hex: lower };
}

function isAlgorithm(text: string): text is HashAlgorithm {
  return Object.hasOwn(HEX_LENGTH, text);
}

/** How many files have a hash. */
export function hashedFiles(dependencies: readonly Pick<Dependency, 'artifacts'>[]): number {
  return dependencies.flatMap(({ artifacts }) => artifacts).filter(({ digests }) => digests.length > 0).length;
}

/** The name of the file at an address or a path: its last part, with its escapes taken back. */
export function fileNameOf(address: string, fail: Fail): string {
  const [path = ''] = address.split(/[?#]/, 1);
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  let name: string;
  try {
    name = decodeURIComponent(last);
  } catch {
    return fail(`${quoted(address)} has escapes that are none`);
  }
  if (name === '' || /[/\\]/.test(name) || hasControlCharacters(name)) {
    return fail(`${quoted(address)} does not end in the name of a file`);
  }
  return name;
}
