import type { Dependency } from '../../model/dependency.ts';
import type { CratesIndex } from '../../registries/crates/index.ts';
import { prefixIn } from '../conventions/cargo.ts';

/** A registry that is asked, and what Cargo has of it on this machine. */
export interface AskedRegistry {
  readonly index: CratesIndex;
  /** The hosts whose folders Cargo keeps its crates in. */
  readonly hosts: ReadonlySet<string>;
}

/** Who is asked about crates, and what this machine has of them. */
export interface CratesSource {
  /** Crates.io, or what the user has in its place. */
  readonly main: AskedRegistry;
  /** The registries beside it, by what the names of their crates begin with. */
  readonly beside: ReadonlyMap<string, AskedRegistry>;
  /** Where Cargo keeps what it has downloaded and unpacked: `registry` in its home. */
  readonly kept: string;
  /** Whether bytes that Cargo has downloaded are asked of nobody. */
  readonly readsCache: boolean;
  /** The folder that Cargo takes crates from in place of a registry; null where it is given none. */
  readonly vendored: { readonly path: string; readonly shown: string } | null;
}

/** The registry that is asked about a crate, and no other is; null where no settings name the one that it is of. */
export function registryFor({ main, beside }: CratesSource, name: string): AskedRegistry | null {
  const prefix = prefixIn(name);
  return prefix === '' ? main : (beside.get(prefix) ?? null);
}

/** The same of an entry of Cargo.lock: by exactly the address that it has. */
export function registryOfEntry(
  source: CratesSource,
  { name, index, artifacts: [artifact] }: Dependency,
): AskedRegistry | null {
  const found = artifact.source.kind === 'registry' ? registryFor(source, name) : null;
  return index === undefined || found?.index.url === index ? found : null;
}
