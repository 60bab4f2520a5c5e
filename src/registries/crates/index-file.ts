import { crateIn, foldedName, prefixIn, prefixOfIndex } from '../../ecosystems/conventions/cargo.ts';
import { versions as convention } from '../../ecosystems/conventions/cargo-versions.ts';
import type { History, Release } from '../../model/history.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { fieldsOf, isObject, type Fields } from '../../model/value.ts';
import { sri } from '../../readers/integrity.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';

/** More versions than any crate has. */
const MAX_VERSIONS = 20_000;
const MAX_DEPENDENCIES = 10_000;
/** Lines of a later form, which Cargo passes over as well. */
const MAX_FORM = 2;

/**
 * Reads a file of the sparse index of the registry that `name` begins with: a JSON object on each line
 * (https://doc.rust-lang.org/cargo/reference/registry-index.html#json-schema). Whatever is not about this crate, or
 * twice, is refused. Lines with versions that Cargo does not read are passed over, as by Cargo.
 */
export function parseIndexFile(body: Buffer, name: string): Parsed<History> {
  const versions = new Map<string, Release>();
  const time = new Map<string, Instant>();
  const lines = body.toString('utf8').split('\n');
  if (lines.length > MAX_VERSIONS) return { malformed: `more than ${MAX_VERSIONS} lines` };
  for (const line of lines) {
    if (line.trim() === '') continue;
    const read = parseLine(line, name);
    if (read === null) continue;
    if ('malformed' in read) return read;
    const { release, published } = read.value;
    if (versions.has(release.version)) return { malformed: 'a version is there twice' };
    versions.set(release.version, release);
    if (published !== null) time.set(release.version, published);
  }
  return { value: { ecosystem: 'cargo', name, versions, withProvenance: new Set(), time } };
}

type Line = Parsed<{ readonly release: Release; readonly published: Instant | null }>;

/** Null for a line that Cargo passes over. */
function parseLine(line: string, name: string): Line | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { malformed: 'a line is not JSON' };
  }
  if (!isObject(json)) return { malformed: 'a line is not an object' };
  const { name: named, vers, cksum, yanked, deps, v: form, pubtime } = json;
  const crate = crateIn(name);
  if (named !== crate) {
    const isTwin = typeof named === 'string' && foldedName(named) === foldedName(crate);
    return { malformed: isTwin ? 'it writes the name of the crate in another way' : 'it is about another crate' };
  }
  if (typeof form === 'number' && form > MAX_FORM) return null;
  if (typeof vers !== 'string' || convention.parse(vers) === null) return null;
  if (typeof cksum !== 'string' || !/^[0-9a-f]{64}$/.test(cksum)) {
    return { malformed: `cksum of a version is no SHA-256 in hex` };
  }
  if (!Array.isArray(deps) || deps.length > MAX_DEPENDENCIES) return { malformed: 'deps of a version is no list' };
  if (typeof yanked !== 'boolean') return { malformed: 'yanked of a version is neither true nor false' };
  const release = {
    version: vers,
    publisher: null,
    repository: null,
    dependencies: dependenciesOf(deps.map(fieldsOf), prefixIn(name)),
    installScripts: {},
    integrity: sri({ algorithm: 'sha256', hex: cksum }),
    deprecated: yanked,
  };
  return { value: { release, published: typeof pubtime === 'string' ? parseInstant(pubtime) : null } };
}

/**
 * By the name of the crate, not the one it is used by; without those that only its own tests need. A dependency that
 * names no registry is of the one that has the index.
 */
function dependenciesOf(deps: readonly Fields[], own: string): Readonly<Record<string, string>> {
  const found = Object.create(null) as Record<string, string>;
  for (const { name, req, kind, package: renamed, registry } of deps) {
    const crate = typeof renamed === 'string' ? renamed : name;
    if (typeof crate !== 'string' || typeof req !== 'string' || kind === 'dev' || crate.includes('/')) continue;
    const prefix = typeof registry === 'string' ? prefixOfIndex(registry) : own;
    if (prefix === null) found[crate] ??= `${req} of ${String(registry)}`;
    else found[`${prefix}${crate}`] ??= req;
  }
  return found;
}
