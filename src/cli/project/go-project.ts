import { realpathSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Lockfile, PlacedFinding } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { Io } from '../io.ts';
import { parseLockfile } from '../../lockfiles/index.ts';
import { count } from '../../report/words/layout.ts';
import { shownPath } from '../user-files.ts';
import { MODULES_TXT } from '../../lockfiles/go/vendor-project.ts';
import { readGoWork } from '../../lockfiles/go/work.ts';
import { UsageError } from '../exit.ts';
import type { GoSettings } from '../../lockfiles/go/settings/index.ts';
import { goSettingsIn } from './go-source.ts';
import { namesIn } from './listing.ts';
import { projectFolder } from './files.ts';
import { manifestFile, type Unlocked } from './manifests.ts';
import { committedOf, isInRepository } from './stores.ts';
import { projectFolders } from './upwards.ts';

/** Of a workspace; more than any has. */
const MAX_MODULES = 1000;

/**
 * What a go.sum is read with: the go.mod beside it and, in the folder of a go.work, that with its sums and those of all
 * modules of the workspace. Throws UsageError and LockfileError.
 */
export function goManifests(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (key: string, path: string): void => {
    const text = manifestFile(lockfile, path, io);
    if (text !== null) found.set(key, text);
  };
  add('', 'go.mod');
  add(MODULES_TXT, MODULES_TXT);
  add('go.work', 'go.work');
  const work = found.get('go.work');
  if (work === undefined) return found;
  add('go.work.sum', 'go.work.sum');
  const { uses } = readGoWork('go.work', work);
  if (uses.length > MAX_MODULES) throw new UsageError(`go.work has more than ${MAX_MODULES} modules`);
  for (const { folder } of uses.filter((use) => use.folder !== '')) {
    add(folder, `${folder}/go.mod`);
    add(`${folder}/go.sum`, `${folder}/go.sum`);
  }
  const own = uses.some(({ folder }) => folder === '');
  if (own) add('go.sum', 'go.sum');
  return found;
}

/**
 * Why a folder of Go modules cannot be audited: no file there locks what it is built from, so that go builds
 * nothing, or writes sums anew (-mod=mod, go mod tidy). Null where none is needed, and in folders that the go command
 * passes over. Throws LockfileError.
 */
export function goUnlocked(folder: string, names: readonly string[], io: Io): Unlocked | null {
  if (!names.includes('go.mod') || names.includes('go.work.sum')) return null;
  const folders = projectFolders(folder, io);
  // The sums of a workspace are those of all its modules.
  if (folders.some((each) => each !== folder && namesIn(each).includes('go.work'))) return null;
  const below = relative(folders.at(-1) ?? folder, folder).split(sep);
  if (below.some((name) => name === 'testdata' || /^[._]/.test(name))) return null;
  const unlocked = goUnhashed(join(folder, 'go.sum'), io).length;
  const path = join(folder, 'go.mod');
  const problem = `${shownPath(path, io)} requires ${count(unlocked, 'module')} of which no go.sum has a hash: go builds nothing without one, and go mod tidy writes it of whatever it is served; bring back the one that was reviewed, or audit what go mod tidy wrote`;
  return unlocked === 0 ? null : { path, problem };
}

/** The modules that are required without any hash, by a file of sums and all that count as much. */
export function goUnhashed(sums: string, io: Io): readonly string[] {
  const bytes = Buffer.from(manifestFile(sums, basename(sums), io) ?? '');
  const { dependencies } = parseLockfile(shownPath(sums, io), bytes, goManifests(sums, io), []);
  return dependencies
    .filter(({ artifacts }) =>
      artifacts.every(({ source, digests }) => source.kind === 'registry' && digests.length === 0),
    )
    .map(({ name, version }) => `${name}@${version}`);
}

/** Where a manifest of `goManifests` is, below the folder of the project: a file by its own path, or a go.mod. */
export function goManifestPath(key: string): string {
  return key === MODULES_TXT || /(?:^|\/)go\.(?:sum|work|work\.sum)$/.test(key) ? key : join(key, 'go.mod');
}

/** What of a Go project makes the go command build something else than what go.sum locks. */
export async function goNotUsed(path: string, { file }: Lockfile, io: Io): Promise<readonly PlacedFinding[]> {
  const folder = projectFolder(path);
  const place = { file, line: 1, path: '' };
  const settings = goSettingsIn(io);
  const { work } = settings;
  const by = placesOf(folder, io)
    .map((each) => otherWorkspace(each, work, io))
    .find((one) => one !== null);
  const found = await committedStores(folder, settings, io);
  const other = by === undefined ? [] : [finding('lockfile-other-code', { by, code: 'repository' })];
  return [...found, ...other].map((one) => ({ place, finding: one }));
}

/** What a repository has of the caches of Go, which are built from as they are, and of Go itself. */
async function committedStores(
  folder: string,
  { moduleCache, ofFiles }: GoSettings,
  io: Io,
): Promise<readonly Finding[]> {
  const named = (name: string): string => (io.env[name] ?? '') || (ofFiles.get(name) ?? '');
  const here = async (...paths: readonly string[]): Promise<readonly string[]> => {
    const places = paths.filter((path) => path !== '').map((path) => resolve(folder, path));
    const committed = await committedOf(places.filter((place) => isInRepository(place, folder)));
    return committed.map((place) => `${shownPath(place, io)} of the repository`);
  };
  const caches = await here(moduleCache ?? '', named('GOCACHE'));
  const roots = await here(named('GOROOT'));
  const instead = 'what is committed there, whose bytes are not compared with the sums';
  return [
    ...caches.map((by) => finding('lockfile-not-used', { by, instead })),
    ...roots.map((by) => finding('lockfile-other-code', { by, code: 'repository' })),
  ];
}

/**
 * A folder by each of its paths, as links lead to it. The go command walks up from the one that PWD has, where that is
 * the folder that it is started in (os.Getwd).
 */
function placesOf(folder: string, { cwd, env }: Io): readonly string[] {
  const { PWD = '' } = env;
  const isHere = isAbsolute(PWD) && realPath(PWD) === realPath(cwd);
  return [...new Set([folder, realPath(folder), ...(isHere ? [resolve(PWD, relative(cwd, folder))] : [])])];
}

/** The path itself where it leads nowhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** What makes the go command build in another workspace, or in none, than the files in this folder were read as. */
function otherWorkspace(folder: string, setting: string, io: Io): string | null {
  const nearest = projectFolders(folder, io).find((each) => namesIn(each).includes('go.work'));
  const own = join(folder, 'go.work');
  if (setting === 'off') {
    return nearest === folder ? `GOWORK=off, with which go passes over ${shownPath(own, io)}` : null;
  }
  const taken =
    setting === 'auto' ? (nearest === undefined ? own : join(nearest, 'go.work')) : resolve(folder, setting);
  if (taken === own) return null;
  const shown = setting === 'auto' ? shownPath(taken, io) : `GOWORK=${shownPath(taken, io)}`;
  return `${shown}, whose replace lines and go.work.sum are read in its own folder`;
}
