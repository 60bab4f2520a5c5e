import { posix } from 'node:path';
import { isRegistryVersion } from '../node-modules/names.ts';

/** How the keys of a lockfile are spelled: `/a/1.0.0_b@1.0.0`, `/a@1.0.0(b@1.0.0)`, `a@1.0.0(b@1.0.0)`. */
export type Spelling = 5 | 6 | 9;

/** What the key of a package says. */
export interface PackageKey {
  /** The key without what follows the version. */
  readonly base: string;
  /** Null where the key is an address or a path: an entry of its own says the name then. */
  readonly name: string | null;
  /** Null where something else than a registry's version stands in its place. */
  readonly version: string | null;
  /** What stands in place of a version: an address, a path, "runtime:22.0.0", "work:1.0.0". */
  readonly locator: string;
  /** What follows: the peers it is installed with, and the hash of a patch. */
  readonly suffix: string;
}

/** Reads a key as pnpm does (its packages dependency-path and deps.path); null for one that pnpm does not write. */
export function parseKey(key: string, spelling: Spelling): PackageKey | null {
  const suffixAt = spelling === 5 ? suffixOf5(key) : suffixInBrackets(key);
  const base = key.slice(0, suffixAt);
  const suffix = key.slice(suffixAt);
  const isAddress = spelling !== 9 && !base.startsWith('/');
  // What another registry serves has that registry's host in front, without changing where it is fetched from.
  const path = spelling === 9 ? base : base.slice(base.indexOf('/') + 1);
  const at = spelling === 5 ? separatorOf5(path) : path.indexOf('@', 1);
  const name = path.slice(0, at);
  const locator = path.slice(at + 1);
  const version = at > 0 && isRegistryVersion(locator) ? locator : null;
  if (isAddress && (version === null || base.startsWith('file:'))) {
    return { base, name: null, version: null, locator: base, suffix };
  }
  return at > 0 && locator !== '' ? { base, name, version, locator, suffix } : null;
}

/** The key that a dependency's reference means; null for a link to a folder. */
export function keyOf(alias: string, reference: string, spelling: Spelling): string | null {
  if (reference.startsWith('link:')) return null;
  const bracket = reference.indexOf('(');
  const head = bracket === -1 ? reference : reference.slice(0, bracket);
  if (spelling === 9) {
    const at = head.indexOf('@');
    const colon = head.indexOf(':');
    return at !== -1 && (colon === -1 || at < colon) ? reference : `${alias}@${reference}`;
  }
  if (reference.startsWith('file:') || head.includes('/')) return reference;
  return spelling === 5 ? `/${alias}/${reference}` : `/${alias}@${reference}`;
}

/** The hash of the patch that pnpm applies to what it unpacks; null where the key names none. */
export function patchHash({ suffix }: PackageKey): string | null {
  return /^\(patch_hash=([^()]+)\)/.exec(suffix)?.[1] ?? null;
}

/** Where the last brackets of a key begin, all that follow each other taken together. */
function suffixInBrackets(key: string): number {
  if (!key.endsWith(')')) return key.length;
  let open = 1;
  for (let at = key.length - 2; at >= 0; at -= 1) {
    const char = key[at];
    if (char === '(') open -= 1;
    else if (char === ')') open += 1;
    else if (open === 0) return at + 1;
  }
  return key.length;
}

/** Version 5 puts "_" before the peers, and brackets in its last releases; no version has either. */
function suffixOf5(key: string): number {
  const bracket = suffixInBrackets(key);
  const underscore = key.indexOf('_', separatorOf5(key.slice(0, bracket)));
  return underscore === -1 || underscore > bracket ? bracket : underscore;
}

/** The slash before the version. */
function separatorOf5(path: string): number {
  return path.lastIndexOf('/');
}

/** A folder by its path from another one, relative to the lockfile; "." is the lockfile's own. */
export function folderAt(from: string, path: string): string {
  return posix.normalize(posix.join(from, path.replaceAll('\\', '/'))).replace(/(?<=.)\/$/, '') || '.';
}

/** The folder that "link:PATH" means. */
export function linkedFolder(from: string, reference: string): string {
  return folderAt(from, reference.slice('link:'.length));
}
