import type { EdgeKind } from '../common/reach.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import type { Declaration, EntryFields } from './entry.ts';

const LISTS = [
  ['peerDependencies', 'peer'],
  ['dependencies', 'prod'],
  ['optionalDependencies', 'optional'],
  ['devDependencies', 'dev'],
] as const;

/**
 * The lists of dependencies of a package.json, or of what repeats it, in npm's order: of one name in several, the last
 * counts.
 */
export function readLists(
  manifest: JsonObject,
  fields: EntryFields,
  kinds: readonly EdgeKind[] = ['peer', 'prod', 'optional', 'dev'],
): readonly Declaration[] {
  const found: Declaration[] = [];
  for (const [list, kind] of LISTS) {
    // Most entries have one of the lists, or none.
    if (!kinds.includes(kind) || !manifest.has(list)) continue;
    const optional = kind === 'peer' ? optionalPeers(manifest.get('peerDependenciesMeta')) : null;
    for (const { name, spec } of fields.declarations(list)) {
      found.push({ name, spec, kind: optional?.has(name) === true ? 'peerOptional' : kind });
    }
  }
  return found;
}

function optionalPeers(meta: JsonNode | undefined): ReadonlySet<string> | null {
  if (!(meta?.value instanceof Map)) return null;
  const names = [...(meta.value as JsonObject)].filter(
    ([, { value }]) => value instanceof Map && Boolean((value as JsonObject).get('optional')?.value),
  );
  return new Set(names.map(([name]) => name));
}

/** Name to specifier; of one name in several lists, the last counts. */
export function recordOf(declarations: readonly Declaration[]): Readonly<Record<string, string>> {
  if (declarations.length === 0) return NONE;
  return Object.fromEntries(declarations.map(({ name, spec }) => [name, spec]));
}

const NONE: Readonly<Record<string, string>> = {};

/** The patterns of `workspaces`: a list, or the `packages` of an object. */
export function readWorkspaces(node: JsonNode | undefined): readonly string[] {
  const list = node?.value instanceof Map ? (node.value as JsonObject).get('packages') : node;
  if (!Array.isArray(list?.value)) return [];
  return (list.value as readonly JsonNode[]).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

/** Adds to what is listed under a key. */
export function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
