import { specOf, type Lockfile, type Place, type SkippedEntry } from '../model/dependency.ts';
import { refuseConflicts } from './conflicts.ts';
import { LockfileError } from './error.ts';
import type { LockfileFormat, ProjectManifests } from './format.ts';
import { parseJson, type JsonNode, type JsonObject } from './json.ts';
import { mergePlaces, type PlacedDependency } from './merge.ts';
import { objectOf } from './npm/entry.ts';
import { readManifests } from './npm/manifest.ts';
import { decodeText } from './text.ts';
import { readEdges } from './vlt/edges.ts';
import { readNodes, type PackageNode } from './vlt/nodes.ts';
import { readOptions } from './vlt/options.ts';
import { rolesOf, type Roles } from './vlt/roles.ts';

/** vlt-lock.json, versions 0 and 1. */
export const vlt: LockfileFormat = {
  name: 'vlt',
  fileNames: ['vlt-lock.json'],
  otherFileNames: ['.vlt-lock.json'],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'vlt install');
  const document = objectOf(file, 'the document', parseJson(file, text), 'vlt');
  const version = versionOf(file, document);
  const options = readOptions(file, document.get('options'));
  const nodes = readNodes(file, sectionOf(file, document, 'nodes'), options);
  const edges = readEdges(file, sectionOf(file, document, 'edges'), new Set(nodes.map(({ id }) => id)));
  const roles = rolesOf(edges, options, readManifests(manifests));

  const packages = nodes.filter((node) => node.kind === 'package');
  const specs = new Map(packages.map((node) => [node.id, specOf({ name: roles.nameOf(node), version: node.version })]));
  const skipped: SkippedEntry[] = [];
  const found: PlacedDependency[] = [];
  for (const node of nodes) {
    const place = { file, line: node.line, path: node.id };
    if (node.kind === 'package') found.push(placed(node, place, roles, specs));
    else skipped.push({ place, reason: node.kind });
  }
  return {
    file,
    format: `vlt-lock v${version}`,
    manager: 'vlt',
    entries: nodes.length,
    dependencies: mergePlaces(found),
    skipped,
  };
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

function placed(
  node: PackageNode,
  place: Place,
  { flags, isDirect, exoticOf, nameOf, requirementsOf, askedAs }: Roles,
  specs: ReadonlyMap<string, string>,
): PlacedDependency {
  const { id, version, integrity, source } = node;
  const name = nameOf(node);
  const alias = askedAs(id) ?? name;
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    integrity,
    source,
    place,
    direct: isDirect(id),
    dev: flags.dev(id),
    optional: flags.optional(id),
    peer: flags.peer(id),
    exotic: exoticOf(id),
    // vlt fetches what others bundle.
    bundles: [],
    requires: requirementsOf(id).flatMap((required) => specs.get(required) ?? []),
  };
}
