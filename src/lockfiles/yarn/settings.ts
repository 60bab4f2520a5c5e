import type { Place } from '../../model/dependency.ts';
import type { ProjectSettings } from '../common/format.ts';
import { parseDescriptor } from './entry.ts';
import type { Extension } from './resolutions.ts';

/** What the project's own configuration of Yarn says of installing. */
export interface YarnSettings {
  /** Ranges by `catalog:NAME PACKAGE`. */
  readonly catalogs: ReadonlyMap<string, string>;
  /** What packages ask for beside what they say themselves. */
  readonly extensions: readonly Extension[];
  /** Whether a workspace may answer a registry's range (Yarn 2 and later). */
  readonly transparentWorkspaces: boolean;
  /** Whether plugins of the project may resolve, rewrite or fetch what is asked for. */
  readonly hasPlugins: boolean;
  /** How Yarn compresses archives, as it is written; null where it does not say so. */
  readonly compressionLevel: string | null;
  /** Where it says that code of the project takes part in installing, by the file's name: .yarnrc.yml or .yarnrc. */
  readonly hooks: ReadonlyMap<string, Place>;
}

/** Settings that have Yarn run code of the project, or take variables from its files, in every install. */
const HOOKS = ['plugins', 'yarnPath', 'yarn-path', 'enableConstraintsChecks', 'injectEnvironmentFiles'];

/** The strongest file comes first. */
export function readSettings(settings: ProjectSettings): YarnSettings {
  const catalogs = new Map<string, string>();
  const hooks = new Map<string, Place>();
  const extensions: Extension[] = [];
  let transparentWorkspaces: boolean | null = null;
  let compressionLevel: string | null = null;
  let hasPlugins = false;
  for (const { path, content } of settings) {
    const said = recordOf(content);
    const file = path.replace(/^.*[/\\]/s, '');
    const named = HOOKS.filter((setting) => isSet(said[setting]));
    if (named.length > 0 && !hooks.has(file)) hooks.set(file, { file, line: 1, path: named.join(', ') });
    hasPlugins ||= isSet(said['plugins']);
    const level = said['compressionLevel'];
    compressionLevel ??= typeof level === 'string' ? level : null;
    transparentWorkspaces ??= booleanOf(said['enableTransparentWorkspaces']);
    extensions.push(...extensionsOf(said['packageExtensions']));
    for (const [name, catalog] of [['', said['catalog']] as const, ...Object.entries(recordOf(said['catalogs']))]) {
      for (const [dependency, range] of Object.entries(recordOf(catalog))) {
        const key = `catalog:${name} ${dependency}`;
        if (typeof range === 'string' && !catalogs.has(key)) catalogs.set(key, range);
      }
    }
  }
  return {
    catalogs,
    extensions,
    transparentWorkspaces: transparentWorkspaces ?? true,
    hasPlugins,
    compressionLevel,
    hooks,
  };
}

function extensionsOf(value: unknown): readonly Extension[] {
  return Object.entries(recordOf(value)).map(([key, extension]) => {
    const { name, range } = parseDescriptor(key);
    const added = Object.entries(recordOf(recordOf(extension)['dependencies']));
    return {
      name,
      range: range === '' ? null : range,
      dependencies: added.flatMap(([dependency, spec]) =>
        typeof spec === 'string' ? [{ name: dependency, range: spec }] : [],
      ),
    };
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && booleanOf(value) !== false;
}

function booleanOf(value: unknown): boolean | null {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
}
