import { settingName, textsOf } from '../../lockfiles/settings/names.ts';
import type { NodeCommand } from './node-words.ts';

/** Options that leave out development dependencies, in npm, pnpm, Yarn 1 and Bun. */
const PRODUCTION: readonly string[] = ['production', 'prod', 'P', 'p'];

/** Whether the words of a command leave out dependencies of a kind (of `--omit`), so that the audit may, too. */
export function isOmittedBy({ installer, settings }: NodeCommand, kind: string): boolean {
  const valuesOf = (...names: readonly string[]): readonly string[] =>
    settings.flatMap(([key, value]) => (names.includes(key) || names.includes(settingName(key)) ? textsOf(value) : []));
  if (installer === 'vlt' || (installer === 'npm' && valuesOf('include').includes(kind))) return false;
  if (['npm', 'bun'].includes(installer) && valuesOf('omit').includes(kind)) return true;
  if (kind === 'dev') return valuesOf(...PRODUCTION).includes('true') && !valuesOf('dev').includes('true');
  const without = kind === 'optional' ? [...valuesOf('ignore-optional'), ...valuesOf('optional').map(negated)] : [];
  return without.includes('true') && !without.includes('false');
}

function negated(value: string): string {
  return value === 'false' ? 'true' : 'false';
}
