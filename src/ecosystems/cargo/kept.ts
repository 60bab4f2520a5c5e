import { join } from 'node:path';
import { entriesOf, kindOf } from '../../installed/read.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { CratesSource } from './source.ts';

/** Cargo calls the folder of a registry by its host and a hash of its address. */
const REGISTRY = /^(.+)-[0-9a-f]{16}$/;

/**
 * Paths of a name in the folders of the registries that Cargo takes crates from, relative to `kept`. Which of several
 * folders of one host it would use, nothing says but Cargo: so that each counts. Nothing there is ever written.
 */
export function keptAt(
  { kept, hosts }: Pick<CratesSource, 'kept' | 'hosts'>,
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
export function isKept(source: CratesSource, { name, version }: Dependency): boolean {
  const of = `${name}-${version}`;
  return keptAt(source, 'src', of).length > 0 || keptAt(source, 'cache', `${of}.crate`).length > 0;
}
