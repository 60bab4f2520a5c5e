import type { PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import type { ProjectManifests } from '../common/format.ts';
import { inconsistenciesOf, readModulesTxt, type Inconsistency, type VendoredModule } from './modules-txt.ts';
import type { GoProject } from './project.ts';

/** The manifest of a project that is built from copies. */
export const MODULES_TXT = 'vendor/modules.txt';

/** What a module of modules.txt was copied from: a module's version, or a folder of the project. */
export function originOf({ path, version, by }: VendoredModule): VendorOrigin {
  return by ?? { path, version: version ?? '' };
}

type VendorOrigin = { readonly path: string; readonly version: string } | { readonly folder: string };

/**
 * What modules.txt of a project says that its other files do not: `go build` stops where it differs from go.mod, and
 * asks no sums of what is vendored. That nothing has compared the copies is the first of the findings. Throws
 * `LockfileError`.
 */
export function vendorFindings(
  base: string,
  manifests: ProjectManifests,
  project: GoProject,
  isLocked: (path: string, version: string) => boolean,
): readonly PlacedFinding[] {
  const text = manifests.get(MODULES_TXT);
  if (text === undefined) return [];
  const file = `${base}${MODULES_TXT}`;
  const modulesTxt = readModulesTxt(file, text);
  const lines = new Map(modulesTxt.modules.map(({ path, version, line }) => [JSON.stringify([path, version]), line]));
  const other = (by: string, line: number): PlacedFinding => ({
    place: { file, line, path: '' },
    finding: finding('lockfile-not-used', { by, instead: 'vendor' }),
  });
  // In a workspace Go passes over what `go mod vendor` wrote, and outside of one over what `go work vendor` did.
  const isTaken = modulesTxt.isWorkspace === manifests.has('go.work');
  const inconsistent = isTaken ? inconsistenciesOf(modulesTxt, consistentWith(project)) : [];
  const unlocked = modulesTxt.modules.filter((module) => {
    const origin = originOf(module);
    return module.packages.length > 0 && 'path' in origin && !isLocked(origin.path, origin.version);
  });
  return [
    { place: { file, line: 1, path: '' }, finding: finding('lockfile-other-code', { by: 'vendor', code: 'vendored' }) },
    ...inconsistent.map((one) =>
      other(inconsistencyText(one), lines.get(JSON.stringify([one.path, one.version])) ?? 1),
    ),
    ...unlocked.map((module) =>
      other(`${MODULES_TXT}, which has ${module.path} ${module.version ?? ''} without a hash in go.sum`, module.line),
    ),
  ];
}

/** What go.work puts in the place of a module counts for what its modules replace, too; their own modules are built. */
function consistentWith({ requires, replaces, modules, go }: GoProject): Parameters<typeof inconsistenciesOf>[1] {
  const [overriding = []] = replaces;
  const counting = replaces.flat().filter(({ path }) => !modules.has(path));
  const strongest = counting.map((one) => {
    const same = overriding.filter(({ path }) => path === one.path);
    const { by } = same.find(({ version }) => version === one.version) ?? same.find(isForAll) ?? one;
    return { ...one, by };
  });
  return { requires, replaces: strongest, go };
}

function isForAll({ version }: { readonly version: string | null }): boolean {
  return version === null;
}

function inconsistencyText({ path, version, problem }: Inconsistency): string {
  const module = version === null ? path : `${path} ${version}`;
  switch (problem) {
    case 'not-explicit':
      return `${MODULES_TXT}, which does not require ${module} as go.mod does`;
    case 'not-required':
      return `${MODULES_TXT}, which requires ${module} and go.mod does not`;
    case 'not-replaced':
      return `${MODULES_TXT}, which does not replace ${module} as go.mod does`;
    case 'replaced-otherwise':
      return `${MODULES_TXT}, which replaces ${module} otherwise than go.mod`;
    case 'not-replaced-in-go-mod':
      return `${MODULES_TXT}, which replaces ${module} and go.mod does not`;
  }
}
