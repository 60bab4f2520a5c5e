import { basename, dirname, join } from 'node:path';
import type { Since } from '../../audit/options.ts';
import type { Cache } from '../../store/store.ts';
import { askAppearances, type ReadVersions } from '../../git/appearance.ts';
import type { RepositoryPath } from '../../git/gone.ts';
import { LOCKFILE_NAMES, LockfileError, parseLockfile } from '../../lockfiles/index.ts';
import type { BaselineBase, BaselineInUse } from '../../model/baseline.ts';
import type { Dependency, LocatedLockfile, Lockfile } from '../../model/dependency.ts';
import { isOfVendored } from '../../model/finding.ts';
import { versionId, type VersionId } from '../../model/package.ts';
import type { UnreadLockfile } from '../../model/report.ts';
import type { Appearance, AskAppearances } from '../../model/review.ts';
import { baseOf, readAtOrBefore, type FindBase } from './base.ts';
import { isMendable } from '../exit.ts';
import { lockfilesIn } from './find.ts';
import { loadBaseline, type LockfilePaths, repositoryPath } from './files.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { filesByKind, kindOf, type ProjectFiles } from './kind.ts';
import type { LoadedPolicy } from './policy.ts';
import { readLockfile } from './read-lockfile.ts';
import { openStore } from '../setup.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';
import { sinceOf } from './since.ts';

/** A folder whose lockfiles can be audited. */
export interface Project {
  /** The path of its first lockfile. */
  readonly path: string;
  /** Its lockfiles as they are shown. */
  readonly file: string;
  /** At least one. */
  readonly lockfiles: readonly LocatedLockfile[];
  /** Its lockfiles as they were read. */
  readonly sources: readonly LockfileSource[];
  /** Other lockfiles of the folder, which share its baseline and are not audited. */
  readonly beside: readonly Lockfile[];
  /** The project's own files that each of its lockfiles is read with. */
  readonly filesOf: (lockfile: string) => ProjectFiles;
  readonly policy: LoadedPolicy | null;
  readonly baseline: BaselineInUse;
  /** What earlier runs kept of it; null where nothing is to be kept. */
  readonly store: Cache | null;
  /** Asks git when versions came into its lockfiles. */
  readonly askAppearances: AskAppearances;
  /** What --since asks to compare with; null without it. */
  readonly askSince: () => Promise<Since | null>;
  /** The baseline where the pull request began, or where --base or --since say; null without any of them. */
  readonly askBase: () => Promise<BaselineBase | null>;
}

/** A lockfile as it was read. */
interface LockfileSource {
  readonly path: string;
  /** As it is reported. */
  readonly file: string;
  readonly bytes: Buffer;
}

/** What a folder's lockfiles came to. */
export interface OpenedFolder {
  /** Null where none of its lockfiles can be audited. */
  readonly project: Project | null;
  readonly unread: readonly UnreadLockfile[];
}

