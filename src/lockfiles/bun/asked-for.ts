import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { WISH_LISTS, wishesOf, type Wish } from '../node-modules/package-json.ts';
import { fieldsOf, objectOf, type Fields } from '../node-modules/entry.ts';

/** Versions that the project keeps in one place: by catalog ("" is the one without a name), then by package. */
export type Catalogs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Bun writes what a package.json says twice as often; the first counts. */
export const REPEATED_IN: ReadonlySet<string> = new Set(WISH_LISTS.map(([list]) => list));

/** What an object of the lockfile declares. */
export function readWishes(entry: JsonObject, fields: Fields): readonly Wish[] {
  // Bun drops a file in which a list is anything else, and resolves anew.
  for (const [list] of WISH_LISTS) {
    const node = entry.get(list);
    if (node !== undefined && !(node.value instanceof Map)) return fields.fail(`${list} is not an object`, list);
  }
  return wishesOf(fields, new Set(readNames(entry.get('optionalPeers'), fields)));
}

function readNames(node: JsonNode | undefined, fields: Fields): readonly string[] {
  if (node === undefined) return [];
  if (!Array.isArray(node.value)) return fields.fail('optionalPeers is not a list', 'optionalPeers');
  return (node.value as readonly JsonNode[]).map(({ value }) =>
    typeof value === 'string' ? value : fields.fail('optionalPeers has what is not a name', 'optionalPeers'),
  );
}

/** What "catalog:" or "catalog:NAME" stands for; any other specifier is returned as it is. */
export function fromCatalog(name: string, spec: string, catalogs: Catalogs): string {
  if (!spec.startsWith('catalog:')) return spec;
  // The white space that Bun passes over: no other.
  const catalog = spec.slice('catalog:'.length).replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
  return catalogs.get(catalog)?.get(name) ?? spec;
}

/** Reads `catalog` and `catalogs` of a lockfile or a package.json. */
export function readCatalogs(file: string, document: JsonObject): Catalogs {
  const catalogs = new Map<string, ReadonlyMap<string, string>>();
  const read = (name: string, what: string, node: JsonNode): void => {
    const holder: JsonObject = new Map([[what, node]]);
    const declared = fieldsOf(file, what, node.line, holder, 'Bun').declarations(what);
    catalogs.set(name, new Map(declared.map((each) => [each.name, each.spec])));
  };
  const unnamed = document.get('catalog');
  if (unnamed !== undefined) read('', 'catalog', unnamed);
  const named = document.get('catalogs');
  if (named === undefined) return catalogs;
  for (const [name, node] of objectOf(file, 'catalogs', named, 'Bun')) read(name, `catalogs of ${name}`, node);
  return catalogs;
}
