import type { PlacedFinding } from '../../model/dependency.ts';
import { isWorkspace } from '../../model/workspaces.ts';
import { isOutside, missingEntry, otherOverride, otherVersion, rangeOf } from '../common/anew.ts';
import type { JsonObject } from '../../readers/json.ts';
import type { Requirement } from '../node-modules/package-json.ts';
import { addTo, readWorkspaces } from '../node-modules/lists.ts';
import { specKind } from '../node-modules/specs.ts';
import type { Folder } from './folders.ts';
import type { Entry } from './packages.ts';
import type { Project } from './project.ts';

/**
 * Differences between lockfile and project, which `bun install --frozen-lockfile` refuses and a plain `bun install`
 * resolves again. Bun does not compare what packages ask for. `find` says what a name means in a folder.
 */
export function resolvedAnewIn(
  file: string,
  document: JsonObject,
  locked: readonly Folder[],
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
  return [...found, ...differencesOfOverrides(file, document, project)];
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

/** Compares the overrides of project and lockfile by package name; in the lockfile, `$NAME` is already replaced. */
function differencesOfOverrides(
  file: string,
  document: JsonObject,
  { overrides, lockedOverrides, plainOverrides }: Project,
): readonly PlacedFinding[] {
  const missing = [...plainOverrides].filter((name) => !lockedOverrides.has(name));
  const other = [...lockedOverrides].flatMap(([name, specs]) => {
    const own = overrides.get(name) ?? [];
    return specs.every((spec) => own.includes(spec)) ? [] : [name];
  });
  const line = document.get('overrides')?.line ?? 1;
  return [...missing, ...other].map((name) => otherOverride({ file, line }, name));
}
