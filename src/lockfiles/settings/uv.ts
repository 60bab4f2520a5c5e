import { isTable, tableOf, textsOf } from '../../readers/toml-tables.ts';
import type { TomlTable } from '../../readers/toml.ts';
import { isOff, type PythonEffect } from './python.ts';

/** https://docs.astral.sh/uv/reference/settings/, by what each does; tried with uv 0.13. */
const EFFECTS: Readonly<Record<string, PythonEffect['effect']>> = {
  'cache-dir': 'store',
  'pip.python': 'program',
  'pip.target': 'program',
  'pip.prefix': 'program',
  'find-links': 'source',
  'pip.find-links': 'source',
  'python-downloads-json-url': 'source',
  'python-install-mirror': 'source',
  'pypy-install-mirror': 'source',
  'extra-build-dependencies': 'build',
  'extra-build-variables': 'build',
  'config-settings': 'build',
  'config-settings-package': 'build',
  'pip.extra-build-dependencies': 'build',
  'pip.config-settings': 'build',
  'pip.config-settings-package': 'build',
};

/**
 * These add nothing: the hashes of the lockfile hold whatever they say, uv.lock keeps what was resolved with them and
 * uv holds it to that, or they are for publishing. Without build isolation a build has what the lockfile names. Indexes
 * are read where they are asked.
 */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  `add-bounds allow-insecure-host audit build-backend build-constraint-dependencies cache-keys check-url
  compile-bytecode concurrent-builds concurrent-downloads concurrent-installs conflicts constraint-dependencies
  default-groups dependency-groups dependency-metadata dev-dependencies environments exclude-dependencies exclude-newer
  exclude-newer-package extra-index-url fork-strategy http-proxy https-proxy index index-strategy index-url
  keyring-provider link-mode managed native-tls no-binary no-binary-package no-build no-build-isolation
  no-build-isolation-package no-build-package no-cache no-index
  no-proxy no-sources no-sources-package offline override-dependencies package pip preview preview-features prerelease
  publish-url python-downloads python-preference reinstall reinstall-package required-environments required-version
  resolution sources system-certs torch-backend trusted-publishing upgrade upgrade-package workspace`.split(/\s+/),
);

/** What of the settings of uv (a uv.toml, or `tool.uv` of a pyproject.toml) has an effect, or one that is not known. */
export function uvEffects(settings: TomlTable): readonly PythonEffect[] {
  // What is for `uv pip` alone is known by what it does here; all the rest of it resolves.
  const ofPip = [...tableOf(settings.get('pip'))].map(([key, value]) => [`pip.${key}`, value] as const);
  return [...settings, ...ofPip].flatMap(([key, value]): readonly PythonEffect[] => {
    if (isOff(value)) return [];
    const effect = EFFECTS[key] ?? (key.startsWith('pip.') || WITHOUT_EFFECT.has(key) ? null : 'unknown');
    return effect === null ? [] : [{ key, values: textsOf(value), effect }];
  });
}

/** What a build of the project itself fetches without a hash, and which code of its own it runs. */
export interface BuildSystem {
  readonly requires: readonly string[];
  readonly backendPath: readonly string[];
}

/** PEP 518 and 517. Nothing where uv does not build the project. */
export function buildSystemOf(pyproject: TomlTable): BuildSystem {
  const system = tableOf(pyproject.get('build-system'));
  const isBuilt = tableOf(tableOf(pyproject.get('tool')).get('uv')).get('package') !== false;
  if (!isBuilt) return { requires: [], backendPath: [] };
  return { requires: textsOf(system.get('requires')), backendPath: textsOf(system.get('backend-path')) };
}

/** The patterns of `tool.uv.workspace` (https://docs.astral.sh/uv/concepts/projects/workspaces/); null for none. */
export function uvWorkspace(
  pyproject: TomlTable,
): { readonly members: readonly string[]; readonly exclude: readonly string[] } | null {
  const workspace = tableOf(tableOf(pyproject.get('tool')).get('uv')).get('workspace');
  if (!isTable(workspace)) return null;
  return { members: textsOf(workspace.get('members')), exclude: textsOf(workspace.get('exclude')) };
}
