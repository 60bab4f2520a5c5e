import type { JsonNode, JsonObject } from '../json.ts';
import { fieldsOf, objectOf, type Declaration, type Fields } from '../npm/entry.ts';
import type { EdgeKind } from '../reach.ts';

/** A dependency as a folder or package declares it, and in which of its lists. */
export interface Wish extends Declaration {
  readonly kind: EdgeKind;
}

/** Versions that the project keeps in one place: by catalog ("" is the one without a name), then by package. */
export type Catalogs = ReadonlyMap<string, ReadonlyMap<string, string>>;

const LISTS = [
  ['dependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['optionalDependencies', 'optional'],
  ['peerDependencies', 'peer'],
] as const;

/** Bun writes what a package.json says twice as often; the first counts. */
export const REPEATED_IN: ReadonlySet<string> = new Set(LISTS.map(([list]) => list));

/** What an object of the lockfile declares. */
export function readWishes(entry: JsonObject, fields: Fields): readonly Wish[] {
  // Bun drops a file in which a list is anything else, and resolves anew.
  for (const [list] of LISTS) {
    const node = entry.get(list);
    if (node !== undefined && !(node.value instanceof Map)) return fields.fail(`${list} is not an object`, list);
  }
  return wishesOf(fields, new Set(readNames(entry.get('optionalPeers'), fields)));
}

export function wishesOf(fields: Fields, optionalPeers: ReadonlySet<string>): readonly Wish[] {
  return LISTS.flatMap(([list, kind]) =>
    fields.declarations(list).map(({ name, spec }) => ({
      name,
      spec,
      kind: kind === 'peer' && optionalPeers.has(name) ? 'peerOptional' : kind,
    })),
  );
}

/** Whether somebody else is to bring it. */
export function isPeer({ kind }: Wish): boolean {
  return kind === 'peer' || kind === 'peerOptional';
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
  return catalogs.get(spec.slice('catalog:'.length).trim())?.get(name) ?? spec;
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
