import type { Conventions } from './conventions.ts';
import { npm } from './npm.ts';
import type { Ecosystem } from '../../model/package.ts';

const CONVENTIONS: Readonly<Record<Ecosystem, Conventions>> = { npm };

/** What an ecosystem writes in its own way. */
export function conventionsOf(ecosystem: Ecosystem): Conventions {
  return CONVENTIONS[ecosystem];
}

/** The ecosystem of that name; null for one that this version of assay has no conventions of. */
export function ecosystemNamed(name: string): Ecosystem | null {
  return Object.hasOwn(CONVENTIONS, name) ? (name as Ecosystem) : null;
}
