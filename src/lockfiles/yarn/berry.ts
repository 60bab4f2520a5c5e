import { posix } from 'node:path';
import type { ArchiveLock, EntryClaims, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import {
  aliasTarget,
  isRegistryShaped,
  isTarballPath,
  parseTarballUrl,
  pathOfFileSpec,
  specKind,
} from '../node-modules/specs.ts';
import { readBerryTree } from './berry-syntax.ts';
import { isCacheKeyInUse } from '../settings/yarn-cache-key.ts';
import { entryFields, identify, parseDescriptor, type Descriptor, type EntryFields, type YarnEntry } from './entry.ts';
import { parseLocator, parsePatch, type Locator } from './locator.ts';
import type { YarnProject } from './project.ts';
import type { YarnNode } from './tree.ts';

/** Versions of the format (`__metadata.version`): Yarn 2.0 began with 4. */
const OLDEST = 4;
const NEWEST = 10;
const METADATA = new Set(['version', 'cacheKey']);
const FIELDS = new Set([
  'version',
  'resolution',
  'dependencies',
  'peerDependencies',
  'dependenciesMeta',
  'peerDependenciesMeta',
  'bin',
  'checksum',
  'conditions',
  'languageName',
  'linkType',
]);

/** Under what key the lockfile's checksums are, and whether Yarn makes archives under it. */
interface ArchiveKey {
  readonly cacheKey: string | null;
  readonly isHeld: boolean;
}

export interface BerryLockfile {
  readonly version: number;
  readonly entries: readonly YarnEntry[];
}

/**
 * Reads the entries of a yarn.lock of Yarn 2 and later. What is fetched is what `resolution` says; its `checksum` is of
 * the archive that Yarn makes of it, and so says nothing of the registry's tarball. Under which key Yarn makes them is
 * told by the project's settings, where the project is known.
 */
export function readBerryEntries(file: string, text: string, project: YarnProject): BerryLockfile {
  // Yarn reads a file with this comment by the syntax of Yarn 1.
  if (/^#\s+yarn\s+lockfile\s+v1/im.test(text)) {
    throw new LockfileError(file, null, 'has __metadata and the first line of Yarn 1; let Yarn write the file again');
  }
  const nodes = readBerryTree(file, text);
  const metadata = nodes.find(({ keys }) => keys[0] === '__metadata');
  if (metadata === undefined) throw new LockfileError(file, null, 'has no __metadata; let Yarn write the file again');
  const about = entryFields(file, metadata, METADATA);
  const version = versionOf(file, metadata, about);
  const cacheKey = about.text('cacheKey');
  if (cacheKey !== null && !/^[0-9a-z]+$/.test(cacheKey))
    about.fail('its cacheKey is none that Yarn writes', 'cacheKey');
  const { settings, asked } = project;
  const isHeld = !asked.has('') || (cacheKey !== null && isCacheKeyInUse(cacheKey, version, settings.compressionLevel));
  const taken = new Map<string, number>();
  const entries = nodes
    .filter((node) => node !== metadata)
    .map((node) => entryOf(file, node, { cacheKey, isHeld }, taken));
  return { version, entries };
}

function versionOf(file: string, { line }: YarnNode, about: EntryFields): number {
  const text = about.text('version') ?? '';
  const version = /^\d{1,4}$/.test(text) ? Number(text) : null;
  if (version !== null && version >= OLDEST && version <= NEWEST) return version;
  const remedy = version !== null && version > NEWEST ? 'use a newer assay' : 'let a current Yarn write the file again';
  const problem = `version ${quoted(text)} of the format; supported are ${OLDEST} to ${NEWEST}; ${remedy}`;
  throw new LockfileError(file, line, problem);
}

/** `taken`: lines, by what is resolved there. */
function entryOf(file: string, node: YarnNode, key: ArchiveKey, taken: Map<string, number>): YarnEntry {
  const fields = entryFields(file, node, FIELDS);
  const optional = fields.flagged('dependenciesMeta', 'optional');
  const requires = fields.list('dependencies').map(([name, range]) => ({ name, range, optional: optional.has(name) }));
  const resolution = fields.text('resolution') ?? fields.fail('has no resolution');
  const locator = parseLocator(resolution) ?? fields.fail(`${quoted(resolution)} is not a resolution`, 'resolution');
  // Yarn writes one entry with all its keys; of two it takes the checksum and dependencies of the last for both.
  const first = taken.get(resolution);
  if (first !== undefined) fields.fail(`${quoted(resolution)} is also resolved in line ${first}`, 'resolution');
  taken.set(resolution, node.line);
  return {
    line: node.line,
    path: node.keys.join(', '),
    descriptors: node.keys.flatMap(describedBy),
    requires,
    brings: [broughtBy(locator, fields, key)],
  };
}

/** A descriptor, and what it patches, which is asked for under the same name. */
function describedBy(key: string): YarnEntry['descriptors'] {
  const outer = parseDescriptor(key);
  const { inner } = parsePatch(outer.range) ?? {};
  const described = (one: Descriptor, patched: boolean): YarnEntry['descriptors'][number] => ({
    ...one,
    asked: askedOfRegistry(one),
    patched,
  });
  return inner === undefined
    ? [described(outer, false)]
    : [described(outer, true), described(parseDescriptor(inner), true)];
}

/** The package that a descriptor asks a registry for; null where it asks for something else. */
function askedOfRegistry({ name, range }: Descriptor): string | null {
  const isOfJsr = range.startsWith('jsr:');
  if (!isOfJsr && specKind(range) !== 'registry') return null;
  // An alias names a package and a range; a range or tag alone has no @. Yarn before 4 leaves out `npm:` in places.
  if (!range.includes('@')) return isOfJsr ? jsrName(name) : name;
  const target = aliasTarget(range.replace(/^jsr:/, 'npm:')) ?? name;
  // A plugin may ask for a workspace this way.
  if (range.includes('@workspace:')) return null;
  return isOfJsr ? jsrName(target) : target;
}

/** What npm's registry of JSR calls a package of JSR. */
function jsrName(name: string): string {
  return `@jsr/${name.replace('@', '').replace('/', '__')}`;
}

function broughtBy(locator: Locator, fields: EntryFields, key: ArchiveKey): YarnEntry['brings'][number] {
  const { name, reference, protocol, selector, patches } = locator;
  if (protocol === 'workspace:') {
    const folder = selector.replace(/^\.(?:\/|$)/, '');
    return { local: folder === '' ? 'root' : 'workspace', name, locator: folder };
  }
  const isFolder = protocol === 'file:' && !isTarballPath(selector);
  if (protocol === 'link:' || protocol === 'portal:' || isFolder) return { local: 'link', name, locator: reference };
  const version = fields.text('version') ?? fields.fail('has no version');
  const { source, named } = sourceOf(locator, fields);
  if (source.kind !== 'file' && fields.text('linkType') !== 'hard') {
    return fields.fail('a package to fetch whose linkType is not "hard"', 'linkType');
  }
  const said = identify(name, version, fields);
  // Yarn leaves build metadata out of what it says here.
  if (named !== null && withoutBuild(named.version) !== withoutBuild(version)) {
    return fields.fail(`version ${quoted(version)} is not that of its resolution`, 'version');
  }
  return {
    ...(named === null ? said : identify(named.name, named.version, fields)),
    source,
    integrity: [],
    archive: archiveOf(fields, key),
    patches,
    ...(source.kind === 'registry' ? { claims: claimsOf(fields) } : {}),
  };
}

/** Yarn writes what the manifest says, with `npm:` before a range, and adds node-gyp where scripts call it. */
function claimsOf(fields: EntryFields): EntryClaims {
  const dependencies = fields.list('dependencies').map(([name, range]) => [name, range.replace(PLAIN_RANGE, '')]);
  const flagged = fields.flagged('dependenciesMeta', 'optional');
  const optional = dependencies.flatMap(([name = '']) => (flagged.has(name) ? name : []));
  const conditions = fields.text('conditions');
  // Yarn links a command under the name without its scope.
  const bin = fields.list('bin').map(([name, path]) => [name.replace(/^@[^/]+\/(?=.)/, ''), pathWithin(path)]);
  return {
    dependencies: Object.fromEntries(dependencies) as Record<string, string>,
    peerDependencies: Object.fromEntries(fields.list('peerDependencies')),
    // A command that the entry does not have is not linked.
    ...(bin.length === 0 ? {} : { bin: Object.fromEntries(bin) as Record<string, string> }),
    ...(dependencies.some(([name]) => name === 'node-gyp') ? { implied: IMPLIED } : {}),
    // Of what has both, Yarn compares no checksum, and installs it or not.
    ...(optional.length === 0 ? {} : { optional }),
    ...(conditions === null ? {} : { conditions }),
  };
}

/** `npm:` before what is no alias. */
const PLAIN_RANGE = /^npm:(?!.*@)/;
const IMPLIED = { 'node-gyp': 'latest' };

/** A path as a registry writes it, where it stays within the package. */
function pathWithin(path: string): string {
  const plain = posix.normalize(path.replaceAll('\\', '/'));
  return plain.startsWith('..') ? path : plain;
}

function withoutBuild(version: string): string {
  return version.replace(/\+.*$/, '');
}

interface Origin {
  readonly source: Source;
  /** The registry's name and version for it. */
  readonly named: { readonly name: string; readonly version: string } | null;
}

function sourceOf({ name, reference, protocol, parameters }: Locator, { fail }: EntryFields): Origin {
  if (protocol === 'npm:' || protocol === 'jsr:') {
    const other = [...parameters.keys()].find((key) => key !== '__archiveUrl');
    if (other !== undefined)
      return fail(`its resolution has ${quoted(other)}, which Yarn does not write`, 'resolution');
    // Yarn fetches from this address, whatever registry is configured.
    const [resolved = null, second] = parameters.getAll('__archiveUrl');
    if (second !== undefined) return fail('its resolution has two addresses', 'resolution');
    // What follows "#" would be the version to one part of Yarn, and not to another.
    const version = reference.slice(protocol.length);
    return {
      source: { kind: 'registry', resolved },
      named: { name: protocol === 'npm:' ? name : jsrName(name), version },
    };
  }
  if (protocol === 'file:')
    return { source: { kind: 'file', path: pathOfFileSpec(reference.replace(/#[^]*$/, '')) }, named: null };
  const kind = reference.includes('#commit=') ? 'git' : specKind(reference);
  if (kind === 'git') return { source: { kind: 'git', url: reference }, named: null };
  // What a script of the project or a plugin makes is made here.
  if (kind !== 'http') return { source: { kind: 'file', path: reference }, named: null };
  const named = isRegistryShaped(reference) ? parseTarballUrl(reference) : null;
  return named === null
    ? { source: { kind: 'http', url: reference }, named }
    : { source: { kind: 'registry', resolved: reference }, named };
}

/**
 * `HEX`, or `CACHEKEY/HEX`. Of another key than the file's it holds nothing: Yarn makes such an archive anew, and
 * writes the checksum of whatever it was served, also with `--immutable`.
 */
function archiveOf(fields: EntryFields, { cacheKey, isHeld }: ArchiveKey): ArchiveLock {
  const text = fields.text('checksum');
  if (text !== null && !/^(?:[0-9a-z]+\/)?[0-9a-f]{128}$/.test(text)) {
    return fields.fail('its checksum is not a SHA-512 as Yarn writes it', 'checksum');
  }
  const due = fields.text('conditions') === null;
  if (!isHeld) return { checksum: null, due };
  if (text === null || cacheKey === null) return { checksum: text, due };
  const keyed = text.includes('/') ? text : `${cacheKey}/${text}`;
  return { checksum: keyed.startsWith(`${cacheKey}/`) ? keyed : null, due };
}
