import type { Conventions, ManagerCommands } from './conventions.ts';
import { cargoConventions } from './cargo.ts';
import { goConventions } from './go.ts';
import { npmConventions } from './npm.ts';
import { pypiConventions } from './pypi.ts';
import type { PackageManager } from '../../model/dependency.ts';
import { DEFAULT_ECOSYSTEM, type Ecosystem } from '../../model/package.ts';

const CONVENTIONS: Readonly<Record<Ecosystem, Conventions>> = {
  npm: npmConventions,
  go: goConventions,
  pypi: pypiConventions,
  cargo: cargoConventions,
};

/** The ecosystems by the names that stand before those of packages. */
export const ECOSYSTEMS = Object.keys(CONVENTIONS) as readonly Ecosystem[];

/** A text that begins with an ecosystem's name and a colon, taken apart; without one it is of the default ecosystem. */
export function splitEcosystem(text: string): { readonly ecosystem: Ecosystem; readonly rest: string } | null {
  const [, prefix, rest = ''] = /^(?:([^:@/]*):)?(.*)$/s.exec(text) ?? [];
  const ecosystem = prefix === undefined ? DEFAULT_ECOSYSTEM : ecosystemNamed(prefix);
  return ecosystem === null ? null : { ecosystem, rest };
}

/** What an ecosystem writes in its own way. */
export function conventionsOf(ecosystem: Ecosystem): Conventions {
  return CONVENTIONS[ecosystem];
}

/** The conventions of the ecosystem that a package manager installs from. */
export function conventionsOfManager(manager: PackageManager): Conventions {
  const found = Object.values(CONVENTIONS).find(({ commands }) => commands.byManager[manager] !== undefined);
  if (found === undefined) throw new Error(`there are no conventions of ${manager}`);
  return found;
}

/** How a package manager is told what to do. */
export function commandsOf(manager: PackageManager): ManagerCommands {
  const found = conventionsOfManager(manager).commands.byManager[manager];
  if (found === undefined) throw new Error(`there are no commands of ${manager}`);
  return found;
}

/** The ecosystem of that name; null for one that this version of assay has no conventions of. */
export function ecosystemNamed(name: string): Ecosystem | null {
  return Object.hasOwn(CONVENTIONS, name) ? (name as Ecosystem) : null;
}

/**
 * The ecosystem that records of the Open Source Vulnerability format call so, perhaps with its open registry behind it
 * (`npm:https://registry.npmjs.org`); null for another one.
 */
export function ecosystemOfOsv(name: string): Ecosystem | null {
  const [, own = '', registry] = /^([^:]*)(?::(.*))?$/s.exec(name.toLowerCase()) ?? [];
  const ecosystem = ECOSYSTEMS.find((one) => CONVENTIONS[one].osv.ecosystem.toLowerCase() === own);
  const isOpen = registry === undefined || isPublicRegistry(`${registry.replace(/\/$/, '')}/`);
  return ecosystem !== undefined && isOpen ? ecosystem : null;
}

/** Whether an address is a registry where anybody can publish under any name that is free, of whichever ecosystem. */
export function isPublicRegistry(address: string): boolean {
  return Object.values(CONVENTIONS).some(({ names }) => names.isPublicRegistry(address));
}
