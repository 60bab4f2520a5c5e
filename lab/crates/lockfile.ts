const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';

/** A crate of Cargo.lock, from crates.io if nothing else is said. */
export interface LockedCrate {
  readonly name: string;
  readonly version: string;
  /** Hex; null for an entry without one. */
  readonly checksum: string | null;
  readonly dependencies?: readonly string[];
  /** As Cargo.lock writes it. */
  readonly source?: string;
}

/** Text of a Cargo.lock of version 4 with these crates, of which the project itself asks for some. */
export function cargoLock(crates: readonly LockedCrate[], asked: readonly string[]): string {
  const list = (names: readonly string[]): string =>
    names.length === 0 ? '' : `dependencies = [\n${names.map((name) => ` "${name}",\n`).join('')}]\n`;
  const entries = crates.map(
    ({ name, version, checksum, dependencies = [], source = CRATES_IO }) =>
      `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "${source}"\n${
        checksum === null ? '' : `checksum = "${checksum}"\n`
      }${list(dependencies)}`,
  );
  return ['version = 4\n', ...entries, `[[package]]\nname = "project"\nversion = "0.1.0"\n${list(asked)}`].join('\n');
}
