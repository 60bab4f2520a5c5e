import type { PlacedFinding } from '../../model/dependency.ts';
import { isWorkspace } from '../../model/workspaces.ts';
import { isOutside, missingEntry, otherOverride, otherVersion, rangeOf } from '../common/anew.ts';
import type { JsonObject } from '../../readers/json.ts';
import type { Wish } from '../node-modules/package-json.ts';
import { addTo, readWorkspaces } from '../node-modules/lists.ts';
import { specKind } from '../node-modules/specs.ts';
import type { Folder } from './folders.ts';
import type { Entry } from './packages.ts';
import type { Project } from './project.ts';

/**
 * Where the lockfile is not that of the project: Bun refuses it with --frozen-lockfile, and otherwise resolves anew
 * what differs. What a package asks for it does not compare. `find`: what a name means in a folder.
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
  for (const [location, wishes] of declared) {
    const folder = byFolder.get(location) ?? null;
    // A folder that is only asked for by its path is none of the workspaces.
    if (folder === null && !isWorkspace(patterns, location)) continue;
    const by = location === '' ? '.' : location;
    const names = new Set(folder?.wishes.map(({ name }) => name));
    const asked = new Map<string, Wish[]>();
    for (const wish of wishes) addTo(asked, wish.name, project.resolved(wish));
    for (const [name, own] of asked) {
      const { spec, kind } = own[0] ?? { spec: '', kind: 'prod' };
      const entry = folder === null ? null : find(folder, name);
      const place = { file, line: folder?.line ?? 1, path: `${by} > ${name}` };
      if (!names.has(name)) {
        if (kind !== 'peerOptional') found.push(missingEntry(place, { name, spec, by }));
      } else if (entry === null) {
        // What is optional may have been left out.
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

/** Whether none of the ranges by which a name is asked for, or that overrides put in their place, has this version. */
function isOther(entry: Entry, wishes: readonly Wish[], { overrides }: Project): boolean {
  if (entry.kind !== 'package' || entry.source.kind !== 'registry') return false;
  const specs = [...wishes.map(({ spec }) => spec), ...(overrides.get(entry.installed) ?? [])];
  return specs.every((spec) => specKind(spec) === 'registry' && isOutside(rangeOf(spec), entry.version));
}

function versionOf(entry: Entry): string {
  return entry.kind === 'package' ? entry.version : entry.resolution;
}

/** Overrides by the name that they are about, in the project and in the lockfile, which has what stands for `$NAME`. */
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
