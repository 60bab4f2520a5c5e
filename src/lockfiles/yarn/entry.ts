import type { ArchiveLock, Digest, EntryClaims, SkippedEntry, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { isPackageName, isRegistryVersion } from '../node-modules/names.ts';
import type { YarnNode } from './tree.ts';

/** A name and a range as they are asked for: what Yarn calls a descriptor. */
export interface Descriptor {
  readonly name: string;
  /** A range, tag, alias, address or path; the text after "NAME@". */
  readonly range: string;
}

/** Something an entry, or the project, depends on. */
export interface Requirement extends Descriptor {
  readonly optional: boolean;
}

/** A descriptor of an entry's key. */
export interface EntryDescriptor extends Descriptor {
  /** The package that it asks a registry for; null where it asks for something else. */
  readonly asked: string | null;
  /** The packages that `resolutions` put in its place: Yarn 1 keeps what was asked for beside them in one entry. */
  readonly replaced?: readonly string[];
  /** Whether it asks for the package with a patch. */
  readonly patched: boolean;
}

/** One entry of a yarn.lock, of either syntax. */
export interface YarnEntry {
  readonly line: number;
  /** What it stands for, as written. */
  readonly path: string;
  readonly descriptors: readonly EntryDescriptor[];
  readonly requires: readonly Requirement[];
  /** What it brings; several where its descriptors claim different packages. */
  readonly brings: readonly (Brought | LocalFolder)[];
  /** Why Yarn resolves what it stands for anew, whatever it says; left out where it does not. */
  readonly unused?: string;
}

/** A folder of this machine that an entry brings: nothing to fetch. */
export interface LocalFolder {
  readonly local: Exclude<SkippedEntry['reason'], 'bundled'>;
  readonly name: string;
  /** Its folder, where it is a workspace ("" is the project itself); else what says where it is. */
  readonly locator: string;
}

/** A package that an entry brings into the project. */
export interface Brought {
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly integrity: readonly Digest[];
  readonly archive?: ArchiveLock;
  readonly patches?: readonly string[];
  readonly claims?: EntryClaims;
}

const OTHER_SPACE = /[^\S ]/;
/** Longer than any address or specifier; bounds what later stages handle. */
const MAX_TEXT = 4096;

/** The fields of one entry, with errors that say where. */
export interface Fields {
  readonly text: (field: string) => string | null;
  /** Name to text, of a field that lists them. */
  readonly list: (field: string) => readonly (readonly [name: string, text: string])[];
  /** Names below a field of which `flag` is said to be true. */
  readonly flagged: (field: string, flag: string) => ReadonlySet<string>;
  readonly fail: (problem: string, field?: string) => never;
}

/** `known` are the fields that Yarn writes: others could mean something to it, and are refused. */
export function fieldsOf(file: string, entry: YarnNode, known: ReadonlySet<string>): Fields {
  const fail = (problem: string, field?: string): never => {
    const line = (field === undefined ? undefined : nodes.get(field)?.line) ?? entry.line;
    const what = `${quoted(entry.keys[0])}: ${problem}`;
    throw new LockfileError(file, line, `${what}; find out where it comes from, then let Yarn write it again`);
  };
  const nodes: ReadonlyMap<string, YarnNode> = new Map(
    typeof entry.value === 'string' ? [] : entry.value.map((node) => [node.keys[0], node]),
  );
  if (typeof entry.value === 'string') fail('not an entry but a text');
  const unknown = [...nodes.keys()].find((field) => !known.has(field));
  if (unknown !== undefined) fail(`a field ${quoted(unknown)}, which Yarn does not write`, unknown);
  if (entry.keys.some((key) => key.length > MAX_TEXT)) fail(`a descriptor longer than ${MAX_TEXT} characters`);
  // Readers of addresses and ranges drop it, and Yarn does not.
  if (entry.keys.some((key) => OTHER_SPACE.test(key))) fail('white space that is no space');
  const textOf = (node: YarnNode, field: string): string => {
    if (typeof node.value !== 'string') return fail(`${field} is not a text`, field);
    if (node.value.length > MAX_TEXT) return fail(`${field} is longer than ${MAX_TEXT} characters`, field);
    return OTHER_SPACE.test(node.value) ? fail(`${field} has white space that is no space`, field) : node.value;
  };
  const below = (field: string): readonly YarnNode[] => {
    const value = nodes.get(field)?.value ?? [];
    return typeof value === 'string' ? fail(`${field} is a text, not a list`, field) : value;
  };
  return {
    fail,
    text: (field) => {
      const node = nodes.get(field);
      return node === undefined ? null : textOf(node, field);
    },
    list: (field) => below(field).map((node) => [node.keys[0], textOf(node, field)]),
    flagged: (field, flag) =>
      new Set(
        below(field)
          .filter(
            ({ value }) =>
              typeof value !== 'string' && value.some((one) => one.keys[0] === flag && one.value === 'true'),
          )
          .map(({ keys }) => keys[0]),
      ),
  };
}

/** NAME and what is asked of it, of `NAME@RANGE`; Yarn 1 takes a name alone for any version. */
export function parseDescriptor(text: string): Descriptor {
  const at = text.indexOf('@', 1);
  return at === -1 ? { name: text, range: '' } : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** Checks what identifies a package of a registry, so that nothing after this sees a hostile name or version. */
export function identify(
  name: string,
  version: string,
  { fail }: Fields,
): { readonly name: string; readonly version: string } {
  if (!isPackageName(name)) return fail(`${quoted(name)} is not a package name`);
  if (!isRegistryVersion(version)) return fail(`${quoted(version)} is not a version`, 'version');
  return { name, version };
}
