import type { NodeManager } from '../model/dependency.ts';
import { isObject } from '../model/value.ts';
import { isFollowed, isMember } from '../model/workspaces.ts';
import { LockfileError, quoted } from './error.ts';
import { parseJson, type JsonNode, type JsonObject, type JsonOptions, type JsonValue } from './json.ts';

/** People write this file: npm, pnpm, Yarn and vlt bear a key that stands twice. */
const AS_MOST: JsonOptions = { repeatedKeys: 'last', remedy: 'mend it' };
const AS_BUN: JsonOptions = { repeatedKeys: 'first', trailingCommas: true, comments: true, remedy: 'mend it' };

/** How each package manager reads a package.json. */
const READING: Readonly<Record<NodeManager, JsonOptions>> = {
  npm: AS_MOST,
  pnpm: AS_MOST,
  'yarn-classic': AS_MOST,
  yarn: AS_MOST,
  bun: AS_BUN,
  vlt: AS_MOST,
};

/**
 * Reads a package.json of a project as a package manager does: without the byte order mark that some editors put first.
 * What is read of this file anywhere is read here. Throws LockfileError, naming `file`.
 */
export function parseManifest(file: string, text: string, manager: NodeManager): JsonNode {
  return parseJson(file, text.replace(/^\uFEFF/, ''), READING[manager]);
}

/** The manifest's fields as plain values. */
export function manifestFields(file: string, text: string, manager: NodeManager): Readonly<Record<string, unknown>> {
  const { value, line } = parseManifest(file, text, manager);
  if (value instanceof Map) return plain(value as JsonObject) as Record<string, unknown>;
  throw new LockfileError(file, line, 'the document is not an object; mend it');
}

function plain(value: JsonValue): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...(value as JsonObject)].map(([key, node]) => [key, plain(node.value)]));
  }
  return Array.isArray(value) ? (value as readonly JsonNode[]).map((node) => plain(node.value)) : value;
}

/**
 * The patterns of a package.json's `workspaces`: a list, or the `packages` of an object. Throws LockfileError where
 * there is something else, which says of no folder that it is no member.
 */
export function workspacePatterns(file: string, text: string, manager: NodeManager): readonly string[] {
  const { workspaces } = manifestFields(file, text, manager);
  const patterns = (isObject(workspaces) ? workspaces['packages'] : workspaces) ?? [];
  const isList = Array.isArray(patterns) && patterns.every((pattern) => typeof pattern === 'string');
  if (isList) return patterns;
  throw new LockfileError(file, null, 'workspaces is not a list of patterns; mend it');
}

/**
 * Whether the workspaces that a file declares have a folder as a member. Throws LockfileError where that cannot be
 * said.
 */
export function isNamed(file: string, patterns: readonly string[], member: string): boolean {
  const found = isMember(patterns, member);
  if (found !== null) return found;
  const strange = patterns.find((pattern) => !isFollowed(pattern));
  const they =
    strange === undefined ? 'patterns of the workspaces' : `the pattern ${quoted(strange)} of the workspaces`;
  throw new LockfileError(
    file,
    null,
    `${they} may name ${quoted(member)} or not; name folders with names, * and ** alone`,
  );
}
