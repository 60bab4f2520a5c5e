import type { ConfigFile, Lockfile } from '../../model/dependency.ts';
import type { Ecosystem } from '../../model/package.ts';

/**
 * Texts of the project's manifests (package.json, go.mod), by folder relative to the lockfile's project: "" is the
 * project itself. A lockfile does not always say what the project itself asks for; where these are given they do.
 */
export type ProjectManifests = ReadonlyMap<string, string>;

/**
 * The project's own files of its package manager's configuration (pnpm-workspace.yaml, .yarnrc.yml), the strongest
 * first: what they declare to change explains what a lockfile says.
 */
export type ProjectSettings = readonly ConfigFile[];

/** One kind of lockfile. Adding a package manager means adding one of these to `SUPPORTED_FORMATS`. */
export interface LockfileFormat<L extends Lockfile = Lockfile> {
  /** Name for people, e.g. "npm". */
  readonly name: string;
  /** What its entries are packages of. */
  readonly ecosystem: Ecosystem;
  /** Names of the files to look for in a directory, in the package manager's own order of preference. */
  readonly fileNames: readonly string[];
  /** Names of files that are read when they are named, but never looked for. */
  readonly otherFileNames: readonly string[];
  /** The same for what is called by a pattern: of the whole path. */
  readonly otherFiles?: RegExp;
  /**
   * Whether a file that was looked for is a lockfile at all, by its text: left out where its name says so. One that is
   * named is read in any case.
   */
  readonly isLocked?: (text: string) => boolean;
  /** Reads one file. `file` is the name to report. Throws LockfileError, and nothing else. */
  readonly parse: (file: string, bytes: Uint8Array, manifests: ProjectManifests, settings: ProjectSettings) => L;
}
