import type { PackageManager } from '../model/dependency.ts';
import type { Ecosystem, PackageRef } from '../model/package.ts';
import type { EcosystemRecord, PinnedKeys, Sources } from './ecosystem.ts';
import { cargoEcosystem } from './cargo.ts';
import { goEcosystem } from './go.ts';
import { npmEcosystem } from './npm.ts';
import { pypiEcosystem } from './pypi.ts';

/** The record of each ecosystem; null where there are only words so far, and nothing is verified. */
const RECORDS: Readonly<Record<Ecosystem, EcosystemRecord | null>> = {
  npm: npmEcosystem,
  go: goEcosystem,
  pypi: pypiEcosystem,
  cargo: cargoEcosystem,
};

const VERIFIED = Object.values(RECORDS).filter((record) => record !== null);

/** Whether packages of an ecosystem can be verified. */
export function hasChain(ecosystem: Ecosystem): boolean {
  return RECORDS[ecosystem] !== null;
}

/** The record of the ecosystem that something is of. */
export function ecosystemOf({ ecosystem }: { readonly ecosystem: Ecosystem }): EcosystemRecord {
  const record = RECORDS[ecosystem];
  if (record === null) throw new Error(`there is no chain for packages of ${ecosystem}`);
  return record;
}

/** The address of the registry that is asked for a package, without credentials. */
export function registryOf({ ecosystem, name }: PackageRef, sources: Sources): string {
  return ecosystemOf({ ecosystem }).questions(sources).urlFor(name);
}

/** The record of the ecosystem that a package manager is of. */
export function ecosystemOfManager(manager: PackageManager): EcosystemRecord {
  const record = VERIFIED.find(({ conventions }) => Object.hasOwn(conventions.commands.byManager, manager));
  if (record === undefined) throw new Error(`there is no chain for what ${manager} installs`);
  return record;
}

/** Keys that are known whatever a registry says of its own, by the ecosystem that pins them. */
export const PINNED: readonly PinnedKeys[] = VERIFIED.flatMap(({ keys }) => keys ?? []);
