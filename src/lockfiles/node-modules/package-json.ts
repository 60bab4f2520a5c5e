import type { NodeManager } from '../../model/dependency.ts';
import type { JsonObject, JsonValue } from '../../readers/json.ts';
import { parseManifest } from '../../readers/manifest.ts';
import { entryFields, objectOf, type Declaration, type EntryFields } from './entry.ts';
import type { EdgeKind } from '../common/reach.ts';

/** A declared dependency with the list that it stands in. */
export interface Requirement extends Declaration {
  readonly kind: EdgeKind;
}

/** The parts of a package.json that say what is asked for. */
export interface PackageJson {
  readonly document: JsonObject;
  /** Empty where it has none. */
  readonly name: string;
  readonly requirements: readonly Requirement[];
}

/** The lists of dependencies in package.json, with the kind of each. */
export const DEPENDENCY_LISTS = [
  ['dependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['optionalDependencies', 'optional'],
  ['peerDependencies', 'peer'],
] as const;

/** Reads a package.json of the project. Throws LockfileError, naming it, where it cannot be read. */
export function readPackageJson(folder: string, text: string, manager: NodeManager): PackageJson {
  const file = folder === '' ? 'package.json' : `${folder}/package.json`;
  const node = parseManifest(file, text, manager);
  const document = objectOf(file, 'the document', node);
  const fields = entryFields(file, folder, node.line, document);
  const metas = document.get('peerDependenciesMeta')?.value;
  const optional = metas instanceof Map ? [...(metas as JsonObject)].filter(([, meta]) => isOptional(meta.value)) : [];
  return {
    document,
    name: fields.text('name') ?? '',
    requirements: requirementsOf(fields, new Set(optional.map(([name]) => name))),
  };
}

function isOptional(meta: JsonValue): boolean {
  return meta instanceof Map && (meta as JsonObject).get('optional')?.value === true;
}

export function requirementsOf(fields: EntryFields, optionalPeers: ReadonlySet<string>): readonly Requirement[] {
  return DEPENDENCY_LISTS.flatMap(([list, kind]) =>
    fields.declarations(list).map(({ name, spec }) => ({
      name,
      spec,
      kind: kind === 'peer' && optionalPeers.has(name) ? 'peerOptional' : kind,
    })),
  );
}

/** Whether it is a peer dependency, which another package has to bring. */
export function isPeer({ kind }: { readonly kind: EdgeKind }): boolean {
  return kind === 'peer' || kind === 'peerOptional';
}
