import { join } from 'node:path';
import type { LockfileBefore } from '../../audit/lockfile-changes.ts';
import { ecosystemOfLockfile, type ProjectManifests, type ProjectSettings } from '../../lockfiles/index.ts';
import { isNodeLockfile, type Lockfile, type PlacedFinding } from '../../model/dependency.ts';
import type { Ecosystem } from '../../model/package.ts';
import type { Io } from '../io.ts';
import { cargoManifests, cargoNotUsed } from './cargo-project.ts';
import { goManifestPath, goManifests, goNotUsed } from './go-project.ts';
import { projectManifests, type LockfilePaths } from './files.ts';
import { managerOf, projectSettings, tellingPaths } from './manager-config.ts';
import { manifestNames, manifestText } from './manifests.ts';
import { notUsed } from './not-used.ts';
import { pythonNotUsed } from './python-not-used.ts';
import { withIndexes } from './python-before.ts';
import { pythonFiles } from './python-project.ts';

/** The project's own files that lockfiles of one ecosystem are read with. */
export interface ProjectFiles {
  readonly manifests: ProjectManifests;
  readonly settings: ProjectSettings;
}

/** What of a project its lockfiles of one ecosystem are read with, and held to. */
interface ProjectKind {
  /** Of lockfiles of this kind in one folder. */
  readonly files: (paths: LockfilePaths, io: Io) => ProjectFiles;
  /** Where a manifest may be, below the folder of the project, in the order in which it is looked for. */
  readonly manifestPaths: (lockfile: string, member: string) => readonly string[];
  /** What a manifest says, in the form that the reader of the lockfile takes. Throws UsageError. */
  readonly manifestText: (file: string, text: string) => string;
  /** Files of the project, beside lockfile and manifests, that decide what the lockfile's entries mean. */
  readonly tellingPaths: (lockfile: string, io: Io) => ReadonlySet<string>;
  /** A lockfile as it was at a commit, with what settings of that commit add to it. */
  readonly before: (path: string, then: Lockfile, commit: string, io: Io) => Promise<LockfileBefore>;
  /** What of the project makes an installation use something else than the lockfile. */
  readonly notUsed: (
    path: string,
    lockfile: Lockfile,
    files: ProjectFiles,
    io: Io,
    audited: readonly string[],
  ) => Promise<readonly PlacedFinding[]>;
}

const node: ProjectKind = {
  files: (paths, io) => {
    const settings = paths.flatMap((path) => projectSettings(path, io));
    return { settings, manifests: projectManifests(paths, settings, io) };
  },
  manifestPaths: (lockfile, member) => manifestNames(managerOf(lockfile)).map((name) => join(member, name)),
  manifestText,
  tellingPaths,
  before: asItWas,
  notUsed: async (path, lockfile, { manifests }, io, audited) =>
    isNodeLockfile(lockfile) ? notUsed(path, lockfile, manifests, io, audited) : [],
};

const go: ProjectKind = {
  files: ([path], io) => ({ settings: [], manifests: goManifests(path, io) }),
  manifestPaths: (_, member) => [goManifestPath(member)],
  manifestText: (_, text) => text,
  tellingPaths: () => new Set(),
  before: asItWas,
  notUsed: (path, lockfile, _, io) => goNotUsed(path, lockfile, io),
};

const cargo: ProjectKind = {
  files: ([path], io) => ({ settings: [], manifests: cargoManifests(path, io) }),
  manifestPaths: (_, member) => [join(member, 'Cargo.toml')],
  manifestText: (_, text) => text,
  tellingPaths: () => new Set(),
  before: asItWas,
  notUsed: (path, lockfile, { manifests }, io) => cargoNotUsed(path, lockfile, manifests, io),
};

const python: ProjectKind = {
  files: ([path], io) => ({ settings: [], manifests: pythonFiles(path, io) }),
  // Each is named by its whole path.
  manifestPaths: (_, member) => [member],
  manifestText: (_, text) => text,
  tellingPaths: () => new Set(),
  before: withIndexes,
  notUsed: (path, lockfile, _, io) => pythonNotUsed(path, lockfile, io),
};

function asItWas(_: string, then: Lockfile): Promise<LockfileBefore> {
  return Promise.resolve(then);
}

const KINDS: Readonly<Record<Ecosystem, ProjectKind>> = { npm: node, go, pypi: python, cargo };

/** The kind of project that a lockfile is of, by its name. */
export function kindOf(lockfile: string): ProjectKind {
  return KINDS[ecosystemOfLockfile(lockfile)];
}

/** The files of each kind that lockfiles of one folder are of. */
export function filesByKind(paths: LockfilePaths, io: Io): (lockfile: string) => ProjectFiles {
  const found = new Map<ProjectKind, ProjectFiles>();
  for (const kind of new Set(paths.map(kindOf))) {
    const [first, ...others] = paths.filter((path) => kindOf(path) === kind);
    if (first !== undefined) found.set(kind, kind.files([first, ...others], io));
  }
  return (lockfile) => found.get(kindOf(lockfile)) ?? { manifests: new Map(), settings: [] };
}
