import type { Digest, EntryClaims, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { parseIntegrity } from '../../readers/integrity.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import type { EdgeKind } from '../common/reach.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import { isPackageName, isRegistryVersion } from './names.ts';
import { isTarballPath, pathOfFileSpec, specKind } from './specs.ts';

/** A dependency as a manifest or a lockfile entry declares it. */
export interface Declaration {
  readonly name: string;
  readonly spec: string;
  /** The list that it stands in; left out where lists are not told apart. */
  readonly kind?: EdgeKind;
}

/** One entry of an npm lockfile, whatever its version, at a location such as "node_modules/a/node_modules/@b/c". */
export type NpmEntry = FolderEntry | LinkEntry | PackageEntry;

interface AnyEntry {
  readonly location: string;
  readonly line: number;
  /** What it asks for: dependencies and optionalDependencies; for folders devDependencies too. */
  readonly requires: readonly Declaration[];
  readonly peers: readonly Declaration[];
}

/** The project ("" is its location), a workspace, or another folder that a link points to. */
interface FolderEntry extends AnyEntry {
  readonly kind: 'folder';
  /** What its package.json says, as npm repeats it; left out where it does not. */
  readonly name?: string;
  /** Patterns of its `workspaces`. */
  readonly workspaces?: readonly string[];
}

interface LinkEntry extends AnyEntry {
  readonly kind: 'link';
  /** Location of the entry it stands for. */
  readonly target: string;
}

export interface PackageEntry extends AnyEntry {
  readonly kind: 'package';
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly integrity: readonly Digest[];
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
  /** Said to be inside another package's tarball, and without an address or a hash of its own. */
  readonly bundled: boolean;
  /** Names of packages said to be inside this one's tarball, in its node_modules. */
  readonly bundles: readonly string[];
  /** Patches that are applied to its files; left out where there are none. */
  readonly patches?: readonly string[];
  /** What the entry repeats of the published manifest. */
  readonly claims?: EntryClaims;
  /** Whether its tarball is said to have a shrinkwrap of its own, which npm 8 to 11 install from. */
  readonly hasShrinkwrap?: boolean;
}

/** Reads the fields of one entry, with errors that say where. Absent is what npm takes for absent: falsy. */
export interface Fields {
  readonly fail: (problem: string, field?: string) => never;
  readonly text: (field: string) => string | null;
  readonly flag: (field: string) => boolean;
  readonly declarations: (...fields: readonly string[]) => readonly Declaration[];
  readonly integrity: () => readonly Digest[];
}

/** Longer than any address or specifier; bounds what later stages handle. */
const MAX_TEXT = 4096;

/** `manager` is who writes such files, for errors. */
export function fieldsOf(file: string, location: string, line: number, entry: JsonObject, manager = 'npm'): Fields {
  const present = (field: string): JsonNode | null => {
    const node = entry.get(field);
    return node === undefined || node.value === null || node.value === false || node.value === '' ? null : node;
  };
  const fail = (problem: string, field?: string): never => {
    throw new LockfileError(
      file,
      (field === undefined ? undefined : entry.get(field)?.line) ?? line,
      `${quoted(location)}: ${problem}; find out where it comes from, then let ${manager} write the file again`,
    );
  };
  const text = (field: string): string | null => {
    const node = present(field);
    if (node === null) return null;
    const { value } = node;
    if (typeof value !== 'string') return fail(`${field} is not a string`, field);
    if (value.length > MAX_TEXT) return fail(`${field} is longer than ${MAX_TEXT} characters`, field);
    if (hasControlCharacters(value)) return fail(`${field} has control characters`, field);
    return value;
  };
  const declarations = (field: string): readonly Declaration[] => {
    const node = present(field);
    // Version 1 writes `requires: true` where it does not list them.
    if (node === null || node.value === true) return [];
    if (!(node.value instanceof Map)) return fail(`${field} is not an object`, field);
    return [...(node.value as JsonObject)].map(([name, { value }]) =>
      typeof value === 'string' ? { name, spec: value } : fail(`${field} of ${quoted(name)} is not a string`, field),
    );
  };
  return {
    fail,
    text,
    flag: (field) => {
      const value = present(field)?.value ?? false;
      return typeof value === 'boolean' ? value : fail(`${field} is not true or false`, field);
    },
    declarations: (...fields) => fields.flatMap(declarations),
    integrity: () => {
      const value = text('integrity');
      if (value === null) return [];
      try {
        return parseIntegrity(value);
      } catch (error) {
        return fail(error instanceof Error ? error.message : 'integrity is not valid', 'integrity');
      }
    },
  };
}

/** The object that a node must be. */
export function objectOf(file: string, what: string, node: JsonNode, manager = 'npm'): JsonObject {
  if (node.value instanceof Map) return node.value as JsonObject;
  throw new LockfileError(file, node.line, `${quoted(what)} is not an object; let ${manager} write the file again`);
}

/** Validates name and version, so that later code sees no hostile ones. */
export function identify(
  name: string,
  version: string | null,
  source: Source,
  fields: Fields,
): { readonly name: string; readonly version: string } {
  if (!isPackageName(name)) return fields.fail(`${quoted(name)} is not a package name`, 'name');
  if (version !== null && !isRegistryVersion(version)) {
    return fields.fail(`${quoted(version)} is not a version`, 'version');
  }
  // The address stands for the version where a source other than a registry does not say one.
  const known = version ?? (source.kind === 'registry' ? fields.fail('the entry has no version') : locatorOf(source));
  return { name, version: known };
}

function locatorOf(source: Exclude<Source, { kind: 'registry' }>): string {
  if (source.kind === 'other') return source.locator;
  return source.kind === 'file' ? `file:${source.path}` : source.url;
}

/**
 * The source that an address in the lockfile names. A web address counts as the registry's here; it is a plain download
 * only where the project or a package declares it (see roles.ts).
 */
export function sourceOf(resolved: string | null, fields: Fields, field: string): Source {
  if (resolved === null) return { kind: 'registry', resolved: null };
  switch (specKind(resolved)) {
    case 'git':
      return { kind: 'git', url: resolved };
    case 'http':
      if (!URL.canParse(resolved)) return fields.fail(`${field} ${quoted(resolved)} is not an address`, field);
      return { kind: 'registry', resolved };
    case 'file':
      return { kind: 'file', path: pathOfFileSpec(resolved) };
    case 'registry':
    case 'other':
      return fields.fail(`${field} ${quoted(resolved)} is neither an address nor a path`, field);
  }
}

/** Whether a specifier names a folder of this machine: npm links to it and fetches nothing. */
export function isFolderSpec(spec: string): boolean {
  return specKind(spec) === 'file' && !isTarballPath(spec);
}
