import type { Conventions } from './conventions.ts';
import { go } from './go.ts';
import { npm } from './npm.ts';
import type { Ecosystem } from '../../model/package.ts';

const CONVENTIONS: Readonly<Record<Ecosystem, Conventions>> = { npm, go };

/** What an ecosystem writes in its own way. */
export function conventionsOf(ecosystem: Ecosystem): Conventions {
  return CONVENTIONS[ecosystem];
}
