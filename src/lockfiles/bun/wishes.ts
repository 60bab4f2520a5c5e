import type { JsonNode, JsonObject } from '../json.ts';
import { fieldsOf, objectOf, type Declaration, type Fields, type NpmEntry } from '../npm/entry.ts';
import type { EdgeKind } from '../reach.ts';

/** A dependency as a folder or package declares it, and in which of its lists. */
export interface Wish extends Declaration {
  readonly kind: EdgeKind;
}

/** Versions that the project keeps in one place: by catalog ("" is the one without a name), then by package. */
export type Catalogs = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What is asked for, and what somebody else is to bring. */
export function asked(wishes: readonly Wish[]): Pick<NpmEntry, 'requires' | 'peers'> {
  const isPeer = ({ kind }: Wish): boolean => kind === 'peer' || kind === 'peerOptional';
  const declared = (those: readonly Wish[]): readonly Declaration[] => those.map(({ name, spec }) => ({ name, spec }));
  return { requires: declared(wishes.filter((wish) => !isPeer(wish))), peers: declared(wishes.filter(isPeer)) };
}

const LISTS = [
  ['dependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['optionalDependencies', 'optional'],
  ['peerDependencies', 'peer'],
] as const;

/** What a folder or package declares; `catalog:` is replaced by what the catalog says. */
export function readWishes(entry: JsonObject, fields: Fields, catalogs: Catalogs): readonly Wish[] {
  const optionalPeers = new Set(readNames(entry.get('optionalPeers'), fields));
  return LISTS.flatMap(([list, kind]) =>
    fields.declarations(list).map(({ name, spec }) => ({
      name,
      spec: fromCatalog(name, spec, catalogs),
      kind: kind === 'peer' && optionalPeers.has(name) ? 'peerOptional' : kind,
    })),
  );
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

/** Reads `catalog` and `catalogs`. */
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
