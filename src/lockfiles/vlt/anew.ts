import type { PlacedFinding } from '../../model/dependency.ts';
import { missingEntry, resolvedAnew } from '../common/anew.ts';
import type { VltEdge } from './edges.ts';
import type { Project } from './project.ts';

/**
 * Where the lockfile is not that of the project: `vlt ci` refuses it, and `vlt install` resolves anew what differs.
 * Each folder's edges repeat what its package.json asks for, as it is written.
 */
export function resolvedAnewIn(file: string, edges: readonly VltEdge[], project: Project): readonly PlacedFinding[] {
  const { declared, names, modifiers, fromCatalog, isWorkspace } = project;
  if (names === null) return [];
  const asked = new Map<string, VltEdge>();
  const folders = new Set<string>();
  for (const edge of edges) {
    if (!edge.isDirect || edge.folder === null) continue;
    folders.add(edge.folder);
    asked.set(`${edge.folder}\n${edge.name}`, edge);
  }
  const found: PlacedFinding[] = [];
  for (const [folder, requirements] of declared) {
    // A folder that is only asked for by its path is none of the workspaces.
    if (folder !== '' && !folders.has(folder) && !isWorkspace(folder)) continue;
    const by = folder === '' ? '.' : folder;
    // Of one name in several lists, any may count.
    const specs = new Map<string, string[]>();
    for (const { name, spec, kind } of requirements) {
      if (kind !== 'peerOptional') specs.set(name, [...(specs.get(name) ?? []), spec]);
    }
    for (const [name, [first = '', ...others]] of specs) {
      const edge = asked.get(`${folder}\n${name}`);
      const place = { file, line: edge?.line ?? 1, path: `${by} > ${name}` };
      const request = { name, spec: first, by };
      if (edge === undefined) found.push(missingEntry(place, request));
      if (edge === undefined || modifiers.has(name) || modifiers.has('')) continue;
      const accepted = [first, ...others].flatMap((spec) => [spec, fromCatalog(name, spec)]);
      if (!accepted.some((spec) => plain(spec) === plain(edge.spec))) {
        const locked = `${name}@${edge.spec} in place of ${name}@${first}, which ${by} asks for`;
        found.push(resolvedAnew(place, locked));
      }
    }
  }
  return found;
}

/** Any version, however it is said. */
function plain(spec: string): string {
  return spec.trim() === '' ? '*' : spec.trim();
}
