import type { ProjectManifests } from '../format.ts';
import { parseJson, type JsonObject, type JsonValue } from '../json.ts';
import { fieldsOf, objectOf, type Declaration } from './entry.ts';
import { aliasTarget, specKind } from './specs.ts';

/** What the project's package.json files ask for. */
export interface ProjectWishes {
  /** By folder. */
  readonly declared: ReadonlyMap<string, readonly Declaration[]>;
  /** Web addresses and aliases that `overrides` of the project puts in place of whatever the tree asks for. */
  readonly overrides: ReadonlySet<string>;
}

/** Throws LockfileError, naming the package.json, where one cannot be read. */
export function readManifests(manifests: ProjectManifests): ProjectWishes {
  const declared = new Map<string, readonly Declaration[]>();
  const overrides = new Set<string>();
  for (const [folder, text] of manifests) {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    // People write this file, and npm bears a key that stands twice.
    const node = parseJson(file, text.replace(/^\uFEFF/, ''), { repeatedKeys: 'last' });
    const manifest = objectOf(file, 'the document', node);
    const fields = fieldsOf(file, folder, node.line, manifest);
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
    declared.set(folder, fields.declarations(...kinds));
    const own = manifest.get('overrides');
    if (folder === '' && own !== undefined) collectOverrides(own.value, overrides);
  }
  return { declared, overrides };
}

/** Adds the web addresses and aliases among overrides, however deep they stand. */
export function collectOverrides(value: JsonValue, into: Set<string>): void {
  if (typeof value === 'string' && (specKind(value) === 'http' || aliasTarget(value) !== null)) into.add(value);
  if (value instanceof Map) for (const node of (value as JsonObject).values()) collectOverrides(node.value, into);
}
