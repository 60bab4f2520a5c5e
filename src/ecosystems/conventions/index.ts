import type { Conventions } from './conventions.ts';
import { go } from './go.ts';
import { npm } from './npm.ts';
import type { Ecosystem } from '../../model/package.ts';

const CONVENTIONS: Readonly<Record<Ecosystem, Conventions>> = { npm, go };

/** The ecosystems by the names that stand before those of packages. */
export const ECOSYSTEMS = Object.keys(CONVENTIONS) as readonly Ecosystem[];

/** The ecosystem that is meant where a file or a command names a package without one. */
export const DEFAULT_ECOSYSTEM: Ecosystem = 'npm';

/** What an ecosystem writes in its own way. */
export function conventionsOf(ecosystem: Ecosystem): Conventions {
  return CONVENTIONS[ecosystem];
}

/** The ecosystem of that name; null for one that this version of assay has no conventions of. */
export function ecosystemNamed(name: string): Ecosystem | null {
  return Object.hasOwn(CONVENTIONS, name) ? (name as Ecosystem) : null;
}

/** Whether an address is a registry where anybody can publish under any name that is free, of whichever ecosystem. */
export function isPublicRegistry(address: string): boolean {
  return Object.values(CONVENTIONS).some(({ names }) => names.isPublicRegistry(address));
}
