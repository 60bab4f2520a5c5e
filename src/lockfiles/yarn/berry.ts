import type { ArchiveLock, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../error.ts';
import {
  aliasTarget,
  isRegistryShaped,
  isTarballPath,
  parseTarballUrl,
  pathOfFileSpec,
  specKind,
} from '../npm/specs.ts';
import { readBerryTree } from './berry-syntax.ts';
import { fieldsOf, identify, parseDescriptor, type Brought, type Fields, type YarnEntry } from './entry.ts';
import { parseLocator, parsePatch, type Locator } from './locator.ts';
import type { YarnNode } from './tree.ts';

/** Versions of the format (`__metadata.version`): Yarn 2.0 began with 4. */
const OLDEST = 4;
const NEWEST = 10;

export interface BerryLockfile {
  readonly version: number;
  readonly entries: readonly YarnEntry[];
}

/**
 * Reads the entries of a yarn.lock of Yarn 2 and later. What is fetched is what `resolution` says; its `checksum` is of
 * the archive that Yarn makes of it, and so says nothing of the registry's tarball.
 */
export function readBerryEntries(file: string, text: string): BerryLockfile {
  const nodes = readBerryTree(file, text);
  const metadata = nodes.find(({ keys }) => keys[0] === '__metadata');
  if (metadata === undefined) throw new LockfileError(file, null, 'has no __metadata; let Yarn write the file again');
  const about = fieldsOf(file, metadata);
  const version = versionOf(file, metadata, about);
  const cacheKey = about.text('cacheKey');
  return { version, entries: nodes.filter((node) => node !== metadata).map((node) => entryOf(file, node, cacheKey)) };
}

function versionOf(file: string, { line }: YarnNode, about: Fields): number {
  const text = about.text('version') ?? '';
  const version = /^\d{1,4}$/.test(text) ? Number(text) : null;
  if (version !== null && version >= OLDEST && version <= NEWEST) return version;
  const remedy = version !== null && version > NEWEST ? 'use a newer assay' : 'let a current Yarn write the file again';
  const problem = `version ${quoted(text)} of the format; supported are ${OLDEST} to ${NEWEST}; ${remedy}`;
  throw new LockfileError(file, line, problem);
}

function entryOf(file: string, node: YarnNode, cacheKey: string | null): YarnEntry {
  const fields = fieldsOf(file, node);
  const optional = fields.flagged('dependenciesMeta', 'optional');
  const requires = fields.list('dependencies').map(([name, range]) => ({ name, range, optional: optional.has(name) }));
  const resolution = fields.text('resolution') ?? fields.fail('has no resolution');
  const locator = parseLocator(resolution) ?? fields.fail(`${quoted(resolution)} is not a resolution`, 'resolution');
  const brought = broughtBy(locator, fields, cacheKey);
  const strangers = strangersTo(node.keys, locator, brought, fields);
  return {
    line: node.line,
    path: node.keys.join(', '),
    descriptors: node.keys.flatMap(describedBy),
    requires,
    brings: strangers.length > 0 ? strangers : [brought],
    ...(locator.protocol === 'workspace:' ? { workspace: locator.selector.replace(/^\.(?:\/|$)/, '') } : {}),
  };
}

/** A descriptor, and what it patches, which is asked for under the same name. */
function describedBy(key: string): YarnEntry['descriptors'] {
  const descriptor = parseDescriptor(key);
  const patched = parsePatch(descriptor.range);
  return patched === null ? [descriptor] : [descriptor, parseDescriptor(patched.inner)];
}

/** Yarn before 4 leaves out `npm:` in places. */
function withProtocol(descriptor: string): string {
  const { name, range } = parseDescriptor(descriptor);
  return range.startsWith('npm:') || specKind(range) !== 'registry' ? descriptor : `${name}@npm:${range}`;
}

function broughtBy(locator: Locator, fields: Fields, cacheKey: string | null): YarnEntry['brings'][number] {
  const { protocol, selector, patches } = locator;
  if (protocol === 'workspace:') return { skipped: selector === '.' ? 'root' : 'workspace' };
  const isFolder = protocol === 'file:' && !isTarballPath(selector);
  if (protocol === 'link:' || protocol === 'portal:' || isFolder) return { skipped: 'link' };
  const version = fields.text('version') ?? fields.fail('has no version');
  const { source, named } = sourceOf(locator, fields);
  const said = identify(locator.name, version, fields);
  // Yarn leaves build metadata out of what it says here.
  if (named !== null && withoutBuild(named.version) !== withoutBuild(version)) {
    return fields.fail(`version ${quoted(version)} is not that of its resolution`, 'version');
  }
  return {
    ...(named === null ? said : identify(named.name, named.version, fields)),
    source,
    integrity: [],
    archive: archiveOf(fields, cacheKey),
    patches,
  };
}

function withoutBuild(version: string): string {
  return version.replace(/\+.*$/, '');
}

interface Origin {
  readonly source: Source;
  /** The registry's name and version for it. */
  readonly named: { readonly name: string; readonly version: string } | null;
}

function sourceOf({ name, reference, protocol, selector, parameters }: Locator, { fail }: Fields): Origin {
  if (protocol === 'npm:') {
    // Yarn fetches from this address, whatever registry is configured.
    const [resolved = null, second] = parameters.getAll('__archiveUrl');
    if (second !== undefined) return fail('its resolution has two addresses', 'resolution');
    return { source: { kind: 'registry', resolved }, named: { name, version: selector } };
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

/** `HEX`, or `CACHEKEY/HEX` where the key is not that of the file. */
function archiveOf(fields: Fields, cacheKey: string | null): ArchiveLock {
  const text = fields.text('checksum');
  if (text !== null && !/^(?:[0-9a-z]+\/)?[0-9a-f]{128}$/.test(text)) {
    return fields.fail('its checksum is not a SHA-512 as Yarn writes it', 'checksum');
  }
  const isKeyed = text === null || cacheKey === null || text.includes('/');
  return { checksum: isKeyed ? text : `${cacheKey}/${text}`, due: fields.text('conditions') === null };
}

/**
 * Descriptors that ask a registry for another package than the entry has. Yarn takes the lockfile's word for what they
 * resolve to, so what is not that package is a contradiction, under the name that was asked for. A workspace may stand
 * for a package of its name.
 */
function strangersTo(
  keys: readonly string[],
  { name, reference, protocol }: Locator,
  brought: YarnEntry['brings'][number],
  fields: Fields,
): readonly Brought[] {
  if (protocol === 'workspace:') return [];
  const isOfRegistry = 'source' in brought && brought.source.kind === 'registry';
  const asked = new Set(keys.map(askedOfRegistry));
  return [...asked].flatMap((claimed) => {
    if (claimed === null || (isOfRegistry && claimed === brought.name)) return [];
    const version = 'version' in brought ? brought.version : (fields.text('version') ?? '');
    const source = { kind: 'registry' as const, resolved: `${name}@${reference}` };
    return [{ ...identify(claimed, version, fields), source, integrity: [] }];
  });
}

/** The package that a descriptor asks a registry for; null where it asks for something else. */
function askedOfRegistry(descriptor: string): string | null {
  const { name, range } = parseDescriptor(withProtocol(descriptor));
  const inner = parsePatch(range)?.inner;
  if (inner !== undefined) return askedOfRegistry(inner);
  if (range.startsWith('jsr:')) return `@jsr/${name.replace('@', '').replace('/', '__')}`;
  if (!range.startsWith('npm:')) return null;
  // An alias names a package and a range; a range or tag alone has no @.
  return range.includes('@') ? aliasTarget(range) : name;
}
