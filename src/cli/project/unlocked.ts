import { join, relative, sep } from 'node:path';
import { ecosystemOfLockfile, LOCKFILE_NAMES } from '../../lockfiles/index.ts';
import type { Ecosystem } from '../../model/package.ts';
import { isMendable } from '../exit.ts';
import type { Io } from '../io.ts';
import { cargoUnlocked } from './cargo-project.ts';
import { goUnlocked } from './go-project.ts';
import { isLockfile, namesIn } from './listing.ts';
import type { Unlocked } from './manifests.ts';
import { nodeUnlocked } from './node-unlocked.ts';
import { pythonUnlocked } from './python-unlocked.ts';
import { projectFolders } from './upwards.ts';

/** What asks for packages of an ecosystem. */
interface Manifests {
  readonly names: readonly string[];
  /** Of a folder that has some of these and no lockfile of its ecosystem. Throws what is the user's to mend. */
  readonly unlocked: (folder: string, names: readonly string[], io: Io) => Unlocked | null;
}

const MANIFESTS: Readonly<Record<Ecosystem, Manifests>> = {
  npm: { names: ['package.json', 'package.yaml'], unlocked: nodeUnlocked },
  go: { names: ['go.mod'], unlocked: goUnlocked },
  pypi: { names: ['pyproject.toml', 'Pipfile', 'requirements.txt'], unlocked: pythonUnlocked },
  cargo: { names: ['Cargo.toml'], unlocked: cargoUnlocked },
};

const ECOSYSTEMS = Object.keys(MANIFESTS) as readonly Ecosystem[];

/** Folders whose manifests no installation of the project reads: what was fetched or built, and what tests read. */
const OF_OTHERS =
  /^(?:\..+|_.+|tests?|__tests__|test-?data|testdata|__?fixtures__?|fixtures?|vendor|third_party|site-packages|venv|target|dist|build)$/;

/** The manifests of a folder that ask for packages of an ecosystem of which no lockfile there says which. */
export function unlockedIn(folder: string, names: readonly string[], io: Io): readonly Unlocked[] {
  return ECOSYSTEMS.flatMap((ecosystem) => {
    const [manifest] = MANIFESTS[ecosystem].names.filter((name) => names.includes(name));
    if (manifest === undefined || hasLockfile(ecosystem, folder, names)) return [];
    try {
      return MANIFESTS[ecosystem].unlocked(folder, names, io) ?? [];
    } catch (error) {
      if (isMendable(error)) return [{ path: join(folder, manifest), problem: error.message }];
      throw error;
    }
  });
}

/** Whether a folder below `place` can be of a project that is installed, by the names on the way there. */
export function isOfProject(place: string, folder: string): boolean {
  return !relative(place, folder)
    .split(sep)
    .some((name) => OF_OTHERS.test(name));
}

/**
 * What asks for packages in the folder of a lockfile that is gone, where no other of its ecosystem is there: its name;
 * null where nothing does.
 */
export function manifestLeft(lockfile: string, folder: string, names: readonly string[]): string | null {
  const ecosystem = ecosystemOfLockfile(lockfile);
  if (hasLockfile(ecosystem, folder, names)) return null;
  return MANIFESTS[ecosystem].names.find((name) => names.includes(name)) ?? null;
}

/** The ecosystems of the nearest folder, here or above in the project, that has a lockfile or manifest of any. */
export function ecosystemsOfProject(io: Io): ReadonlySet<Ecosystem> {
  for (const folder of projectFolders(io.cwd, io)) {
    const names = namesIn(folder);
    const found = ECOSYSTEMS.filter(
      (ecosystem) =>
        MANIFESTS[ecosystem].names.some((name) => names.includes(name)) || hasLockfile(ecosystem, folder, names),
    );
    if (found.length > 0) return new Set(found);
  }
  return new Set();
}

function hasLockfile(ecosystem: Ecosystem, folder: string, names: readonly string[]): boolean {
  return LOCKFILE_NAMES.some(
    (name) => names.includes(name) && ecosystemOfLockfile(name) === ecosystem && isLockfile(join(folder, name)),
  );
}
