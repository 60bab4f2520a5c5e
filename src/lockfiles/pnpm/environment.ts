import type { Digest, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { parseIntegrity } from '../../readers/integrity.ts';
import type { PlacedDependency } from '../common/merge.ts';
import { isPackageName, isRegistryVersion } from '../node-modules/names.ts';
import type { PnpmProject } from './project.ts';

/**
 * What runs in every installation without standing among the project's packages: dependencies of the configuration,
 * whose hooks pnpm loads (https://pnpm.io/config-dependencies), and the pnpm that package.json names with its hash.
 * pnpm 11 and later lock the first in a document of their own: what is the same there is one dependency.
 */
export function environmentOf(
  file: string,
  project: PnpmProject,
  locked: ReadonlySet<string>,
): readonly PlacedDependency[] {
  const found = Object.entries(project.configDependencies).flatMap(([name, value]) => {
    const { spec, resolved } = configOf(value);
    const { version, integrity } = splitHash(file, name, spec);
    // Without a hash of its own it is the one that the lockfile has.
    if (integrity.length === 0 && locked.has(`${name}@${version}`)) return [];
    return [placedIn(file, `configDependencies > ${name}`, { name, version, integrity, resolved })];
  });
  const pinned = project.packageManager === null ? null : pinnedManager(project.packageManager);
  return pinned === null
    ? found
    : [...found, placedIn(file, 'packageManager', { name: 'pnpm', ...pinned, resolved: null })];
}

interface Pinned {
  readonly version: string;
  readonly integrity: readonly Digest[];
}

/** "VERSION+INTEGRITY", or the same beside the address it is fetched from. */
function configOf(value: unknown): { readonly spec: string; readonly resolved: string | null } {
  if (typeof value === 'string') return { spec: value, resolved: null };
  const { integrity, tarball } = (typeof value === 'object' ? (value ?? {}) : {}) as Readonly<Record<string, unknown>>;
  return {
    spec: typeof integrity === 'string' ? integrity : '',
    resolved: typeof tarball === 'string' ? tarball : null,
  };
}

function splitHash(file: string, name: string, spec: string): Pinned {
  const [, version = '', hash = null] = /^([^+]*)(?:\+(.*))?$/s.exec(spec) ?? [];
  try {
    const integrity = hash === null ? [] : parseIntegrity(hash);
    if (isPackageName(name) && isRegistryVersion(version)) return { version, integrity };
  } catch {
    // As one that is not there.
  }
  const problem = `configDependencies of pnpm-workspace.yaml have ${quoted(spec)} for ${quoted(name)}`;
  throw new LockfileError(
    file,
    null,
    `${problem}, which is not VERSION+INTEGRITY of a package; run pnpm add --config again`,
  );
}

/** "pnpm@VERSION+ALGORITHM.HEX", as Corepack has it; null without a hash that is known here. */
function pinnedManager(text: string): Pinned | null {
  const [, version = '', algorithm = '', hex = ''] = /^pnpm@([^+]+)\+(sha\d+)\.([0-9a-f]+)$/i.exec(text) ?? [];
  const length = { sha1: 40, sha256: 64, sha384: 96, sha512: 128 }[algorithm];
  if (length !== hex.length || !isRegistryVersion(version)) return null;
  return { version, integrity: [{ algorithm: algorithm as Digest['algorithm'], hex: hex.toLowerCase() }] };
}

function placedIn(
  file: string,
  path: string,
  { name, version, integrity, resolved }: Pinned & { readonly name: string; readonly resolved: string | null },
): PlacedDependency {
  const source: Source = { kind: 'registry', resolved };
  const flags = { direct: true, dev: false, optional: false, peer: false };
  return {
    ecosystem: 'npm',
    name,
    version,
    artifacts: [{ file: null, digests: integrity, source }],
    place: { file, line: 1, path },
    ...flags,
    exotic: [],
    bundles: [],
  };
}
