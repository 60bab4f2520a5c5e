import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { DEPENDENCY_LISTS, requirementsOf, type Requirement } from '../node-modules/package-json.ts';
import { fieldsOf, objectOf, type Fields } from '../node-modules/entry.ts';

/** Versions that the project keeps in one place: by catalog ("" is the one without a name), then by package. */
export type Catalogs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Lists in which Bun repeats a name that package.json lists twice; the first counts. */
export const REPEATED_IN: ReadonlySet<string> = new Set(DEPENDENCY_LISTS.map(([list]) => list));

/** Reads the dependencies that an object of the lockfile declares. */
export function readRequirements(entry: JsonObject, fields: Fields): readonly Requirement[] {
  // Bun ignores a lockfile in which a list has another type, and resolves everything again.
  for (const [list] of DEPENDENCY_LISTS) {
    const node = entry.get(list);
    if (node !== undefined && !(node.value instanceof Map)) return fields.fail(`${list} is not an object`, list);
  }
  return requirementsOf(fields, new Set(readNames(entry.get('optionalPeers'), fields)));
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
  // Exactly the white space that Bun skips.
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
