import type { CratesLab } from '../../lab/crates/index.ts';

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';

/** Publishes version 1.0.0 of a crate; the text of a Cargo.lock that has it alone, by its checksum. */
export function cargoLock(
  lab: CratesLab,
  published: string,
  name = 'alpha',
): { readonly checksum: string; readonly text: (checksum: string) => string } {
  return {
    checksum: lab.publish(name, '1.0.0', { published }),
    text: (checksum) =>
      `version = 4\n\n[[package]]\nname = "${name}"\nversion = "1.0.0"\nsource = "${CRATES_IO}"\nchecksum = "${checksum}"\n`,
  };
}
