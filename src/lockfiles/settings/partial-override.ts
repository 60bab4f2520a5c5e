/**
 * The first of npm's `overrides` that counts for some versions or for a part of the tree only. The lockfile does not record
 * them, and an audit holds it to those alone that count for every package of a name. Null for none.
 */
export function partialOverrideIn(manifest: string): string | null {
  const overrides = recordOf(recordOf(parsed(manifest))['overrides']);
  const isWhole = ([key, value]: readonly [string, unknown]): boolean =>
    /^@?[^@]+$/.test(key) && (typeof value === 'string' || isOwnAlone(recordOf(value)));
  const partial = Object.entries(overrides).find((entry) => !isWhole(entry));
  return partial?.[0] ?? null;
}

/** What stands under the name "." is for the package itself. */
function isOwnAlone(rules: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(rules).every((key) => key === '.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // Its reader says what is wrong with it.
    return null;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
