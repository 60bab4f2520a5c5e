import { versions } from './cargo-versions.ts';
import type { Commands, Conventions, ManagerCommands, Names, Steps } from './conventions.ts';

/** The address of the sparse index of crates.io, with the slash at its end. */
export const CRATES_IO = 'https://index.crates.io/';

/** Of crates.io (https://doc.rust-lang.org/cargo/reference/registry-index.html#name-restrictions). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What Cargo.lock and indexes call crates.io, whichever protocol or mirror it is asked by. */
export const CRATES_IO_GIT = 'https://github.com/rust-lang/crates.io-index';

/** Where an index is, without its protocol; no spelling that an address has another of. */
const PLACE = /^[a-z0-9.-]+(?::\d+)?(?:\/[A-Za-z0-9._~-]+)*$/;

/**
 * What stands before a crate in the names of an index's crates: none for those of crates.io, and `HOST/PATH/` for those
 * of a sparse index beside it, which may have crates of the same names. Null for an index that cannot be asked.
 */
export function prefixOfIndex(index: string): string | null {
  if (index.replace(/^registry\+/, '') === CRATES_IO_GIT || index === CRATES_IO) return '';
  const [, place] = /^sparse\+https?:\/\/(.+)\/$/s.exec(index) ?? [];
  return place !== undefined && PLACE.test(place) ? `${place}/` : null;
}

/** What stands before the crate in a name; empty for one of crates.io. */
export function prefixIn(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** The crate that a name is of, as its registry and Cargo name it. */
export function crateIn(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function isName(text: string): boolean {
  const prefix = prefixIn(text);
  return NAME.test(crateIn(text)) && (prefix === '' || PLACE.test(prefix.slice(0, -1)));
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/cargo-definition.md */
function purl(name: string, version: string): string {
  const prefix = prefixIn(name);
  const elsewhere = prefix === '' ? '' : `?repository_url=${encodeURIComponent(`https://${prefix}`)}`;
  return `pkg:cargo/${encodeURIComponent(crateIn(name))}@${encodeURIComponent(version)}${elsewhere}`;
}

/**
 * A name in the one form of all that crates.io takes for the same: it has one crate of `serde_json`, `serde-json` and
 * `Serde_JSON`. The index has it under the spelling it was first published with, and Cargo.lock that one alone.
 */
export function foldedName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

const names: Names = {
  isName,
  // The spelling is a part of the address in the index.
  normalise: (name) => name,
  isSelector: (text) => isName(text.replaceAll('*', 'x')) && !text.includes('**'),
  purl,
  isPublicRegistry: (address) => address === CRATES_IO,
  target: (name, requirement) => (versions.isRange(requirement) ? { name, range: requirement } : null),
};

const OTHER_REQUIREMENT = 'a version that a Cargo.toml rules out needs another requirement there first';

const own: ManagerCommands = {
  // Cargo.lock alone says which version is built; the requirement stays, and with it what kind of dependency it is.
  pin: (spec) => precise(spec.slice(0, spec.lastIndexOf('@')), spec.slice(spec.lastIndexOf('@') + 1)),
  override: (name, version): Steps => ({ edit: null, commands: [precise(name, version)], note: OTHER_REQUIREMENT }),
  update: (name) => ['cargo', 'update', crateIn(name)],
  frozen: ['cargo', 'fetch', '--locked'],
  lock: ['cargo', 'generate-lockfile'],
};

function precise(name: string, version: string): readonly string[] {
  return ['cargo', 'update', crateIn(name), '--precise', version];
}

const commands: Commands = { byManager: { cargo: own }, own, underAlias: null, diff: () => null };

/** Crates, as Cargo and crates.io name them. */
export const cargoConventions: Conventions = {
  versions,
  names,
  commands,
  osv: { ecosystem: 'crates.io', name: (name) => foldedName(crateIn(name)), version: (text) => text },
  hasProvenance: false,
  isSignedByRegistry: false,
  archive: 'crate',
  unpacked: 'crate',
};
