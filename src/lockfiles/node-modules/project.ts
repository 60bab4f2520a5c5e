import type { ProjectManifests } from '../common/format.ts';
import type { JsonObject, JsonValue } from '../../readers/json.ts';
import { parseManifest } from '../../readers/manifest.ts';
import { fieldsOf, objectOf, type Declaration } from './entry.ts';
import { addTo, readLists, readWorkspaces, recordOf } from './lists.ts';
import { aliasTarget, specKind } from './specs.ts';

/** What the project's package.json files ask for. */
interface ProjectRequirements {
  /** By folder. */
  readonly declared: ReadonlyMap<string, readonly Declaration[]>;
  /** Web addresses and aliases that `overrides` of the project puts in place of whatever the tree asks for. */
  readonly overrides: ReadonlySet<string>;
}

/** What else npm reads of the project's package.json files. */
export interface NpmProject extends ProjectRequirements {
  /** Names of the packages in its folders. */
  readonly names: ReadonlyMap<string, string>;
  /** Patterns of its workspaces; null where there is no package.json. */
  readonly workspaces: readonly string[] | null;
  /** Versions of the packages in its folders, where package.json has one. */
  readonly versions: ReadonlyMap<string, string>;
  /** What `overrides` puts in the place of a package, at whatever depth: specifiers by name. */
  readonly replaced: ReadonlyMap<string, readonly string[]>;
  /** Of these, those that apply for every asker and every version. */
  readonly demanded: ReadonlyMap<string, string>;
}

/** Throws LockfileError, naming the package.json, where one cannot be read. */
export function readManifests(manifests: ProjectManifests): NpmProject {
  const names = new Map<string, string>();
  const versions = new Map<string, string>();
  const demanded = new Map<string, string>();
  const replaced = new Map<string, string[]>();
  let workspaces: readonly string[] | null = null;
  const declared = new Map<string, readonly Declaration[]>();
  const overrides = new Set<string>();
  for (const [folder, text] of manifests) {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    const node = parseManifest(file, text, 'npm');
    const manifest = objectOf(file, 'the document', node);
    const fields = fieldsOf(file, folder, node.line, manifest);
    const asked = readLists(manifest, fields);
    declared.set(folder, asked);
    const name = manifest.get('name')?.value;
    if (typeof name === 'string') names.set(folder, name);
    const version = manifest.get('version')?.value;
    if (typeof version === 'string') versions.set(folder, version);
    if (folder !== '') continue;
    workspaces = readWorkspaces(manifest.get('workspaces'));
    const own = manifest.get('overrides');
    if (own === undefined) continue;
    collectOverrides(own.value, overrides);
    collectReplaced(own.value, recordOf(asked), replaced);
    for (const key of own.value instanceof Map ? (own.value as JsonObject).keys() : []) {
      const [spec, ...others] = replaced.get(key) ?? [];
      const isOnly = spec !== undefined && others.length === 0;
      if (isOnly && ruleOf((own.value as JsonObject).get(key)?.value ?? null) !== null) demanded.set(key, spec);
    }
  }
  return { declared, overrides, names, versions, workspaces, replaced, demanded };
}

/** Adds the web addresses and aliases among overrides, however deep they stand. */
function collectOverrides(value: JsonValue, into: Set<string>): void {
  if (typeof value === 'string' && (specKind(value) === 'http' || aliasTarget(value) !== null)) into.add(value);
  if (value instanceof Map) for (const node of (value as JsonObject).values()) collectOverrides(node.value, into);
}

/** Adds what stands under each name; `$NAME` is what the project itself asks for by that name. */
function collectReplaced(value: JsonValue, own: Readonly<Record<string, string>>, into: Map<string, string[]>): void {
  if (!(value instanceof Map)) return;
  for (const [key, node] of value as JsonObject) {
    const rule = ruleOf(node.value);
    const name = /^(@?[^@]+)/.exec(key)?.[1];
    if (rule !== null && name !== undefined) {
      const ref = rule.startsWith('$') ? rule.slice(1) : null;
      const spec = ref === null ? rule : Object.hasOwn(own, ref) ? own[ref] : undefined;
      if (spec !== undefined) addTo(into, name, spec);
    }
    collectReplaced(node.value, own, into);
  }
}

/** What stands for the package itself that a key of `overrides` means; null where there is only what is below it. */
function ruleOf(value: JsonValue): string | null {
  const rule = value instanceof Map ? (value as JsonObject).get('.')?.value : value;
  return typeof rule === 'string' ? rule : null;
}
