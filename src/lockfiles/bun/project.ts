import type { ProjectManifests } from '../common/format.ts';
import type { JsonObject, JsonValue } from '../../readers/json.ts';
import { readPackageJson, type PackageJson, type Requirement } from '../node-modules/package-json.ts';
import type { Folder } from './folders.ts';
import { fromCatalog, readCatalogs, type Catalogs } from './asked-for.ts';

/** What the project, its workspaces and the folders that they link ask for, and what they are called. */
export interface Project {
  /** By folder, where there is its package.json. */
  readonly declared: ReadonlyMap<string, readonly Requirement[]>;
  /** The workspaces' names, and the project's own, by folder. */
  readonly names: ReadonlyMap<string, string>;
  /** Overrides: specifiers by the name whose packages they replace anywhere in the tree. */
  readonly overrides: ReadonlyMap<string, readonly string[]>;
  /** The same by whose they are, `PARENT > NAME@RANGE`, as the project has them, and as its lockfile records them. */
  readonly declaredOverrides: ReadonlyMap<string, readonly string[]>;
  readonly lockedOverrides: ReadonlyMap<string, readonly string[]>;
  /** The project's package.json; null where there is none. */
  readonly manifest: JsonObject | null;
  /** What `catalog:` stands for. */
  readonly resolved: (requirement: Requirement) => Requirement;
}

/** The specifier that the project itself has for a name. */
const OWN = /^\$(.+)$/;

/**
 * Reads the package.json files. If the project has one, these files decide, and only the workspaces among them belong
 * to the project: Bun does not compare everything its lockfile says of workspaces, catalogs and overrides, and would
 * install from it. Without one, the lockfile is all there is.
 */
export function readProject(
  file: string,
  document: JsonObject,
  locked: readonly Folder[],
  manifests: ProjectManifests,
): Project {
  const read = new Map([...manifests].map(([folder, text]) => [folder, readPackageJson(folder, text, 'bun')]));
  const own = read.get('');
  const declared = new Map([...read].map(([folder, { requirements }]) => [folder, requirements]));
  const names =
    own === undefined
      ? new Map(locked.map(({ location, name }) => [location, name]))
      : new Map([...read].map(([folder, { name }]) => [folder, name]));
  const catalogs = own === undefined ? readCatalogs(file, document) : catalogsOf(own);
  const resolved = (requirement: Requirement): Requirement => ({
    ...requirement,
    spec: fromCatalog(requirement.name, requirement.spec, catalogs),
  });
  const overridesIn = (source: JsonObject, keyOf: (path: readonly string[]) => string): Overrides => {
    const overrides = new Map<string, string[]>();
    const collect = (path: readonly string[], value: JsonValue): void => {
      if (value instanceof Map) {
        for (const [key, node] of value as JsonObject)
          collect(key === '.' ? path : [...path, ...pathIn(key)], node.value);
      } else if (typeof value === 'string') {
        const name = nameIn(path.at(-1) ?? '');
        const wanted = OWN.exec(value)?.[1];
        const specs =
          own?.requirements.filter((requirement) => requirement.name === wanted).map(({ spec }) => spec) ?? [];
        const known = overrides.get(keyOf(path)) ?? [];
        const added = [value, ...specs].map((spec) => fromCatalog(name, spec, catalogs));
        overrides.set(keyOf(path), [...known, ...added]);
      }
    };
    for (const field of OVERRIDES) collect([], source.get(field)?.value ?? null);
    return overrides;
  };
  const byName = (path: readonly string[]): string => nameIn(path.at(-1) ?? '');
  const byPath = (path: readonly string[]): string => path.join(' > ');
  return {
    declared,
    names,
    overrides: overridesIn(own?.document ?? document, byName),
    declaredOverrides: overridesIn(own?.document ?? document, byPath),
    lockedOverrides: overridesIn(document, byPath),
    manifest: own?.document ?? null,
    resolved,
  };
}

const OVERRIDES = ['overrides', 'resolutions'] as const;

type Overrides = ReadonlyMap<string, readonly string[]>;

/** "PARENT", "NAME@RANGE" of "PARENT/NAME@RANGE", of "PARENT>NAME@RANGE" and of the same with globs. */
function pathIn(key: string): readonly string[] {
  const steps = key.split(/(?<=[^\s@|])>(?=[^=])/);
  return steps.flatMap((step) => [...step.matchAll(STEP)].map(([one]) => one).filter((one) => !/^\*+$/.test(one)));
}

/** A name and its range, in which a slash stands only behind what no name has. */
const STEP = /(?:@[^/@]+\/)?[^/@]+(?:@[^/]*(?:\/\/.*)?)?/g;

/** NAME of "NAME" and "NAME@RANGE". */
export function nameIn(step: string): string {
  return step.replace(/(?<=.)@.*$/s, '');
}

/** What stands under `workspaces` outranks what stands beside it. */
function catalogsOf({ document }: PackageJson): Catalogs {
  const workspaces = document.get('workspaces')?.value;
  const inside = workspaces instanceof Map ? (workspaces as JsonObject) : [];
  return readCatalogs('package.json', new Map([...document, ...inside]));
}
