import type { PackageManager } from '../../model/dependency.ts';
import type { JsonObject, JsonValue } from '../../readers/json.ts';
import { parseManifest } from '../../readers/manifest.ts';
import { fieldsOf, objectOf, type Declaration, type Fields } from './entry.ts';
import type { EdgeKind } from '../common/reach.ts';

/** A dependency as a folder or package declares it, and in which of its lists. */
export interface Wish extends Declaration {
  readonly kind: EdgeKind;
}

/** What a package.json says of what is asked for. */
export interface PackageJson {
  readonly document: JsonObject;
  /** Empty where it has none. */
  readonly name: string;
  readonly wishes: readonly Wish[];
}

/** The lists of dependencies, and what stands in them. */
export const WISH_LISTS = [
  ['dependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['optionalDependencies', 'optional'],
  ['peerDependencies', 'peer'],
] as const;

/** Reads a package.json of the project. Throws LockfileError, naming it, where it cannot be read. */
export function readPackageJson(folder: string, text: string, manager: PackageManager): PackageJson {
  const file = folder === '' ? 'package.json' : `${folder}/package.json`;
  const node = parseManifest(file, text, manager);
  const document = objectOf(file, 'the document', node);
  const fields = fieldsOf(file, folder, node.line, document);
  const metas = document.get('peerDependenciesMeta')?.value;
  const optional = metas instanceof Map ? [...(metas as JsonObject)].filter(([, meta]) => isOptional(meta.value)) : [];
  return {
    document,
    name: fields.text('name') ?? '',
    wishes: wishesOf(fields, new Set(optional.map(([name]) => name))),
  };
}

function isOptional(meta: JsonValue): boolean {
  return meta instanceof Map && (meta as JsonObject).get('optional')?.value === true;
}

export function wishesOf(fields: Fields, optionalPeers: ReadonlySet<string>): readonly Wish[] {
  return WISH_LISTS.flatMap(([list, kind]) =>
    fields.declarations(list).map(({ name, spec }) => ({
      name,
      spec,
      kind: kind === 'peer' && optionalPeers.has(name) ? 'peerOptional' : kind,
    })),
  );
}

/** Whether somebody else is to bring it. */
export function isPeer({ kind }: { readonly kind: EdgeKind }): boolean {
  return kind === 'peer' || kind === 'peerOptional';
}
