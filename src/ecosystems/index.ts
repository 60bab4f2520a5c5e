import type { PackageManager } from '../model/dependency.ts';
import type { Ecosystem } from '../model/package.ts';
import type { EcosystemRecord } from './ecosystem.ts';
import { npm } from './npm.ts';

/** The ecosystems whose dependencies are verified. Nothing else lists them. */
const ECOSYSTEMS: readonly EcosystemRecord[] = [npm];

/** The record of the ecosystem that something is of. */
export function ecosystemOf({ ecosystem }: { readonly ecosystem: Ecosystem }): EcosystemRecord {
  const record = ECOSYSTEMS.find(({ id }) => id === ecosystem);
  if (record === undefined) throw new Error(`there is no chain for packages of ${ecosystem}`);
  return record;
}

/** The record of the ecosystem that a package manager is of. */
export function ecosystemOfManager(manager: PackageManager): EcosystemRecord {
  const record = ECOSYSTEMS.find(({ managers }) => managers.includes(manager));
  if (record === undefined) throw new Error(`there is no chain for what ${manager} installs`);
  return record;
}

/** Keys that are known whatever a registry says of its own, by the ecosystem that pins them. */
export const PINNED = ECOSYSTEMS.flatMap(({ keys }) => keys ?? []);
