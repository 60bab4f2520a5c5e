import type { NodeLockfile, Place, SkippedEntry } from '../../model/dependency.ts';
import { nameAtVersion } from '../node-modules/names.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import { LockfileError } from '../../readers/error.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from '../common/format.ts';
import { parseJson, type JsonNode, type JsonObject } from '../../readers/json.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { objectOf } from '../node-modules/entry.ts';
import { decodeText } from '../../readers/text.ts';
import { resolvedAnewIn } from './anew.ts';
import { projectFolder, readEdges, type VltEdge } from './edges.ts';
import { readNodes, type FolderNode, type PackageNode, type VltNode } from './nodes.ts';
import { readOptions } from './options.ts';
import { readProject, type Project } from './project.ts';
import { rolesOf, type Roles } from './roles.ts';
import { unusedEdges } from './unused.ts';

/** vlt-lock.json, versions 0 and 1. */
export const vlt: LockfileFormat<NodeLockfile> = {
  name: 'vlt',
  ecosystem: 'npm',
  fileNames: ['vlt-lock.json'],
  otherFileNames: ['.vlt-lock.json'],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests, settings: ProjectSettings): NodeLockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'vlt install');
  const document = objectOf(file, 'the document', parseJson(file, text), 'vlt');
  const version = versionOf(file, document);
  const options = readOptions(file, document.get('options'));
  const nodes = readNodes(file, sectionOf(file, document, 'nodes'), options);
  const edges = readEdges(file, sectionOf(file, document, 'edges'), new Set(nodes.map(({ id }) => id)));
  const project = readProject(options, manifests, settings);
  const folders = foldersFound(edges, nodes, project);
  const roles = rolesOf(edges, [...nodes, ...folders], options, project);
  const specs = new Map(
    nodes.flatMap((node) => (node.kind === 'package' ? [[node.id, nameAtVersion(node)] as const] : [])),
  );
  const skipped: SkippedEntry[] = [];
  const found: PlacedDependency[] = [];
  for (const node of nodes) {
    const place = { file, line: node.line, path: node.id };
    const isSkipped = node.kind !== 'package' && isOfProject(node, project, roles);
    if (isSkipped) skipped.push({ place, reason: node.kind });
    else found.push(placed(node, place, roles, specs));
  }
  // They have no nodes; one that is found in the place of something else counts as an entry all the same.
  const wrong = folders.filter((node) => roles.substitutionOf(node) !== null);
  for (const node of wrong) found.push(placed(node, { file, line: node.line, path: node.id }, roles, specs));
  const anew = resolvedAnewIn(file, edges, project);
  const named = new Set(anew.map(({ place }) => place.line));
  const unused = unusedEdges(file, edges, nodes, options, project).filter(({ place }) => !named.has(place.line));
  // The hidden lockfile only tells what is installed.
  const findings = /(?:^|[/\\])\.vlt-lock\.json$/.test(file) ? [] : [...anew, ...unused];
  return {
    file,
    format: `vlt-lock v${version}`,
    manager: 'vlt',
    entries: nodes.length + wrong.length,
    dependencies: mergePlaces(found),
    skipped,
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/** The project and its workspaces, where edges lead to them and package.json files give their names. */
function foldersFound(edges: readonly VltEdge[], nodes: readonly VltNode[], { names }: Project): readonly FolderNode[] {
  const known = new Set(nodes.map(({ id }) => id));
  const folders = new Map<string, FolderNode>();
  for (const { to, line } of names === null ? [] : edges) {
    if (to === null || known.has(to) || folders.has(to)) continue;
    const path = projectFolder(to) ?? '';
    folders.set(to, { id: to, line, kind: 'workspace', path, name: names?.get(path) ?? '' });
  }
  return [...folders.values()];
}

/** Whether a folder is the project's own: one of its workspaces, or what a package.json asks for as a folder. */
function isOfProject(node: FolderNode, { names }: Project, roles: Roles): boolean {
  if (roles.substitutionOf(node) !== null) return false;
  const isWorkspace = node.kind === 'workspace' && (names === null || names.has(node.path));
  return isWorkspace || roles.isAskedFor(node);
}

function versionOf(file: string, document: JsonObject): 0 | 1 {
  const node = document.get('lockfileVersion');
  const remedy = 'run vlt update with a current vlt to write the lockfile again';
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${remedy}`);
  if (node.value === 0 || node.value === 1) return node.value;
  const shown = typeof node.value === 'number' ? String(node.value) : 'of another type';
  throw new LockfileError(file, node.line, `lockfileVersion is ${shown}; supported are 0 and 1; ${remedy}`);
}

/** Both are always there, empty or not: without one of them the file is cut off. */
function sectionOf(file: string, document: JsonObject, name: 'nodes' | 'edges'): JsonNode {
  const node = document.get(name);
  if (node !== undefined) return node;
  throw new LockfileError(file, null, `has no "${name}"; restore the file, or let vlt write it again`);
}

function placed(node: VltNode, place: Place, roles: Roles, specs: ReadonlyMap<string, string>): PlacedDependency {
  const { id } = node;
  const isPackage = node.kind === 'package';
  const { name, version, integrity, source } = isPackage ? node : asDependency(node, roles);
  const alias = roles.askedAs(id) ?? name;
  const wrong = roles.substitutionOf(node);
  const substitutes = wrong === null ? (isPackage ? [] : [{ asked: name, by: '.' }]) : [wrong];
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    artifacts: [{ file: null, digests: integrity, source }],
    place,
    direct: roles.isDirect(id),
    dev: roles.flags.dev(id),
    optional: roles.flags.optional(id),
    peer: roles.flags.peer(id),
    exotic: isPackage ? roles.exoticOf(id) : [],
    // vlt fetches what others bundle.
    bundles: [],
    requires: roles.requirementsOf(id).flatMap((required) => specs.get(required) ?? []),
    ...(isPackage && source.kind === 'registry' ? { claims: [roles.claimsOf(node)] } : {}),
    ...(substitutes.length === 0 ? {} : { substitutes }),
  };
}

/** A folder that the project does not ask for: it takes the place of the package whose name leads to it. */
function asDependency(
  { id, name, kind, path }: FolderNode,
  roles: Roles,
): Pick<PackageNode, 'name' | 'version' | 'source' | 'integrity'> {
  const locator = `${kind === 'workspace' ? 'workspace' : 'file'}:${path}`;
  return { name: roles.askedAs(id) ?? name, version: locator, source: { kind: 'file', path }, integrity: [] };
}
