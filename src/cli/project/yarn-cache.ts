import { join, resolve } from 'node:path';
import { isSwitchedOn, nameOf, textsOf, type UseSetting } from '../../lockfiles/settings/names.ts';
import type { Dependency, NodeLockfile } from '../../model/dependency.ts';
import type { Io } from '../io.ts';
import { committedFiles, committedFolder, expanded } from './stores.ts';

/** Archives of the repository that Yarn 2 and later install from although the lockfile has no checksum of them. */
interface UncheckedArchives {
  readonly folder: string;
  /** `NAME@VERSION`, each once. */
  readonly packages: readonly string[];
}

/** The first format of Yarn 4, whose cache is outside of the project unless a setting says otherwise. */
const FIRST_OF_YARN_4 = 8;

/**
 * Yarn writes no checksum of an optional package that is not for every machine, and takes what its cache has of it
 * (https://yarnpkg.com/cli/install, --check-cache). `settings` are in order, the strongest first; paths of theirs are
 * relative to their own folder.
 */
export async function uncheckedArchives(
  { dependencies, format }: Pick<NodeLockfile, 'dependencies' | 'format'>,
  folder: string,
  settings: readonly { readonly setting: UseSetting; readonly folder: string }[],
  io: Io,
): Promise<readonly UncheckedArchives[]> {
  const unchecked = dependencies.filter(({ artifacts: [{ archive }] }) => archive?.checksum === null && !archive.due);
  if (unchecked.length === 0) return [];
  const places = await Promise.all(
    [...cachesOf(Number(/\d+$/.exec(format)?.[0]), folder, settings, io)].map((place) =>
      committedFolder(place, folder, folder, io),
    ),
  );
  const found = await Promise.all(
    places.map(async (place) => {
      if (place === null) return [];
      const names = await committedFiles(place);
      const packages = unchecked.filter((one) => names.some((name) => isArchiveOf(one, name)));
      return packages.length === 0
        ? []
        : [{ folder: place, packages: packages.map(({ name, version }) => `${name}@${version}`) }];
    }),
  );
  return found.flat();
}

/** Folders that Yarn takes archives from, whether as its cache or as what it fills that from. */
function cachesOf(
  version: number,
  folder: string,
  settings: readonly { readonly setting: UseSetting; readonly folder: string }[],
  io: Io,
): ReadonlySet<string> {
  const valuesOf = (name: string): readonly string[] =>
    settings
      .filter(({ setting: [key] }) => nameOf('yarn', key) === name)
      .flatMap(({ setting: [, value], folder: from }) =>
        textsOf(value).map((path) => resolve(from, expanded(path, io))),
      );
  const said = settings.find(({ setting: [key] }) => nameOf('yarn', key) === 'enable-global-cache')?.setting[1];
  const isGlobal = said === undefined ? version >= FIRST_OF_YARN_4 : isSwitchedOn(said);
  const own = isGlobal ? [] : [join(folder, '.yarn/cache'), ...valuesOf('cache-folder')];
  return new Set([...own, ...valuesOf('global-folder').map((path) => join(path, 'cache'))]);
}

/** By the name that Yarn gives it: `@SCOPE-NAME-npm-VERSION-HASH-...`, or `NAME-patch-HASH-...`. */
function isArchiveOf({ name, version }: Dependency, file: string): boolean {
  const start = `${name.replace('/', '-')}-`;
  if (!file.startsWith(start)) return false;
  const rest = file.slice(start.length);
  return rest.startsWith(`npm-${version}-`) || /^(?!npm-)[a-z]+-[0-9a-f]{10}-/.test(rest);
}
