import type { PackageManager } from '../model/dependency.ts';
import type { Ecosystem, PackageRef } from '../model/package.ts';
import type { EcosystemRecord, PinnedKeys, Sources } from './ecosystem.ts';
import { npm } from './npm.ts';

/** The ecosystems whose dependencies are verified. Nothing else lists them. */
const RECORDS: readonly EcosystemRecord[] = [npm];

/** Whether packages of an ecosystem can be verified: there are ecosystems that only have words so far. */
export function hasChain(ecosystem: Ecosystem): boolean {
  return RECORDS.some(({ id }) => id === ecosystem);
}

/** The record of the ecosystem that something is of. */
export function ecosystemOf({ ecosystem }: { readonly ecosystem: Ecosystem }): EcosystemRecord {
  const record = RECORDS.find(({ id }) => id === ecosystem);
  if (record === undefined) throw new Error(`there is no chain for packages of ${ecosystem}`);
  return record;
}

/** The address of the registry that is asked for a package, without credentials. */
export function registryOf({ ecosystem, name }: PackageRef, sources: Sources): string {
  return ecosystemOf({ ecosystem }).questions(sources).urlFor(name);
}

/** The record of the ecosystem that a package manager is of. */
export function ecosystemOfManager(manager: PackageManager): EcosystemRecord {
  const record = RECORDS.find(({ conventions }) => Object.hasOwn(conventions.commands.byManager, manager));
  if (record === undefined) throw new Error(`there is no chain for what ${manager} installs`);
  return record;
}

/** Keys that are known whatever a registry says of its own, by the ecosystem that pins them. */
export const PINNED: readonly PinnedKeys[] = RECORDS.flatMap(({ keys }) => keys ?? []);
