import { LockfileError, quoted } from '../error.ts';
import type { ProjectManifests } from '../format.ts';
import { parseJson, type JsonObject } from '../json.ts';
import type { Overrides } from './classic.ts';
import type { YarnEntry } from './entry.ts';
import type { ProjectRequirement } from './roles.ts';

/** What the package.json files of a project say. */
export interface YarnProject {
  /** By folder. */
  readonly asked: ReadonlyMap<string, readonly ProjectRequirement[]>;
  readonly overrides: Overrides;
}

/** Throws LockfileError, naming the package.json, where one cannot be read. */
export function readProject(manifests: ProjectManifests): YarnProject {
  const asked = new Map<string, readonly ProjectRequirement[]>();
  const overrides = new Map<string, string[]>();
  for (const [folder, text] of manifests) {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    // People write this file, and Yarn bears a key that stands twice.
    const manifest = objectOf(
      file,
      'the document',
      parseJson(file, text.replace(/^\uFEFF/, ''), { repeatedKeys: 'last' }),
    );
    asked.set(folder, requirementsOf(file, manifest));
    if (folder !== '') continue;
    for (const [pattern, spec] of textsOf(file, manifest, 'resolutions')) {
      const name = /(?:^|\/)((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?$/.exec(pattern)?.[1] ?? pattern;
      overrides.set(name, [...(overrides.get(name) ?? []), spec]);
    }
  }
  return { asked, overrides };
}

/** Later ones win, as for Yarn: what is asked for in production is not for development only. */
function requirementsOf(file: string, manifest: JsonObject): readonly ProjectRequirement[] {
  const found = new Map<string, ProjectRequirement>();
  for (const field of ['devDependencies', 'optionalDependencies', 'dependencies'] as const) {
    for (const [name, range] of textsOf(file, manifest, field)) {
      const optional = field === 'optionalDependencies';
      found.set(name, { name, range, optional, dev: field === 'devDependencies' });
    }
  }
  return [...found.values()];
}

function textsOf(
  file: string,
  manifest: JsonObject,
  field: string,
): readonly (readonly [name: string, text: string])[] {
  const node = manifest.get(field);
  if (node === undefined || node.value === null) return [];
  return [...objectOf(file, field, node)].flatMap(([name, { value, line }]) => {
    // Yarn leaves out what begins with two slashes: a comment.
    if (name.startsWith('//')) return [];
    if (typeof value === 'string') return [[name, value] as const];
    throw new LockfileError(file, line, `${field} of ${quoted(name)} is not a text; mend it`);
  });
}

function objectOf(file: string, what: string, { value, line }: { value: unknown; line: number }): JsonObject {
  if (value instanceof Map) return value as JsonObject;
  throw new LockfileError(file, line, `${what} is not an object; mend it`);
}

/**
 * What the project asks for, where the lockfile is Yarn 1's, which does not say. Without its package.json, what no entry
 * asks for stands for it; that misses what is also somebody else's dependency by the same range.
 */
export function askedInClassic({ asked }: YarnProject, entries: readonly YarnEntry[]): readonly ProjectRequirement[] {
  if (asked.has('')) return [...asked.values()].flat();
  const keyOf = ({ name, range }: { name: string; range: string }): string => `${name}@${range}`;
  const required = new Set(entries.flatMap(({ requires }) => requires.map(keyOf)));
  return entries
    .flatMap(({ descriptors }) => descriptors)
    .filter((descriptor) => !required.has(keyOf(descriptor)))
    .map((descriptor) => ({ ...descriptor, optional: false, dev: false }));
}

/** The same for Yarn 2 and later, whose workspaces are entries; only package.json tells what is for development. */
export function askedInBerry({ asked }: YarnProject, entries: readonly YarnEntry[]): readonly ProjectRequirement[] {
  return entries.flatMap(({ workspace, requires }) => {
    if (workspace === undefined) return [];
    const known = new Map(asked.get(workspace)?.map((one) => [one.name, one.dev]));
    return requires.map((one) => ({ ...one, dev: known.get(one.name) ?? false }));
  });
}
