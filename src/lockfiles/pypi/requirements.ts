import type { Digest, Lockfile, Place, PlacedFinding, SkippedEntry } from '../../model/dependency.ts';
import { withoutCredentials } from '../../model/address.ts';
import { finding } from '../../model/finding.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';
import { resolvedAnew } from '../common/anew.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { readHash } from './fields.ts';
import { isArchive } from './files.ts';
import { artifactAt, artifactsOf, readRequirement, sourceOf, type Requirement } from './requirement.ts';
import { PUBLIC_INDEX } from './indexes.ts';
import { readRequirementLines, type RequirementLine, type RequirementOption } from './requirement-lines.ts';

/** More than any project has. */
const MAX_FILES = 1000;
const WEAK: readonly string[] = ['md5', 'sha1'];

/** What of a requirements file counts, with that of the files it includes, in the order in which pip reads it. */
interface Read {
  readonly entries: { readonly requirement: Requirement; readonly hashes: readonly Digest[]; readonly place: Place }[];
  /** Files that `-c` names: they say which version, and that nothing is installed by itself. */
  readonly constraints: Map<
    string,
    { readonly version: string; readonly hashes: readonly Digest[]; readonly place: Place }
  >;
  readonly skipped: SkippedEntry[];
  readonly indexes: { index: string | null; readonly more: string[]; place: Place | null };
}

/** Requirements of pip (https://pip.pypa.io/en/stable/reference/requirements-file-format), with hashes or without. */
export const requirements: LockfileFormat = {
  name: 'pip',
  ecosystem: 'pypi',
  fileNames: ['requirements.txt'],
  otherFileNames: [],
  otherFiles: /(?:^|[/\\])(?:[^/\\]*requirements[^/\\]*\.txt|requirements[/\\][^/\\]+\.txt)$/i,
  isLocked: (text) => /(?:^|\s)--hash[\s=]/.test(text),
  parse,
};

/**
 * Reads requirements, and the files that they include from `manifests`, by their paths from the lockfile's folder. What
 * names no single version is reported, as what is installed is not locked. Throws `LockfileError`.
 */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const read: Read = {
    entries: [],
    constraints: new Map(),
    skipped: [],
    indexes: { index: PUBLIC_INDEX, more: [], place: null },
  };
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const files = new Set<string>();
  const readFile = (path: string, text: string, asConstraints: boolean, within: readonly string[]): void => {
    // What is included twice is the same twice.
    if (files.has(`${String(asConstraints)} ${path}`)) return;
    files.add(`${String(asConstraints)} ${path}`);
    if (files.size > MAX_FILES) throw new LockfileError(file, null, `includes more than ${MAX_FILES} files`);
    refuseConflicts(path, text, 'the tool that wrote it');
    for (const line of readRequirementLines(path, text)) {
      for (const { name, value } of included(line.options)) {
        const target = includedPath(path.slice(folder.length), value);
        const found = target === null ? undefined : manifests.get(target);
        if (target === null || found === undefined) {
          throw new LockfileError(path, line.line, `${quoted(value)} is no file of this project that could be read`);
        }
        if (within.includes(target)) throw new LockfileError(path, line.line, `${quoted(value)} includes itself`);
        const isConstraint = asConstraints || name === '--constraint';
        readFile(folder + target, found.replace(/^\ufeff/, ''), isConstraint, [...within, target]);
      }
      readLine(path, line, asConstraints, read);
    }
  };
  readFile(file, decodeText(file, bytes), false, [file.slice(folder.length)]);
  return lockfileOf(file, read);
}

/** Paths of the files that one includes, from the folder of the lockfile; null for what is elsewhere. */
export function includesOf(path: string, text: string): readonly (string | null)[] {
  const lines = readRequirementLines(path, text.replace(/^\ufeff/, ''));
  return lines.flatMap(({ options }) => included(options).map(({ value }) => includedPath(path, value)));
}

function included(options: readonly RequirementOption[]): readonly RequirementOption[] {
  return options.filter(({ name }) => name === '--requirement' || name === '--constraint');
}

