import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { fieldsOf, type Fields } from '../../model/value.ts';

/** What the project declares of one kind, as each pnpm that may be run takes it. */
export type Declared = readonly Fields[];

/**
 * pnpm takes these from package.json up to version 10, and from pnpm-workspace.yaml since version 10; where both have
 * them, as `merge` says. `packageManager` may say which it is.
 */
export function declaredSets(
  manifest: unknown,
  workspace: unknown,
  packageManager: unknown,
  merge: (manifest: Fields, workspace: Fields) => Fields,
): Declared {
  const pinned = typeof packageManager === 'string' ? /^pnpm@(\d+)/.exec(packageManager)?.[1] : undefined;
  const [older, newer] = [fieldsOf(manifest), fieldsOf(workspace)];
  const isOfBoth = !isEmpty(older) && !isEmpty(newer);
  const upTo10 = [isEmpty(newer) ? older : merge(older, newer), ...(isOfBoth ? [older] : [])];
  if (pinned === undefined) return [newer, ...upTo10];
  return Number(pinned) > 10 ? [newer] : upTo10;
}

export function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

/**
 * Whether a lockfile's `packageExtensionsChecksum` is that of these extensions, as pnpm 7 to 9 write it (MD5 of their
 * JSON), or pnpm 10 and later (SHA-256 of their parts, as the package object-hash counts them).
 */
export function isChecksumOf(checksum: unknown, extensions: Fields): boolean {
  if (isEmpty(extensions)) return checksum === undefined;
  return [extensions, withNumbers(extensions)].some((one) =>
    [md5(JSON.stringify(one)), md5(JSON.stringify(sorted(one))), `sha256-${sha256(parts(one))}`].includes(
      String(checksum),
    ),
  );
}

/** Patches by what they are for: files, where they are known. */
export function patchFiles(patches: Fields): ReadonlyMap<string, string | null> {
  return new Map(
    Object.entries(patches).map(([selector, value]) => {
      const file = typeof value === 'string' ? value : fieldsOf(value)['path'];
      return [selector, typeof file === 'string' ? posix.normalize(file.replaceAll('\\', '/')) : null];
    }),
  );
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** What stands without quotes in YAML is read as text here, and as a number by pnpm. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'string') return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return mapped(value, withNumbers, Object.keys);
}

function sorted(value: unknown): unknown {
  return mapped(value, sorted, (fields) => Object.keys(fields).sort());
}

function mapped(value: unknown, change: (value: unknown) => unknown, keysOf: (fields: Fields) => string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = fieldsOf(value);
  return Object.fromEntries(keysOf(fields).map((key) => [key, change(fields[key])]));
}

function parts(value: unknown): string {
  if (typeof value === 'string') return `string:${value.length}:${value}`;
  if (typeof value === 'boolean') return `bool:${value}`;
  if (typeof value === 'number') return `number:${value}`;
  if (value === null) return 'Null';
  const fields = fieldsOf(value);
  const keys = Object.keys(fields).sort();
  return `object:${keys.length}:${keys.map((key) => `${parts(key)}:${parts(fields[key])},`).join('')}`;
}
