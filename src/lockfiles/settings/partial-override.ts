import { fieldsOf } from '../../model/value.ts';
import { manifestFields } from '../../readers/manifest.ts';

/**
 * The first of npm's `overrides` that counts for some versions or for a part of the tree only. The lockfile does not
 * record them, and an audit holds it to those alone that count for every package of a name. Null for none.
 */
export function partialOverrideIn(manifest: string): string | null {
  const overrides = fieldsOf(manifestFields('package.json', manifest, 'npm')['overrides']);
  const isWhole = ([key, value]: readonly [string, unknown]): boolean =>
    /^@?[^@]+$/.test(key) && (typeof value === 'string' || isOwnAlone(fieldsOf(value)));
  const partial = Object.entries(overrides).find((entry) => !isWhole(entry));
  return partial?.[0] ?? null;
}

/** What stands under the name "." is for the package itself. */
function isOwnAlone(rules: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(rules).every((key) => key === '.');
}
