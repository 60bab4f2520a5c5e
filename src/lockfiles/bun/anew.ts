import type { PlacedFinding } from '../../model/dependency.ts';
import { isWorkspace } from '../../model/workspaces.ts';
import { isOutside, missingEntry, otherOverride, otherPatch, otherVersion, rangeOf } from '../common/anew.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import type { Requirement } from '../node-modules/package-json.ts';
import { addTo, readWorkspaces } from '../node-modules/lists.ts';
import { specKind } from '../node-modules/specs.ts';
import type { Folder } from './folders.ts';
import type { Entry } from './packages.ts';
import { nameIn, type Project } from './project.ts';

/**
 * Differences between lockfile and project, which `bun install --frozen-lockfile` refuses and a plain `bun install`
 * resolves again. Bun does not compare what packages ask for. `find` says what a name means in a folder.
 */
export function resolvedAnewIn(
  file: string,
  document: JsonObject,
  locked: readonly Folder[],
  entries: readonly Entry[],
  project: Project,
  find: (folder: Folder, name: string) => Entry | null,
): readonly PlacedFinding[] {
  const { declared, manifest } = project;
  if (manifest === null) return [];
  const byFolder = new Map(locked.map((folder) => [folder.location, folder]));
  const patterns = readWorkspaces(manifest.get('workspaces'));
  const found: PlacedFinding[] = [];
  for (const [location, requirements] of declared) {
    const folder = byFolder.get(location) ?? null;
    // A folder that is only asked for by its path is not a workspace.
    if (folder === null && !isWorkspace(patterns, location)) continue;
    const by = location === '' ? '.' : location;
    const names = new Set(folder?.requirements.map(({ name }) => name));
    const asked = new Map<string, Requirement[]>();
    for (const requirement of requirements) addTo(asked, requirement.name, project.resolved(requirement));
    for (const [name, own] of asked) {
      const { spec, kind } = own[0] ?? { spec: '', kind: 'prod' };
      const entry = folder === null ? null : find(folder, name);
      const place = { file, line: folder?.line ?? 1, path: `${by} > ${name}` };
      if (!names.has(name)) {
        if (kind !== 'peerOptional') found.push(missingEntry(place, { name, spec, by }));
      } else if (entry === null) {
        // Optional dependencies may have been left out.
        if (kind === 'prod' || kind === 'dev') found.push(missingEntry(place, { name, spec, by }));
      } else if (isOther(entry, own, project)) {
        found.push(
          otherVersion({ ...place, line: entry.line, path: entry.location }, versionOf(entry), { name, spec, by }),
        );
      }
    }
  }
  const names = new Set([...locked.map(({ name }) => name), ...entries.flatMap(namesOf)]);
  return [
    ...found,
    ...differencesOfOverrides(file, document, project, names),
    ...differencesOfPatches(file, document, manifest, names),
  ];
}

/** Whether no range that asks for the name, nor an override that replaces it, allows this version. */
function isOther(entry: Entry, requirements: readonly Requirement[], { overrides }: Project): boolean {
  if (entry.kind !== 'package' || entry.source.kind !== 'registry') return false;
  const specs = [...requirements.map(({ spec }) => spec), ...(overrides.get(entry.installed) ?? [])];
  return specs.every((spec) => specKind(spec) === 'registry' && isOutside(rangeOf(spec), entry.version));
}

function versionOf(entry: Entry): string {
  return entry.kind === 'package' ? entry.version : entry.resolution;
}

function namesOf(entry: Entry): readonly string[] {
  return entry.kind === 'package' ? [entry.installed, entry.name] : [entry.installed];
}

/**
 * Compares the overrides of project and lockfile, where `$NAME` is already replaced. One for a part of the tree, or for
 * some versions, is nothing to versions of Bun that do not record it; where it names what the lockfile has, others
 * install by it.
 */
function differencesOfOverrides(
  file: string,
  document: JsonObject,
  { declaredOverrides, lockedOverrides }: Project,
  names: ReadonlySet<string>,
): readonly PlacedFinding[] {
  const missing = [...declaredOverrides.keys()].filter((path) => {
    if (lockedOverrides.has(path)) return false;
    const steps = path.split(' > ');
    return (steps.length === 1 && nameIn(path) === path) || steps.every((step) => names.has(nameIn(step)));
  });
  const other = [...lockedOverrides].flatMap(([path, specs]) => {
    const own = declaredOverrides.get(path) ?? [];
    return specs.every((spec) => own.includes(spec)) ? [] : [path];
  });
  const line = document.get('overrides')?.line ?? 1;
  return [...missing, ...other].map((path) => otherOverride({ file, line }, path));
}

/** Compares the patches of project and lockfile. Bun applies those of the project, also with --frozen-lockfile. */
function differencesOfPatches(
  file: string,
  document: JsonObject,
  manifest: JsonObject,
  names: ReadonlySet<string>,
): readonly PlacedFinding[] {
  const [locked, own] = [document, manifest].map((from) => patchesIn(from.get('patchedDependencies')));
  if (locked === undefined || own === undefined) return [];
  const differing = [...new Set([...own.keys(), ...locked.keys()])].filter(
    (key) => own.get(key) !== locked.get(key) && (locked.has(key) || names.has(nameIn(key))),
  );
  const line = document.get('patchedDependencies')?.line ?? 1;
  return differing.map((key) => otherPatch({ file, line }, key));
}

function patchesIn(node: JsonNode | undefined): ReadonlyMap<string, unknown> {
  const listed = node?.value instanceof Map ? [...(node.value as JsonObject)] : [];
  return new Map(listed.map(([key, { value }]) => [key, value]));
}
