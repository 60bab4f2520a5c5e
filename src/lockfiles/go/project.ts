import type { Place } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { ProjectManifests } from '../common/format.ts';
import { readGoMod, type GoMod, type Requirement } from './mod.ts';
import type { Replacement } from './rules.ts';
import { refuseMark } from './text.ts';
import { folderBelow, readGoWork } from './work.ts';

/** With the name of the file that it stands in. */
type In<T> = T & { readonly file: string };

interface OwnModule {
  /** As a replace line would write it. */
  readonly folder: string;
  /** Where it is said to be one. */
  readonly place: Place;
}

/** What a module, or a workspace of several, asks for. */
export interface GoProject {
  readonly requires: readonly In<Requirement>[];
  /** The strongest first: those of go.work, then those of its modules. Folders are relative to the lockfile's. */
  readonly replaces: readonly (readonly In<Replacement>[])[];
  /** Files of sums beside the lockfile that count as much as it does. */
  readonly sums: readonly In<{ readonly text: string }>[];
  /** Its own modules by their paths, which are built from its folders whatever version is asked for. */
  readonly modules: ReadonlyMap<string, OwnModule>;
  /** The version of Go that it is written for; null where it names none. */
  readonly go: string | null;
}

/**
 * Reads the go.mod beside a lockfile, the manifest of the folder "". Where there is a go.work it is a workspace, and
 * each folder in it has its own go.mod, and a go.sum. Files other than go.mod are manifests by their paths: "go.work",
 * "go.work.sum", "x/go.sum", "vendor/modules.txt".
 */
export function readGoProject(lockfile: string, manifests: ProjectManifests): GoProject {
  const [, base = '', own = ''] = /^(.*\/)?([^/]*)$/s.exec(lockfile) ?? [];
  const work = manifests.get('go.work');
  if (work === undefined) {
    const text = manifests.get('');
    const mods = text === undefined ? [] : [modOf(`${base}go.mod`, '', text, null)];
    return projectOf(mods, [], [], mods[0]?.go ?? null);
  }
  const file = `${base}go.work`;
  refuseOdd(file, work);
  const { uses, replaces, go } = readGoWork(file, work);
  const mods = uses.map(({ folder, line }) => {
    const text = manifests.get(folder);
    if (text === undefined)
      throw new LockfileError(file, line, `use: ${quoted(folder)} has no go.mod that can be read`);
    return modOf(`${base}${within(folder, 'go.mod')}`, folder, text, { file, line });
  });
  const names = ['go.work.sum', ...uses.map(({ folder }) => within(folder, 'go.sum'))];
  const sums = names.flatMap((name) => {
    const text = name === own ? undefined : manifests.get(name);
    return text === undefined ? [] : [{ file: `${base}${name}`, text }];
  });
  return projectOf(
    mods,
    replaces.map((one) => ({ ...one, file })),
    sums,
    go ?? FIRST_WITH_WORKSPACES,
  );
}

const FIRST_WITH_WORKSPACES = '1.18';

type PlacedMod = In<GoMod> & { readonly own: OwnModule };

function projectOf(
  mods: readonly PlacedMod[],
  overriding: readonly In<Replacement>[],
  sums: GoProject['sums'],
  go: string | null,
): GoProject {
  const overridden = new Set(overriding.map(({ path }) => path));
  const replaces = mods.flatMap((mod) => mod.replaces.map((one) => ({ ...one, file: mod.file })));
  refuseContradictions(replaces.filter(({ path }) => !overridden.has(path)));
  return {
    requires: mods.flatMap((mod) => mod.requires.map((one) => ({ ...one, file: mod.file }))),
    replaces: [overriding, replaces],
    sums,
    modules: new Map(mods.map(({ module, own }) => [module, own])),
    go,
  };
}

/** `used` is the line of go.work that names it; null for a module that is alone. */
function modOf(file: string, folder: string, text: string, used: Omit<Place, 'path'> | null): PlacedMod {
  refuseOdd(file, text);
  const mod = readGoMod(file, text);
  const shown = folder === '' ? '.' : relativeFolder('', folder);
  const own = {
    folder: shown,
    place: used === null ? { file, line: 1, path: `module ${mod.module}` } : { ...used, path: `use ${shown}` },
  };
  if (folder === '') return { ...mod, file, own };
  const replaces = mod.replaces.map((one) =>
    'folder' in one.by ? { ...one, by: { folder: relativeFolder(folder, one.by.folder) } } : one,
  );
  return { ...mod, replaces, file, own };
}

/** As a go.work in the folder above would write it. */
function relativeFolder(folder: string, path: string): string {
  const below = folderBelow(folder, path);
  return /^(?:\/|\.\.(?:\/|$))/.test(below) ? below : `./${below}`;
}

/** Go stops where two modules of a workspace put different things in the place of the same one. */
function refuseContradictions(replaces: readonly In<Replacement>[]): void {
  const known = new Map<string, In<Replacement>>();
  for (const one of replaces) {
    const key = JSON.stringify([one.path, one.version]);
    const other = known.get(key);
    if (other !== undefined && JSON.stringify(other.by) !== JSON.stringify(one.by)) {
      throw new LockfileError(
        one.file,
        one.line,
        `replace: ${quoted(one.path)} has another replacement in ${other.file}`,
      );
    }
    known.set(key, one);
  }
}

function within(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function refuseOdd(file: string, text: string): void {
  if (text.startsWith('\ufeff')) refuseMark(file);
  refuseConflicts(file, text, 'go mod tidy');
}
