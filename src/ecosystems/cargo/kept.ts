import { join } from 'node:path';
import { entriesOf, kindOf } from '../../installed/read.ts';
import type { Dependency } from '../../model/dependency.ts';
import { crateIn } from '../conventions/cargo.ts';
import { registryOfEntry, type AskedRegistry, type CratesSource } from './source.ts';

/** Cargo calls the folder of a registry by its host and a hash of its address. */
const REGISTRY = /^(.+)-[0-9a-f]{16}$/;

/**
 * Paths of a name in the folders of the registry that Cargo takes a crate from, relative to `kept`. Which of several
 * folders of one host it would use, nothing says but Cargo: so that each counts. Nothing there is ever written.
 */
export function keptAt(
  { kept }: Pick<CratesSource, 'kept'>,
  { hosts }: Pick<AskedRegistry, 'hosts'>,
  kind: 'cache' | 'src',
  name: string,
): readonly string[] {
  return entriesOf(join(kept, kind))
    .map((entry) => entry.name)
    .filter((folder) => hosts.has(REGISTRY.exec(folder)?.[1] ?? ''))
    .sort()
    .map((folder) => `${kind}/${folder}/${name}`)
    .filter((path) => kindOf(join(kept, path)) !== null);
}

/** Whether a build takes a crate from here: unpacked, or the .crate, which is not hashed again either. */
export function isKept(source: CratesSource, dependency: Dependency): boolean {
  const registry = registryOfEntry(source, dependency);
  const of = `${crateIn(dependency.name)}-${dependency.version}`;
  const isThere = (kind: 'cache' | 'src', name: string): boolean =>
    registry !== null && keptAt(source, registry, kind, name).length > 0;
  return isThere('src', of) || isThere('cache', `${of}.crate`);
}
