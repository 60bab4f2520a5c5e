import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Digest, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { parseIntegrity } from '../../readers/integrity.ts';
import { isFolderSpec } from '../node-modules/entry.ts';
import { aliasTarget, isRegistryShaped, parseTarballUrl, pathOfFileSpec, specKind } from '../node-modules/specs.ts';
import { readClassicTree } from './classic-syntax.ts';
import { lookedUpInClassic, type Resolution } from './resolutions.ts';
import type { YarnNode } from './tree.ts';
import {
  entryFields,
  identify,
  parseDescriptor,
  type Brought,
  type Descriptor,
  type EntryDescriptor,
  type EntryFields,
  type YarnEntry,
} from './entry.ts';

/** What `resolutions` of the project's package.json puts in place of what is asked for, by name. */
export type Overrides = ReadonlyMap<string, readonly string[]>;

const NO_OVERRIDES: Overrides = new Map();
/**
 * `permissions` and `prebuiltVariants`, which only the build packs of an offline mirror have, lead to other archives.
 */
const FIELDS = new Set([
  'name',
  'version',
  'uid',
  'resolved',
  'registry',
  'integrity',
  'dependencies',
  'optionalDependencies',
]);

/**
 * Reads the entries of a yarn.lock of Yarn 1. Its address of a registry's tarball may end in the SHA-1 of the file;
 * where there is no `integrity`, this is all that locks it. `overrides` is null where the project's package.json is not
 * there.
 */
export function readClassicEntries(
  file: string,
  text: string,
  overrides: Overrides | null,
  resolutions: readonly Resolution[],
): readonly YarnEntry[] {
  const nodes = readClassicTree(file, text);
  const isOfResolution = replacementsIn(nodes, resolutions);
  return nodes.map((node) => {
    const fields = entryFields(file, node, FIELDS);
    const descriptors = node.keys.map((key) => {
      const { name, range } = parseDescriptor(key);
      return {
        name,
        range,
        asked: specKind(range) === 'registry' ? (aliasTarget(range) ?? name) : null,
        replaced: (overrides?.get(name) ?? []).flatMap((spec) => packageOf(name, spec, fields) ?? []),
        patched: false,
      };
    });
    // Yarn 1 installs a package under this name, whatever asks for it.
    const name = fields.text('name');
    if (name !== null && descriptors.some((one) => one.name !== name)) fields.fail('has another name', 'name');
    const registry = fields.text('registry') ?? 'npm';
    if (registry !== 'npm' && registry !== 'yarn') fields.fail(`${quoted(registry)} is no registry`, 'registry');
    const dependencies = fields.list('dependencies');
    const optional = fields.list('optionalDependencies');
    const claims = { dependencies: Object.fromEntries([...dependencies, ...optional]) };
    const brings = bringsOf(descriptors, fields, overrides ?? NO_OVERRIDES);
    const unused = unusedBecause(descriptors, fields, overrides !== null, (name) => isOfResolution(name, node));
    return {
      line: node.line,
      path: node.keys.join(', '),
      descriptors,
      requires: [
        ...dependencies.map(([name, range]) => ({ name, range, optional: false })),
        ...optional.map(([name, range]) => ({ name, range, optional: true })),
      ],
      brings: brings.map((one) => ('local' in one || one.source.kind !== 'registry' ? one : { ...one, claims })),
      ...(unused === null ? {} : { unused }),
    };
  });
}

/**
 * The package of a registry that a specifier means: an alias names another one, and so does an address that the entry
 * has.
 */
function packageOf(name: string, spec: string, fields: EntryFields): string | null {
  if (specKind(spec) === 'registry') return aliasTarget(spec) ?? name;
  return isDownload(fields.text('resolved') ?? '', [spec]) ? (parseTarballUrl(spec)?.name ?? null) : null;
}

/**
 * Why Yarn 1 asks the registry anew, even with --frozen-lockfile: it passes over an entry without an address, and drops
 * one whose version is not of the range that it stands for. `isReplaced`: a resolution put what it has in the place of
 * a name.
 */
function unusedBecause(
  descriptors: readonly EntryDescriptor[],
  fields: EntryFields,
  isKnown: boolean,
  isReplaced: (name: string) => boolean,
): string | null {
  const asking = descriptors.filter(({ name, asked }) => asked !== null && !isReplaced(name));
  const [first] = asking;
  if (first === undefined) return null;
  if (fields.text('resolved') === null) return `${first.name}@${first.range} without an address`;
  if (!isKnown) return null;
  const version = fields.text('version') ?? '';
  const other = asking.find(({ range }) => range !== '' && range !== version && !isAnswered(range, version));
  return other === undefined ? null : `version ${version} for ${other.name}@${other.range}`;
}

/** Tells whether an entry has, for a name, what the entry of a resolution of that name has. */
function replacementsIn(
  nodes: readonly YarnNode[],
  resolutions: readonly Resolution[],
): (name: string, node: YarnNode) => boolean {
  const wanted = resolutions.flatMap((one) => lookedUpInClassic(one) ?? []);
  const byKey = new Map(
    wanted.length === 0 ? [] : nodes.flatMap((node) => node.keys.map((key) => [key, node] as const)),
  );
  const locked = new Set(
    wanted.flatMap(({ name, range }) => {
      const node = byKey.get(`${name}@${range}`);
      return node === undefined ? [] : [`${name} ${bytesOf(node)}`];
    }),
  );
  return (name, node) => locked.size > 0 && locked.has(`${name} ${bytesOf(node)}`);
}