/** Relative to the file that includes it; null for an address, or an absolute path. */
function includedPath(from: string, value: string): string | null {
  if (value === '' || /^(?:[a-z][a-z0-9+.-]*:|[/\\~])/i.test(value)) return null;
  const parts = from.split('/').slice(0, -1);
  for (const part of value.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function readLine(
  file: string,
  { line, requirement, options }: RequirementLine,
  asConstraints: boolean,
  read: Read,
): void {
  const fail = (problem: string): never => {
    throw new LockfileError(file, line, problem);
  };
  const place = (path: string): Place => ({ file, line, path });
  readIndexes(options, place, read.indexes);
  const hashes = options
    .filter(({ name }) => name === '--hash')
    .map(({ value }) => {
      const hash = readHash(value, fail);
      return WEAK.includes(hash.algorithm) ? fail(`${hash.algorithm} locks nothing; pip wants sha256 or more`) : hash;
    });
  for (const { value } of options.filter(({ name }) => name === '--editable')) add(readRequirement(value, fail), true);
  if (requirement === '') {
    if (hashes.length > 0) fail('has a hash and no requirement');
    return;
  }
  add(readRequirement(requirement, fail), false);

  function add(one: Requirement, isEditable: boolean): void {
    const { name, version, location } = one;
    if (asConstraints) {
      if (name !== null && version !== null && !read.constraints.has(name)) {
        read.constraints.set(name, { version, hashes, place: place(labelOf(one)) });
      }
      return;
    }
    const isFolder = location !== null && sourceOf(location).kind === 'file' && !isArchive(location);
    if (isFolder || (isEditable && location === null)) {
      read.skipped.push({ place: place(labelOf(one)), reason: location === '.' ? 'root' : 'link' });
    } else read.entries.push({ requirement: one, hashes, place: place(labelOf(one)) });
  }
}

function readIndexes(
  options: readonly RequirementOption[],
  place: (path: string) => Place,
  indexes: Read['indexes'],
): void {
  for (const { name, value } of options) {
    if (name === '--index-url' || name === '--pypi-url') indexes.index = value;
    if (name === '--no-index') indexes.index = null;
    if (name !== '--extra-index-url' && name !== '--find-links') continue;
    indexes.more.push(value);
    indexes.place ??= place(name);
  }
}

/** As it is written, with its marker. */
function labelOf({ name, specifier, location, marker }: Requirement): string {
  const what = location === null ? `${name ?? ''}${specifier}` : withoutCredentials(location);
  return marker === '' ? what : `${what}; ${marker}`;
}

function lockfileOf(file: string, { entries, constraints, skipped, indexes }: Read): Lockfile {
  const { index, more, place: ambiguous } = indexes;
  const all = [...new Set([...(index === null ? [] : [index]), ...more].map(withoutCredentials))];
  const findings: PlacedFinding[] = [];
  if (ambiguous !== null && all.length > 1) {
    findings.push({ place: ambiguous, finding: finding('lockfile-index-ambiguous', { indexes: all }) });
  }
  const named = index === null || index === PUBLIC_INDEX ? {} : { index };
  const found = entries.flatMap(({ requirement, hashes, place }): readonly PlacedDependency[] => {
    const { name, location } = requirement;
    const flags = { direct: true, dev: false, optional: false, peer: false, exotic: [], bundles: [] };
    if (location !== null) {
      const fail = (problem: string): never => {
        throw new LockfileError(place.file, place.line, problem);
      };
      const known = name ?? nameIn(location) ?? fail(`${quoted(location)} says no name; write NAME @ ADDRESS`);
      const artifacts = artifactAt(location, hashes, fail);
      return [{ ecosystem: 'pypi', name: known, version: withoutCredentials(location), artifacts, ...flags, place }];
    }
    const constraint = constraints.get(name ?? '');
    const version = requirement.version ?? constraint?.version ?? null;
    if (name === null || version === null) {
      findings.push(resolvedAnew(place, `${place.path}, which names no single version`));
      return [];
    }
    const locked = requirement.version === null && hashes.length === 0 ? (constraint?.hashes ?? []) : hashes;
    return [{ ecosystem: 'pypi', name, version, artifacts: artifactsOf(locked), ...flags, ...named, place }];
  });
  const dependencies = mergePlaces(found);
  const format = entries.some(({ hashes }) => hashes.length > 0) ? 'requirements with hashes' : 'requirements';
  const lockfile: Lockfile = {
    ...{ file, format, manager: 'pip', entries: found.length + skipped.length, dependencies, skipped },
    ...(findings.length === 0 ? {} : { findings }),
  };
  return lockfile;
}

/** The name that the file name of a wheel or a source distribution begins with. */
function nameIn(location: string): string | null {
  const [, name] =
    /(?:^|[/\\])([a-z0-9](?:[a-z0-9._]*[a-z0-9])?)-\d[^/\\]*\.(?:whl|zip|tar\.gz|tgz)(?:[?#]|$)/i.exec(location) ?? [];
  return name === undefined ? null : name.replace(/[-_.]+/g, '-').toLowerCase();
}
