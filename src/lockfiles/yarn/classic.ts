import type { Digest, Source } from '../../model/dependency.ts';
import { quoted } from '../error.ts';
import { parseIntegrity } from '../integrity.ts';
import { isFolderSpec } from '../npm/entry.ts';
import { aliasTarget, isRegistryShaped, parseTarballUrl, pathOfFileSpec, specKind } from '../npm/specs.ts';
import { readClassicTree } from './classic-syntax.ts';
import {
  fieldsOf,
  identify,
  parseDescriptor,
  type Brought,
  type Descriptor,
  type Fields,
  type YarnEntry,
} from './entry.ts';

/** What `resolutions` of the project's package.json puts in place of what is asked for, by name. */
export type Overrides = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the entries of a yarn.lock of Yarn 1. Its address of a registry's tarball may end in the SHA-1 of the file; where
 * there is no `integrity`, this is all that locks it.
 */
export function readClassicEntries(file: string, text: string, overrides: Overrides): readonly YarnEntry[] {
  return readClassicTree(file, text).map((node) => {
    const fields = fieldsOf(file, node);
    const descriptors = node.keys.map(parseDescriptor);
    const requires = (['dependencies', 'optionalDependencies'] as const).flatMap((field) =>
      fields.list(field).map(([name, range]) => ({ name, range, optional: field === 'optionalDependencies' })),
    );
    const path = node.keys.join(', ');
    return { line: node.line, path, descriptors, requires, brings: bringsOf(descriptors, fields, overrides) };
  });
}

function bringsOf(descriptors: readonly Descriptor[], fields: Fields, overrides: Overrides): YarnEntry['brings'] {
  const version = fields.text('version') ?? fields.fail('has no version');
  const resolved = fields.text('resolved');
  if (resolved === null && descriptors.some(({ range }) => isFolderSpec(range))) return [{ skipped: 'link' }];
  const { address, sha1 } = splitHash(resolved);
  // Without an address Yarn 1 asks the registry anew, whatever else the entry says: it locks nothing.
  const integrity = resolved === null ? [] : (integrityOf(fields) ?? (sha1 === null ? [] : [sha1]));
  const claims = new Map<string, Claim>();
  for (const descriptor of descriptors) {
    const claim = claimOf(descriptor, address, version, fields, overrides.get(descriptor.name) ?? []);
    claims.set(`${claim.source.kind} ${claim.name}`, claim);
  }
  return [...claims.values()].map(({ name, version: claimed, source }) => ({
    ...identify(name, claimed, fields),
    source,
    integrity,
  }));
}

/** The address, and the SHA-1 that follows it; for git, what follows is the commit. */
function splitHash(resolved: string | null): { readonly address: string | null; readonly sha1: Digest | null } {
  const [, address = resolved, hex] = /^([^#]*)#([0-9a-f]{40})$/.exec(resolved ?? '') ?? [];
  if (address === null || hex === undefined || specKind(address) === 'git') return { address: resolved, sha1: null };
  return { address, sha1: { algorithm: 'sha1', hex } };
}

function integrityOf(fields: Fields): readonly Digest[] | null {
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
 * Whose bytes a descriptor says the entry has. A web address is a plain download, and a git repository is one, only where
 * exactly that is asked for; any other web address claims to be the registry's package, and is to be held to that.
 */
function claimOf(
  { name, range }: Descriptor,
  address: string | null,
  version: string,
  fields: Fields,
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

function otherSource(address: string, wanted: readonly string[], { fail }: Fields): Source | null {
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
