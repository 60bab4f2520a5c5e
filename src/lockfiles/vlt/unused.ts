import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { PlacedFinding } from '../../model/dependency.ts';
import { otherVersion } from '../common/anew.ts';
import type { VltEdge } from './edges.ts';
import type { PackageNode, VltNode } from './nodes.ts';
import type { Options } from './options.ts';
import type { Project } from './project.ts';
import { specsOf } from './roles.ts';

/**
 * Edges of the project to a version that is not of the range it asks for. Even with `--frozen-lockfile` vlt then takes
 * another node of the lockfile, or what the registry answers; it does so for a range of the lockfile's own catalogs,
 * too. What entries ask for, vlt takes from their edges.
 */
export function unusedEdges(
  file: string,
  edges: readonly VltEdge[],
  nodes: readonly VltNode[],
  { catalogs }: Options,
  project: Project,
): readonly PlacedFinding[] {
  const packages = new Map(nodes.flatMap((node) => (node.kind === 'package' ? [[node.id, node] as const] : [])));
  return edges.flatMap((edge) => {
    const { isDirect, to, name, line } = edge;
    const node = isDirect ? packages.get(to ?? '') : undefined;
    const isModified = project.modifiers.has(name) || project.modifiers.has('');
    if (node === undefined || isModified) return [];
    const [, catalog] = /^catalog:(.*)$/s.exec(edge.spec) ?? [];
    const listed = catalog === undefined ? undefined : catalogs.get(catalog)?.get(name);
    const isListed = listed === undefined || listed === project.fromCatalog(name, edge.spec);
    if (isListed && specsOf(edge, project).some((spec) => isInRange(spec, node))) return [];
    const request = { name, spec: edge.spec, by: edge.folder === null || edge.folder === '' ? '.' : edge.folder };
    return [otherVersion({ file, line, path: `${request.by} > ${name}` }, node.version, request)];
  });
}

/**
 * Whatever is no range, a tag or an address, any version answers: whether it is the right package, is judged elsewhere.
 */
function isInRange(spec: string, { source, version }: PackageNode): boolean {
  if (source.kind !== 'registry') return true;
  const asked = /^[a-z][\w.-]*:(?:.*#)?(.*)$/is.exec(spec)?.[1];
  const range = asked === undefined ? spec : (/^@?[^@]*@(.*)$/s.exec(asked)?.[1] ?? asked);
  return validRange(range) === null || satisfies(version, range);
}