/** Reads the lockfiles of one folder, and the baseline they share. */
export async function openFolder(
  paths: LockfilePaths,
  values: OptionValues,
  policy: LoadedPolicy | null,
  finder: (lockfile: string) => FindBase,
  io: Io,
): Promise<OpenedFolder> {
  const shared = await attempt(() => ({ baseline: loadBaseline(paths[0], io), filesOf: filesByKind(paths, io) }));
  if ('problem' in shared) {
    return {
      project: null,
      unread: paths.map((path) => ({ file: shownPath(path, io), path: repositoryPath(path, io), ...shared })),
    };
  }
  const { baseline, filesOf } = shared;
  const store = openStore(values, paths[0], io);
  const read = (path: string): ReadLockfile => {
    demandProjectFile(path, io);
    const file = shownPath(path, io);
    const bytes = readUserFile(path, 'the lockfile', io);
    const { manifests, settings } = filesOf(path);
    const lockfile = { ...readLockfile(file, bytes, manifests, settings, store), path: repositoryPath(path, io) };
    return { path, file, bytes, lockfile };
  };
  const readInUse = (path: string): Promise<ReadLockfile | Problem> =>
    attempt(async () => {
      const result = read(path);
      const notUsed = await kindOf(path).notUsed(path, result.lockfile, filesOf(path), io, paths);
      if (notUsed.length === 0) return result;
      const vendored = notUsed.some(({ finding }) => isOfVendored(finding)) ? { isVendored: true as const } : {};
      const findings = [...(result.lockfile.findings ?? []), ...notUsed];
      return { ...result, lockfile: { ...result.lockfile, findings, ...vendored } };
    });
  const readable: ReadLockfile[] = [];
  const unread: UnreadLockfile[] = [];
  for (const path of paths) {
    const result = await readInUse(path);
    if ('problem' in result) {
      unread.push({ file: shownPath(path, io), path: repositoryPath(path, io), ...result });
      continue;
    }
    readable.push(result);
  }
  const [first] = readable;
  if (first === undefined) return { project: null, unread };
  const find = finder(first.path);
  const others = lockfilesIn(dirname(first.path)).filter((path) => !paths.includes(path));
  const project = {
    path: first.path,
    file: readable.map(({ file }, i) => (i === 0 ? file : basename(file))).join(' and '),
    lockfiles: readable.map(({ lockfile }) => lockfile),
    sources: readable,
    beside: (await Promise.all(others.map((path) => attempt(() => read(path))))).flatMap((each) =>
      'problem' in each ? [] : [each.lockfile],
    ),
    filesOf,
    policy,
    baseline,
    store,
    askAppearances: appearancesOf(
      readable.map(({ path }) => path),
      filesOf,
    ),
    askSince: () => sinceOf(values, readable, filesOf, find, io),
    askBase: async () => {
      const found = await baseOf(values, first.path, policy, find, io);
      if (found === null) return null;
      const { tip, moved, ...base } = found;
      if (base.commit === null || base.content === null) return base;
      const reader = (path: string): ReadDependencies => dependenciesReader(path, filesOf(path));
      const named = await namedAt([...paths, ...others], moved, reader, base.commit);
      const still = tip === undefined ? named : await namedAt([...paths, ...others], moved, reader, tip);
      return { ...base, named: new Set([...named].filter((id) => still.has(id))) };
    },
  };
  return { project, unread };
}

/**
 * What the lockfiles of a folder named at a commit, also where the folder was `moved` from. One that was not there, or
 * cannot be read, named nothing.
 */
async function namedAt(
  paths: readonly string[],
  moved: RepositoryPath | undefined,
  reader: (path: string) => ReadDependencies,
  commit: string,
): Promise<ReadonlySet<VersionId>> {
  const each = await Promise.all(
    paths.map(async (path) => {
      const found = await readAtOrBefore(path, moved, commit);
      return 'bytes' in found && found.bytes !== null ? (reader(path)(found.bytes) ?? []).map(versionId) : [];
    }),
  );
  return new Set(each.flat());
}

interface ReadLockfile extends LockfileSource {
  readonly lockfile: LocatedLockfile;
}

interface Problem {
  readonly problem: string;
}

/** What `read` gives, or what the user has to mend for it. */
async function attempt<T>(read: () => T | Promise<T>): Promise<T | Problem> {
  try {
    return await read();
  } catch (error) {
    if (!isMendable(error)) throw error;
    return { problem: error.message };
  }
}

/** Of several lockfiles, the one that has had a version for longest says since when. */
function appearancesOf(paths: readonly string[], filesOf: (lockfile: string) => ProjectFiles): AskAppearances {
  return async (versions) => {
    const asked = paths.map((path) => {
      const readVersions: ReadVersions = (name, bytes) => {
        const dependencies = dependenciesReader(join(dirname(path), name), filesOf(path))(bytes);
        return dependencies === null ? null : new Set(dependencies.map(versionId));
      };
      return askAppearances(path, LOCKFILE_NAMES, versions, readVersions, Date.now());
    });
    const answers = (await Promise.all(asked)).filter((answer) => answer !== null);
    if (answers.length === 0) return null;
    const appearances = new Map<VersionId, Appearance>();
    for (const [id, appearance] of answers.flatMap((answer) => [...answer.appearances])) {
      const known = appearances.get(id);
      if (known === undefined || appearance.time < known.time) appearances.set(id, appearance);
    }
    return { appearances, shallow: answers.some(({ shallow }) => shallow) };
  };
}

/** What a lockfile of the past named; null where it cannot be read. */
type ReadDependencies = (bytes: Uint8Array) => readonly Dependency[] | null;

function dependenciesReader(path: string, { manifests, settings }: ProjectFiles): ReadDependencies {
  return (bytes) => {
    try {
      return parseLockfile(path, bytes, manifests, settings).dependencies;
    } catch (error) {
      if (error instanceof LockfileError) return null;
      throw error;
    }
  };
}
