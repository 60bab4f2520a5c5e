import { versions } from './cargo-versions.ts';
import type { Commands, Conventions, ManagerCommands, Names, Steps } from './conventions.ts';

/** The address of the sparse index of crates.io, with the slash at its end. */
export const CRATES_IO = 'https://index.crates.io/';

/** Of crates.io (https://doc.rust-lang.org/cargo/reference/registry-index.html#name-restrictions). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * A name in the one form of all that crates.io takes for the same: it has one crate of `serde_json`, `serde-json` and
 * `Serde_JSON`. The index has it under the spelling it was first published with, and Cargo.lock that one alone.
 */
export function foldedName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

const names: Names = {
  isName: (text) => NAME.test(text),
  // The spelling is a part of the address in the index.
  normalise: (name) => name,
  isSelector: (text) => NAME.test(text.replaceAll('*', 'x')) && !text.includes('**'),
  purl: (name, version) => `pkg:cargo/${encodeURIComponent(name)}@${encodeURIComponent(version)}`,
  isPublicRegistry: (address) => address === CRATES_IO,
  target: (name, requirement) => (versions.isRange(requirement) ? { name, range: requirement } : null),
};

const OTHER_REQUIREMENT = 'a version that a Cargo.toml rules out needs another requirement there first';

const own: ManagerCommands = {
  // Cargo.lock alone says which version is built; the requirement stays, and with it what kind of dependency it is.
  pin: (spec) => precise(spec.slice(0, spec.lastIndexOf('@')), spec.slice(spec.lastIndexOf('@') + 1)),
  override: (name, version): Steps => ({ edit: null, commands: [precise(name, version)], note: OTHER_REQUIREMENT }),
  update: (name) => ['cargo', 'update', name],
  frozen: ['cargo', 'fetch', '--locked'],
  lock: ['cargo', 'generate-lockfile'],
};

function precise(name: string, version: string): readonly string[] {
  return ['cargo', 'update', name, '--precise', version];
}

const commands: Commands = { byManager: { cargo: own }, own, underAlias: null, diff: () => null };

/** Crates, as Cargo and crates.io name them. */
export const cargoConventions: Conventions = {
  versions,
  names,
  commands,
  osv: { ecosystem: 'crates.io', name: foldedName, version: (text) => text },
  hasProvenance: false,
  archive: 'crate',
  unpacked: 'crate',
};
