import { isWorkspace } from '../../model/workspaces.ts';
import { fieldsOf, type Fields } from '../../model/value.ts';
import type { ProjectManifests, ProjectSettings } from '../common/format.ts';
import { readPackageJson, type Requirement } from '../node-modules/package-json.ts';
import type { Options } from './options.ts';

/** What the project and its workspaces ask for, and what they are called. */
export interface Project {
  /** By folder, where there is its package.json. */
  readonly declared: ReadonlyMap<string, readonly Requirement[]>;
  /** The workspaces' names, and the project's own, by folder; null where only the lockfile knows. */
  readonly names: ReadonlyMap<string, string> | null;
  /** What modifiers put in the place of what is asked for by a name; by "" for any name. */
  readonly modifiers: ReadonlyMap<string, readonly string[]>;
  /** What "catalog:" or "catalog:NAME" stands for; any other specifier as it is. */
  readonly fromCatalog: (name: string, spec: string) => string;
  /** Whether vlt.json names the folder among its workspaces. */
  readonly isWorkspace: (folder: string) => boolean;
}

/**
 * What package.json and vlt.json say, where there is a package.json: vlt takes catalogs from the lockfile and does not
 * compare them, and modifiers are not read from it at all. Without one there is the lockfile's word.
 */
export function readProject(options: Options, manifests: ProjectManifests, settings: ProjectSettings): Project {
  const read = [...manifests].map(([folder, text]) => [folder, readPackageJson(folder, text, 'vlt')] as const);
  const isKnown = manifests.has('');
  const own = fieldsOf(settings[0]?.content);
  const workspaces = own['workspaces'];
  const patterns = [typeof workspaces === 'object' && workspaces !== null ? Object.values(workspaces) : workspaces]
    .flat(2)
    .filter((pattern) => typeof pattern === 'string');
  const catalogs = isKnown ? catalogsOf(own) : options.catalogs;
  return {
    declared: new Map(read.map(([folder, { requirements }]) => [folder, requirements])),
    names: isKnown ? new Map(read.map(([folder, { name }]) => [folder, name])) : null,
    modifiers: modifiersOf(isKnown ? textsOf(own['modifiers']) : options.modifiers),
    isWorkspace: (folder) => isWorkspace(patterns, folder),
    fromCatalog: (name, spec) =>
      spec.startsWith('catalog:') ? (catalogs.get(spec.slice('catalog:'.length))?.get(name) ?? spec) : spec,
  };
}

function catalogsOf(own: Fields): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const named = Object.entries(fieldsOf(own['catalogs']));
  return new Map([['', textsOf(own['catalog'])], ...named.map(([name, each]) => [name, textsOf(each)] as const)]);
}

/** By the name that ends a selector: ":root > #a > #@s\/b". */
function modifiersOf(declared: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const modifiers = new Map<string, string[]>();
  for (const [selector, spec] of declared) {
    const name = /#((?:@[\w.-]+\/)?[\w.-]+)[^#>]*$/.exec(selector.replaceAll('\\', ''))?.[1] ?? '';
    const known = modifiers.get(name);
    if (known === undefined) modifiers.set(name, [spec]);
    else known.push(spec);
  }
  return modifiers;
}

function textsOf(value: unknown): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(fieldsOf(value)).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : [])),
  );
}