function bytesOf({ value }: YarnNode): string {
  const told = (field: string): unknown =>
    typeof value === 'string' ? value : value.find(({ keys }) => keys[0] === field)?.value;
  return JSON.stringify([told('version'), told('resolved')]);
}

/** Aliases and tags say nothing of versions. */
function isAnswered(range: string, version: string): boolean {
  return validRange(range) === null || satisfies(version, range);
}

function bringsOf(
  descriptors: readonly EntryDescriptor[],
  fields: EntryFields,
  overrides: Overrides,
): YarnEntry['brings'] {
  const version = fields.text('version') ?? fields.fail('has no version');
  const resolved = fields.text('resolved');
  // Yarn 1 links or copies the folder that is asked for, whatever address the entry has.
  const foldersOf = ({ name, range }: Descriptor): readonly string[] =>
    isFolder(range) ? [range] : resolved === null ? (overrides.get(name) ?? []).filter(isFolder) : [];
  const folders = descriptors.flatMap((one) =>
    foldersOf(one).map((locator) => ({ local: 'link', name: one.name, locator }) as const),
  );
  const others = descriptors.filter((one) => foldersOf(one).length === 0);
  if (others.length === 0) return folders;
  if (resolved?.startsWith(' ') === true) return fields.fail('resolved begins with a space', 'resolved');
  const { address, sha1 } = splitHash(resolved);
  // Without an address Yarn 1 asks the registry anew, whatever else the entry says: it locks nothing.
  const integrity = resolved === null ? [] : (integrityOf(fields) ?? (sha1 === null ? [] : [sha1]));
  const claims = new Map<string, Claim>();
  for (const descriptor of others) {
    const claim = claimOf(descriptor, address, version, fields, overrides.get(descriptor.name) ?? []);
    claims.set(`${claim.source.kind} ${claim.name}`, claim);
  }
  const brought = [...claims.values()].map(({ name, version: claimed, source }) => ({
    ...identify(name, claimed, fields),
    source,
    integrity,
  }));
  return [...brought, ...folders];
}

/** A folder that Yarn 1 links (`link:`) or copies. */
function isFolder(range: string): boolean {
  return range.startsWith('link:') || (!range.startsWith(' ') && isFolderSpec(range));
}

/** The address, and the SHA-1 that follows it; for git, what follows is the commit. */
function splitHash(resolved: string | null): { readonly address: string | null; readonly sha1: Digest | null } {
  const [, address = resolved, hex] = /^([^#]*)#([0-9a-f]{40})$/.exec(resolved ?? '') ?? [];
  if (address === null || hex === undefined || specKind(address) === 'git') return { address: resolved, sha1: null };
  return { address, sha1: { algorithm: 'sha1', hex } };
}

function integrityOf(fields: EntryFields): readonly Digest[] | null {
  const text = fields.text('integrity');
  if (text === null) return null;
  try {
    return parseIntegrity(text);
  } catch (error) {
    return fields.fail(error instanceof Error ? error.message : 'integrity is not valid', 'integrity');
  }
}

/** What a descriptor says an entry is; not checked yet. */
type Claim = Pick<Brought, 'name' | 'version' | 'source'>;

/**
 * Whose bytes a descriptor says the entry has. A web address is a plain download, and a git repository is one, only
 * where exactly that is asked for; any other web address claims to be the registry's package, and is to be held to
 * that.
 */
function claimOf(
  { name, range }: Descriptor,
  address: string | null,
  version: string,
  fields: EntryFields,
  overrides: readonly string[],
): Claim {
  const wanted = [...overrides, range];
  const other = address === null ? null : otherSource(address, wanted, fields);
  if (other !== null) return { name, version, source: other };
  // What is asked for by the address of a registry's tarball is that package, under whatever name.
  const named = address !== null && isDownload(address, wanted) ? parseTarballUrl(address) : null;
  if (named !== null) return { ...named, source: registry(address) };
  const names = wanted.flatMap((spec) => (specKind(spec) === 'registry' ? [aliasTarget(spec) ?? name] : []));
  const resolved = names.length > 1 && address !== null ? parseTarballUrl(address)?.name : undefined;
  const claimed = names.find((one) => one === resolved) ?? names[0] ?? name;
  return { name: claimed, version, source: registry(address) };
}

/** A file name alone is that of an offline mirror's file: where it is, only the configuration says. */
function registry(address: string | null): Source {
  return { kind: 'registry', resolved: address !== null && specKind(address) === 'http' ? address : null };
}

function otherSource(address: string, wanted: readonly string[], { fail }: EntryFields): Source | null {
  switch (specKind(address)) {
    case 'git':
      return { kind: 'git', url: address };
    case 'http':
      if (!URL.canParse(address)) return fail(`resolved ${quoted(address)} is not an address`, 'resolved');
      // The forges' own archives of a commit.
      if (wanted.some((spec) => specKind(spec) === 'git')) return { kind: 'git', url: address };
      return isDownload(address, wanted) && !isRegistryShaped(address) ? { kind: 'http', url: address } : null;
    case 'file':
      return isMirrored(address) ? null : { kind: 'file', path: pathOfFileSpec(address) };
    case 'registry':
    case 'other':
      return fail(`resolved ${quoted(address)} is neither an address nor a path`, 'resolved');
  }
}

/** Whether an address is that of a file in an offline mirror, which has no folder. */
function isMirrored(address: string): boolean {
  return /^[^/\\:]+\.tgz$/.test(address);
}

function isDownload(address: string, wanted: readonly string[]): boolean {
  return wanted.some((spec) => specKind(spec) === 'http' && spec.replace(/#.*$/s, '') === address.replace(/#.*$/s, ''));
}
