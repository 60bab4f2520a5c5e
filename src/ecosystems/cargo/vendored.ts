import { join } from 'node:path';
import { entriesOf, kindOf, readSmall } from '../../installed/read.ts';
import { InstalledError } from '../../installed/tree.ts';
import { MAX_CONFIG_BYTES } from '../../model/limits.ts';
import { LockfileError } from '../../readers/error.ts';
import { tableOf } from '../../readers/toml-tables.ts';
import { parseToml } from '../../readers/toml.ts';
import type { CratesSource } from './source.ts';

/** The copies of a folder that Cargo takes crates from. */
export interface VendoredCopies {
  /** By `NAME VERSION`: the folders that Cargo takes for it, of which the last one that it reads counts. */
  readonly of: ReadonlyMap<string, readonly string[]>;
  /** Folders of which it cannot be said what Cargo takes them for. */
  readonly unclear: readonly string[];
}

/** Folders of a vendor/ as large as any. */
const MAX_FOLDERS = 100_000;

/**
 * Finds the copies as Cargo does: each folder with a Cargo.toml, whatever it is called, is what that says, and names
 * that begin with a dot are passed over. Throws InstalledError for what is no folder.
 */
export function findVendored({ path, shown }: NonNullable<CratesSource['vendored']>): VendoredCopies {
  if (kindOf(path) !== 'folder') {
    throw new InstalledError(`${shown} is no folder that can be compared: assay follows no links to what is vendored`);
  }
  const entries = entriesOf(path).filter(({ name }) => !name.startsWith('.'));
  if (entries.length > MAX_FOLDERS) throw new InstalledError(`${shown} has more than ${MAX_FOLDERS} entries`);
  const of = new Map<string, string[]>();
  const unclear: string[] = [];
  for (const entry of entries) {
    const manifest = join(path, entry.name, 'Cargo.toml');
    if (!entry.isSymbolicLink() && kindOf(manifest) === null) continue;
    const id = entry.isDirectory() ? packageIn(manifest) : null;
    if (id === null) unclear.push(entry.name);
    else of.set(id, [...(of.get(id) ?? []), entry.name]);
  }
  return { of, unclear: unclear.sort() };
}

/** Null for what cannot be read, or takes a part of it from elsewhere. */
function packageIn(manifest: string): string | null {
  const bytes = readSmall(manifest, MAX_CONFIG_BYTES);
  if (bytes === null) return null;
  try {
    const { root } = parseToml('Cargo.toml', bytes.toString('utf8'), 'mend it');
    if (root.has('package') && root.has('project')) return null;
    const own = tableOf(root.get('package') ?? root.get('project'));
    const [name, version] = [own.get('name'), own.get('version')];
    return typeof name === 'string' && typeof version === 'string' ? `${name} ${version}` : null;
  } catch (error) {
    if (error instanceof LockfileError) return null;
    throw error;
  }
}
