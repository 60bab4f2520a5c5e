import { isNodeLockfile, type Lockfile } from '../model/dependency.ts';
import { DEFAULT_ECOSYSTEM, type Ecosystem } from '../model/package.ts';
import { bun } from './bun/index.ts';
import { cargo } from './cargo/index.ts';
import { LockfileError } from '../readers/error.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from './common/format.ts';
import { go } from './go/index.ts';
import { npm } from './npm/index.ts';
import { pnpm } from './pnpm/index.ts';
import { scriptPermissions } from './settings/install-scripts.ts';
import { PYPI_FORMATS } from './pypi/index.ts';
import { unsupported } from './unsupported.ts';
import { vlt } from './vlt/index.ts';
import { yarn } from './yarn/index.ts';

export { LockfileError } from '../readers/error.ts';
export type { LockfileFormat, ProjectManifests, ProjectSettings } from './common/format.ts';
export { parseIntegrity } from '../readers/integrity.ts';
export { scriptPermissions } from './settings/install-scripts.ts';

/** The lockfiles assay reads. */
export const SUPPORTED_FORMATS: readonly LockfileFormat[] = [npm, pnpm, yarn, bun, vlt, go, cargo, ...PYPI_FORMATS];

/** Every lockfile assay knows, supported ones first. */
export const LOCKFILE_FORMATS: readonly LockfileFormat[] = [
  ...SUPPORTED_FORMATS,
  unsupported('Deno', ['deno.lock'], SUPPORTED_FORMATS),
];

/**
 * File names to look for in a directory, first match first. Unsupported ones come last, so that a directory with
 * nothing else gets their error rather than "no lockfile".
 */
export const LOCKFILE_NAMES: readonly string[] = LOCKFILE_FORMATS.flatMap((format) => format.fileNames);

/** pnpm's lockfile of one git branch, whose "/" are "!": read where it is named, and never looked for. */
export const BRANCH_LOCKFILE = /^pnpm-lock\.[^/\\]+\.yaml$/;

/**
 * Reads a lockfile. The format follows from how the file's name ends: "old.package-lock.json" is npm's. `file` is the
 * name that places and errors report. Throws LockfileError, and nothing else, for a file that cannot be read.
 */
export function parseLockfile(
  file: string,
  bytes: Uint8Array,
  manifests: ProjectManifests = new Map(),
  settings: ProjectSettings = [],
): Lockfile {
  const format = formatOf(file);
  if (format === undefined) {
    throw new LockfileError(file, null, `not the name of a lockfile; known are ${LOCKFILE_NAMES.join(', ')}`);
  }
  return withScripts(format.parse(file, bytes, manifests, settings), manifests);
}

/** What the entries of a lockfile are packages of, by its name. */
export function ecosystemOfLockfile(file: string): Ecosystem {
  return formatOf(file)?.ecosystem ?? DEFAULT_ECOSYSTEM;
}

/** Whether a file that was looked for is a lockfile, by its text; null where its name says so. */
export function tellsByText(file: string): ((text: string) => boolean) | null {
  return formatOf(file)?.isLocked ?? null;
}

function formatOf(file: string): LockfileFormat | undefined {
  if (BRANCH_LOCKFILE.test(file.replace(/^.*[/\\]/s, ''))) return pnpm;
  return (
    LOCKFILE_FORMATS.find(({ fileNames, otherFileNames }) =>
      [...fileNames, ...otherFileNames].some((name) => file.endsWith(name)),
    ) ?? LOCKFILE_FORMATS.find(({ otherFiles }) => otherFiles?.test(file))
  );
}

/** With what the project says of install scripts, where there is a project and its packages have some. */
export function withScripts(lockfile: Lockfile, manifests: ProjectManifests): Lockfile {
  return manifests.has('') && isNodeLockfile(lockfile)
    ? { ...lockfile, scripts: scriptPermissions(lockfile, manifests) }
    : lockfile;
}
