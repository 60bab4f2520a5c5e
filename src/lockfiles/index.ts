import type { NodeLockfile } from '../model/dependency.ts';
import { bun } from './bun/index.ts';
import { LockfileError } from '../readers/error.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from './common/format.ts';
import { npm } from './npm/index.ts';
import { pnpm } from './pnpm/index.ts';
import { scriptPermissions } from './settings/install-scripts.ts';
import { unsupported } from './unsupported.ts';
import { vlt } from './vlt/index.ts';
import { yarn } from './yarn/index.ts';

export { LockfileError } from '../readers/error.ts';
export type { LockfileFormat, ProjectManifests, ProjectSettings } from './common/format.ts';
export { parseIntegrity } from '../readers/integrity.ts';
export { scriptPermissions } from './settings/install-scripts.ts';

/** The lockfiles assay reads. */
export const SUPPORTED_FORMATS: readonly LockfileFormat<NodeLockfile>[] = [npm, pnpm, yarn, bun, vlt];

/** Every lockfile assay knows, supported ones first. */
export const LOCKFILE_FORMATS: readonly LockfileFormat<NodeLockfile>[] = [
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
): NodeLockfile {
  const format = BRANCH_LOCKFILE.test(file.replace(/^.*[/\\]/s, ''))
    ? pnpm
    : LOCKFILE_FORMATS.find(({ fileNames, otherFileNames }) =>
        [...fileNames, ...otherFileNames].some((name) => file.endsWith(name)),
      );
  if (format === undefined) {
    throw new LockfileError(file, null, `not the name of a lockfile; known are ${LOCKFILE_NAMES.join(', ')}`);
  }
  return withScripts(format.parse(file, bytes, manifests, settings), manifests);
}

/** With what the project says of install scripts, where there is a project. */
export function withScripts(lockfile: NodeLockfile, manifests: ProjectManifests): NodeLockfile {
  return manifests.has('') ? { ...lockfile, scripts: scriptPermissions(lockfile, manifests) } : lockfile;
}
