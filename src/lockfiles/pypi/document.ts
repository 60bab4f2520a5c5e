import { parseToml, type TomlTable } from '../../readers/toml.ts';
import { failing, fieldsOf, type Fields } from './fields.ts';

/** A lockfile in TOML whose entries are tables in one list. */
export interface Document {
  readonly root: TomlTable;
  readonly top: Fields;
  readonly entries: readonly { readonly fields: Fields; readonly line: number }[];
  /** Refuses a file in which a hash stands anywhere but in the entries, of which `files` with a hash were read. */
  readonly refuseOthers: (files: number) => void;
}

/**
 * Reads a lockfile in TOML. Where entries are not written as `[[list]]`, as each tool writes them, all are in line 1.
 */
export function readDocument(file: string, text: string, list: string, remedy: string): Document {
  const { root, headers, hashed } = parseToml(file, text, remedy);
  const fail = failing(file, null, remedy);
  const top = fieldsOf(root, '', fail);
  const lines = headers(list);
  const tables = top.tables(list);
  const entries = tables.map((_, i) => {
    const line = lines.length === tables.length ? (lines[i] ?? 1) : 1;
    const table = (root.get(list) as readonly TomlTable[])[i] ?? new Map();
    return { fields: fieldsOf(table, '', failing(file, line, remedy)), line };
  });
  return {
    ...{ root, top, entries },
    refuseOthers: (files) => {
      if (files !== hashed) fail(`has ${hashed} hashes and entries with ${files}: one stands where none belongs`);
    },
  };
}
