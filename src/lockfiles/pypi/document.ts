import { parseToml, type TomlTable } from '../../readers/toml.ts';
import { failing, fieldsOf, type Fields } from './fields.ts';

/** A lockfile in TOML whose entries are tables in one list. */
export interface Document {
  readonly root: TomlTable;
  readonly top: Fields;
  readonly entries: readonly { readonly fields: Fields; readonly line: number }[];
}

/** Reads a lockfile in TOML. Refuses entries that are not written as `[[list]]`, as each tool writes them. */
export function readDocument(file: string, text: string, list: string, remedy: string): Document {
  const { root, headers } = parseToml(file, text, remedy);
  const fail = failing(file, null, remedy);
  const top = fieldsOf(root, '', fail);
  const lines = headers(list);
  const found = root.get(list) ?? [];
  if (!Array.isArray(found) || found.length !== lines.length) {
    return fail(`has entries that do not begin with [[${list}]]`);
  }
  const entries = (found as readonly TomlTable[]).map((table, i) => {
    const line = lines[i] ?? 1;
    return { fields: fieldsOf(table, '', failing(file, line, remedy)), line };
  });
  return { root, top, entries };
}
