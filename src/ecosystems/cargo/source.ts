import type { CratesIndex } from '../../registries/crates/index.ts';

/** Who is asked about crates, and what this machine has of them. */
export interface CratesSource {
  readonly index: CratesIndex;
  /** Where Cargo keeps what it has downloaded and unpacked: `registry` in its home. */
  readonly kept: string;
  /** The hosts whose folders Cargo takes crates from there. */
  readonly hosts: ReadonlySet<string>;
  /** Whether bytes that Cargo has downloaded are asked of nobody. */
  readonly readsCache: boolean;
  /** The folder that Cargo takes crates from in place of a registry; null where it is given none. */
  readonly vendored: { readonly path: string; readonly shown: string } | null;
}
