import { LockfileError, quoted } from '../../readers/error.ts';
import type { JsonNode } from '../../readers/json.ts';
import { objectOf } from '../node-modules/entry.ts';
import { isPackageName } from '../node-modules/names.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import type { EdgeKind } from '../common/reach.ts';
import { parseDepId } from './dep-id.ts';

/** One entry of `edges`: who asks, for what name and how, and which node it gets. */
export interface VltEdge {
  readonly line: number;
  readonly from: string;
  readonly name: string;
  readonly kind: EdgeKind;
  readonly spec: string;
  /** Null where nothing was found. */
  readonly to: string | null;
  /** Whether the project or one of its workspaces asks. */
  readonly isDirect: boolean;
  /** Where the project or one of its workspaces asks: its folder. Null for nodes. */
  readonly folder: string | null;
}

const KINDS: ReadonlyMap<string, EdgeKind> = new Map(
  (['prod', 'dev', 'optional', 'peer', 'peerOptional'] as const).map((kind) => [kind, kind]),
);
const MISSING = 'MISSING';
/** Longer than two ids and what stands between them. */
const MAX_EDGE = 16_384;

/** Reads `edges`: from "ID NAME" to "KIND SPEC ID". Each id is a node's, the project's or a workspace's. */
export function readEdges(file: string, edges: JsonNode, ids: ReadonlySet<string>): readonly VltEdge[] {
  return [...objectOf(file, 'edges', edges, 'vlt')].map(([key, node]) => {
    const fail = (problem: string): never => {
      throw new LockfileError(file, node.line, `${quoted(key)}: ${problem}; let vlt write the file again`);
    };
    const value = typeof node.value === 'string' ? node.value : fail('is not a string');
    if (key.length > MAX_EDGE || value.length > MAX_EDGE) return fail(`longer than ${MAX_EDGE} characters`);
    if (hasControlCharacters(key) || hasControlCharacters(value)) return fail('has control characters');
    const from = key.slice(0, Math.max(key.indexOf(' '), 0));
    const [first, last] = [value.indexOf(' '), value.lastIndexOf(' ')];
    const kind = KINDS.get(value.slice(0, Math.max(first, 0)));
    if (from === '' || kind === undefined || first === last) return fail('not an edge that vlt writes');
    const found = value.slice(last + 1);
    if (found === MISSING && (kind === 'prod' || kind === 'dev')) return fail('what is asked for was not found');
    const folder = projectFolder(from);
    // vlt knows the project and its workspaces without their nodes, and passes over such nodes.
    const isDirect = folder !== null || !ids.has(from);
    const name = key.slice(from.length + 1);
    // vlt gives a nameless one the name of what it finds.
    if (!isPackageName(name) || name.startsWith('(')) return fail('not an edge that vlt writes');
    if (kind === 'dev' && !isDirect && isPublished(from))
      return fail('vlt leaves out what a package needs for development');
    if (isDirect && folder === null) return fail('nobody of this name is in the file');
    if (found !== MISSING && !ids.has(found) && projectFolder(found) === null)
      return fail(`${quoted(found)} has no node`);
    return {
      line: node.line,
      from,
      name,
      kind,
      spec: value.slice(first + 1, last),
      to: found === MISSING ? null : found,
      isDirect,
      folder,
    };
  });
}

function isPublished(id: string): boolean {
  const type = parseDepId(id)?.type;
  return type === 'registry' || type === 'remote';
}

/** The project and its workspaces have no nodes: the folder of such an id, or null. */
export function projectFolder(id: string): string | null {
  const depId = parseDepId(id);
  if (depId?.type === 'workspace') return depId.source;
  return depId?.type === 'file' && depId.source === '.' ? '' : null;
}
