import satisfies from 'semver/functions/satisfies.js';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { ProjectManifests, ProjectSettings } from '../common/format.ts';
import type { JsonObject } from '../../readers/json.ts';
import { parseManifest } from '../../readers/manifest.ts';
import type { Overrides } from './classic.ts';
import type { Descriptor, YarnEntry } from './entry.ts';
import type { ProjectRequirement } from './roles.ts';
import type { Resolution } from './resolutions.ts';
import { readSettings, type YarnSettings } from './settings.ts';

/** What the project says: its package.json files, by folder, and its .yarnrc.yml. */
export interface YarnProject {
  readonly asked: ReadonlyMap<string, readonly ProjectRequirement[]>;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  /** What `resolutions` puts in place of others, by name, whoever asks for it. */
  readonly overrides: Overrides;
  readonly resolutions: readonly Resolution[];
  readonly settings: YarnSettings;
}

/** What a package.json says of itself; null where it does not. */
interface Workspace {
  readonly name: string | null;
  readonly version: string | null;
}

/** Throws LockfileError, naming the package.json, where one cannot be read. */
export function readProject(manifests: ProjectManifests, settings: ProjectSettings): YarnProject {
  const asked = new Map<string, readonly ProjectRequirement[]>();
  const workspaces = new Map<string, Workspace>();
  const overrides = new Map<string, string[]>();
  const resolutions: Resolution[] = [];
  for (const [folder, text] of manifests) {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    const manifest = objectOf(file, 'the document', parseManifest(file, text, 'yarn'));
    asked.set(folder, requirementsOf(file, manifest, folder === '' ? '.' : folder));
    workspaces.set(folder, { name: textOf(manifest, 'name'), version: textOf(manifest, 'version') });
    if (folder !== '') continue;
    for (const [pattern, spec] of textsOf(file, manifest, 'resolutions')) {
      resolutions.push({ pattern, spec });
      const name = /(?:^|\/)((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?$/.exec(pattern)?.[1] ?? pattern;
      overrides.set(name, [...(overrides.get(name) ?? []), spec]);
    }
  }
  return { asked, workspaces, overrides, resolutions, settings: readSettings(settings) };
}

/** Later ones win, as for Yarn: what is asked for in production is not for development only. */
function requirementsOf(file: string, manifest: JsonObject, by: string): readonly ProjectRequirement[] {
  const found = new Map<string, ProjectRequirement>();
  for (const field of ['devDependencies', 'optionalDependencies', 'dependencies'] as const) {
    for (const [name, range] of textsOf(file, manifest, field)) {
      const optional = field === 'optionalDependencies';
      found.set(name, { name, range, optional, dev: field === 'devDependencies', by });
    }
  }
  return [...found.values()];
}

function textOf(manifest: JsonObject, field: string): string | null {
  const value = manifest.get(field)?.value;
  return typeof value === 'string' ? value : null;
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
 * What the project asks for under Yarn 1, whose lockfile does not say. Without a package.json, whatever no entry asks
 * for counts; this misses requirements that an entry has with the same range.
 */
export function askedInClassic({ asked }: YarnProject, entries: readonly YarnEntry[]): readonly ProjectRequirement[] {
  if (asked.has('')) return [...asked.values()].flat();
  const keyOf = ({ name, range }: Descriptor): string => `${name}@${range}`;
  const required = new Set(entries.flatMap(({ requires }) => requires.map(keyOf)));
  return entries
    .flatMap(({ descriptors }) => descriptors)
    .filter((descriptor) => !required.has(keyOf(descriptor)))
    .map(({ name, range }) => ({ name, range, optional: false, dev: false, by: '.' }));
}

/**
 * What the project asks for under Yarn 2 and later, whose workspaces are entries. Yarn reads these anew from
 * package.json, so that the lockfile counts only where there is none; catalogs are in .yarnrc.yml.
 */
export function askedInBerry(project: YarnProject, entries: readonly YarnEntry[]): readonly ProjectRequirement[] {
  const { asked, settings } = project;
  const words = entries.flatMap(({ brings: [one], requires }) => {
    if (one === undefined || !('local' in one) || one.local === 'link' || asked.has(one.locator)) return [];
    const by = one.locator === '' ? '.' : one.locator;
    return requires.map((requirement) => ({ ...requirement, dev: false, by }));
  });
  return [...asked.values(), words].flat().map((requirement) => {
    const range = requirement.range.startsWith('catalog:')
      ? settings.catalogs.get(`${requirement.range} ${requirement.name}`)
      : undefined;
    return range === undefined ? requirement : { ...requirement, range };
  });
}

/** Whether Yarn takes a workspace of the project for what is asked for by a registry's range. */
export function isWorkspace(
  { workspaces, settings }: YarnProject,
  { name, range }: Descriptor,
  folder?: string,
): boolean {
  if (!settings.transparentWorkspaces) return false;
  const wanted = range.replace(/^npm:/, '');
  return [...workspaces].some(([at, workspace]) => {
    if (workspace.name !== name || workspace.version === null || (folder ?? at) !== at) return false;
    return satisfies(workspace.version, wanted);
  });
}
