import { basename, dirname, join } from 'node:path';
import type { Since } from '../../audit/options.ts';
import { isShallow, readAt } from '../../git/base.ts';
import type { LockfileBefore } from '../../audit/lockfile-changes.ts';
import { LockfileError, parseLockfile, type ProjectManifests } from '../../lockfiles/index.ts';
import { isChanged, sinceRef, WHOLE_HISTORY, type FindBase } from './base.ts';
import { isMendable, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { projectFolder } from './files.ts';
import type { Lockfile } from '../../model/dependency.ts';
import { kindOf, type ProjectFiles } from './kind.ts';
import { shownPath } from '../user-files.ts';

/** A lockfile as it is now. */
interface CurrentLockfile {
  readonly path: string;
  /** As it is reported. */
  readonly file: string;
}

/**
 * The revision of --since with these lockfiles of one folder as they were there; null without that option. `files`
 * has the project's own for each as they are read now. Throws UsageError where git cannot say.
 */
export async function sinceOf(
  values: OptionValues,
  places: readonly CurrentLockfile[],
  files: (lockfile: string) => ProjectFiles,
  find: FindBase,
  io: Io,
): Promise<Since | null> {
  const [first] = places;
  if (values.since === undefined || first === undefined) return null;
  const ref = sinceRef(values, io);
  if (ref === null) {
    throw new UsageError('--since needs a git ref, as no pipeline of a pull request names one: --since origin/main');
  }
  const { commit, problem } = await find(ref);
  if (commit === null) {
    const how = (await isShallow(dirname(first.path))) ? `; ${WHOLE_HISTORY}` : '';
    throw new UsageError(`--since ${ref.shown} cannot be read: ${problem}${how}`);
  }
  const before = new Map<string, LockfileBefore>();
  for (const place of places) {
    const changed = await changedSettings(place.path, commit, io);
    const { manifests, settings } = files(place.path);
    const manifestsThen = await manifestsAt(place.path, manifests, commit);
    const lockfile = await lockfileAt(place, { manifests: manifestsThen, settings }, commit);
    if (lockfile === null) continue;
    const withIndexes =
      'problem' in lockfile ? lockfile : await kindOf(place.path).before(place.path, lockfile, commit, io);
    before.set(place.file, changed === null ? withIndexes : { problem: `${changed} was another one` });
  }
  return { ref: ref.shown, commit, before };
}

/**
 * A file of settings that is not as it was, as it is shown; null for none. It may say where entries come from whose
 * text stayed.
 */
async function changedSettings(lockfile: string, commit: string, io: Io): Promise<string | null> {
  for (const path of kindOf(lockfile).tellingPaths(lockfile, io)) {
    const [then, head] = await Promise.all([commit, 'HEAD'].map((each) => readAt(dirname(path), basename(path), each)));
    // What no commit has, no change brought: pipelines write such files, too.
    const isNobodys = [then, head].every((each) => each !== undefined && 'bytes' in each && each.bytes === null);
    if (!isNobodys && (await isChanged(path, commit, io)) !== false) return shownPath(path, io);
  }
  return null;
}

/** Null where it was not there. */
async function lockfileAt(
  { path, file }: CurrentLockfile,
  { manifests, settings }: ProjectFiles,
  commit: string,
): Promise<Lockfile | { readonly problem: string } | null> {
  const found = await readAt(dirname(path), basename(path), commit);
  if ('problem' in found) return found;
  if (found.bytes === null) return null;
  try {
    return parseLockfile(file, found.bytes, manifests, settings);
  } catch (error) {
    if (!(error instanceof LockfileError)) throw error;
    return { problem: error.message };
  }
}

/** What the project asked for then says what its lockfile meant. */
async function manifestsAt(lockfile: string, now: ProjectManifests, commit: string): Promise<ProjectManifests> {
  const then = new Map<string, string>();
  const kind = kindOf(lockfile);
  for (const member of now.keys()) {
    for (const place of kind.manifestPaths(lockfile, member)) {
      const path = join(projectFolder(lockfile), place);
      const found = await readAt(dirname(path), basename(path), commit);
      if (!('bytes' in found) || found.bytes === null) continue;
      then.set(member, textThen(kind.manifestText, basename(path), found.bytes.toString('utf8')));
      break;
    }
  }
  return then;
}

/** One that cannot be read is no package.json either, which the lockfile's own reader says. */
function textThen(read: (name: string, text: string) => string, name: string, text: string): string {
  try {
    return read(name, text);
  } catch (error) {
    if (!isMendable(error)) throw error;
    return text;
  }
}
