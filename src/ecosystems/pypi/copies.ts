import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import {
  checkLeftovers,
  checkVersion,
  checkWheel,
  compareWheel,
  establishWheels,
} from '../../checks/pypi/installed/compare.ts';
import { layOut } from '../../checks/pypi/installed/layout.ts';
import { judgeLeftovers, type Claimant } from '../../checks/pypi/installed/leftover.ts';
import { hashOf, kindOf, readSmall, withFile } from '../../installed/read.ts';
import { InstalledError } from '../../installed/tree.ts';
import type { InstalledFile } from '../../model/bytes.ts';
import type { Dependency, Lockfile } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { CopiesFound } from '../../model/gathered.ts';
import { groupBy } from '../../model/group-by.ts';
import { MAX_CONFIG_BYTES } from '../../model/limits.ts';
import { specOf } from '../../model/package.ts';
import type { InstalledProof } from '../../model/proof.ts';
import type { Wheel } from '../../readers/wheel.ts';
import { conventionsOf } from '../conventions/index.ts';
import { tagsOfWheel } from '../conventions/pypi-files.ts';
import type { Distribution } from './distributions.ts';
import { openEnvironments, type Environment } from './environments.ts';
import type { PypiSource } from './source.ts';

/** What is installed of a lockfile, in every environment of its project. */
export interface PythonCopies {
  /** Those of the locked files of a dependency that were installed, as it says: wheels whose tags and build it has. */
  readonly wheelsOf: (dependency: Dependency, files: readonly string[]) => readonly string[];
  /** `files` are all that are locked, and `wheels` those of which the content is proven, by their names. */
  readonly compare: (
    dependency: Dependency,
    files: readonly string[],
    wheels: ReadonlyMap<string, Wheel>,
  ) => ComparedCopies;
  /** What came of all, once each was compared. */
  readonly found: () => CopiesFound;
}

interface ComparedCopies {
  readonly proof: InstalledProof | null;
  readonly findings: readonly Finding[];
}

/** What a run is told of a project. */
interface Installed {
  readonly folder: string;
  readonly lockfile: Lockfile;
  /** What all lockfiles of the folder name. */
  readonly named: readonly Dependency[];
}

/** Throws InstalledError where nothing of the lockfile is installed. */
export async function openCopies(
  { folder, lockfile, named }: Installed,
  source: Pick<PypiSource, 'environmentFor'>,
): Promise<PythonCopies> {
  const { manager } = lockfile;
  const environments = await openEnvironments(folder, manager, source.environmentFor(manager));
  const ofPython = named.filter(({ ecosystem }) => ecosystem === 'pypi');
  const locked = groupBy(ofPython, ({ name }) => name);
  const isNamed = lockfile.dependencies.some(({ name }) =>
    environments.some(({ distributions }) => distributions.some((one) => one.name === name)),
  );
  if (!isNamed && lockfile.dependencies.length > 0) {
    const shown = environments.map((one) => one.shown).join(', ');
    throw new InstalledError(
      `nothing is installed: no package of ${lockfile.file} is in ${shown}; install first, or leave out --installed`,
    );
  }
  const used = { copies: 0, files: 0 };
  const absent = new Set<string>();
  const claimed = new Map<Environment, Set<string>>(environments.map((one) => [one, new Set()]));
  const compared = new Set<Distribution>();

  const ofVersion = ({ distributions }: Environment, dependency: Dependency): readonly Distribution[] =>
    distributions.filter((one) => one.name === dependency.name && isSameVersion(one.version, dependency.version));
  /** Other versions than any that is locked; the first dependency of the name tells of them. */
  const straysOf = ({ distributions }: Environment, dependency: Dependency): readonly Distribution[] => {
    const all = locked.get(dependency.name) ?? [];
    if (lockfile.dependencies.find(({ name }) => name === dependency.name) !== dependency) return [];
    return distributions.filter(
      (one) => one.name === dependency.name && !all.some(({ version }) => isSameVersion(one.version, version)),
    );
  };

  /** Of several wheels that it may be, the one it is most like. */
  const compareOne = (env: Environment, own: Distribution, wheels: readonly Wheel[]): readonly Finding[] => {
    const all = wheels.map((wheel) =>
      compareWheel(layOut(wheel, env.scheme), env.scheme, (path) => fileIn(env, path), own.record),
    );
    const [best] = all.sort((a, b) => a.modified.length + a.missing.length - b.modified.length - b.missing.length);
    if (best === undefined) return [];
    compared.add(own);
    for (const path of best.claimed) claimed.get(env)?.add(path);
    used.copies += 1;
    used.files += best.same;
    return checkWheel(env.shown, best, env.scheme.scripts);
  };

  return {
    wheelsOf: (dependency, files) => {
      const installed = environments.flatMap((env) => ofVersion(env, dependency));
      return files.filter((file) => installed.some((one) => isFrom(one, file)));
    },
    compare: (dependency, files, wheels) => {
      const findings: Finding[] = [];
      const paths: string[] = [];
      const before = used.files;
      let isProven = true;
      for (const env of environments) {
        const strays = straysOf(env, dependency);
        findings.push(...strays.map((one) => checkVersion(shownOf(env, one), one.version)));
        const own = ofVersion(env, dependency);
        if (own.length === 0 && strays.length === 0) absent.add(specOf(dependency));
        for (const one of own) {
          const possible = [...wheels].filter(([file]) => isFrom(one, file)).map(([, wheel]) => wheel);
          if (possible.length > 0) {
            const launchers = possible.flatMap((wheel) => layOut(wheel, env.scheme).launchers);
            findings.push(...compareOne(env, one, possible), ...unprovenLaunchers(env, launchers));
            paths.push(env.shown);
          } else {
            isProven = false;
            // That there are no bytes of a locked wheel is told where they are asked for.
            if (!files.some((file) => isFrom(one, file))) findings.push(builtFromSource(env, one));
          }
        }
      }
      return { proof: isProven ? establishWheels(paths, used.files - before, findings) : null, findings };
    },
    found: () => ({
      used: {
        ...used,
        absent: [...absent].sort(),
        unlocked: environments.flatMap((env) =>
          env.distributions
            .filter((one) => !compared.has(one) && claimantOf(one).kind === 'unlocked')
            .map((one) => shownOf(env, one)),
        ),
      },
      findings: environments.flatMap((env) => leftIn(env)),
      isWhole: false,
    }),
  };

  function claimantOf({ name, fromFolder }: Distribution): Claimant {
    const all = locked.get(name) ?? [];
    if (all.some(({ artifacts: [artifact] }) => artifact.source.kind === 'registry')) return { kind: 'unasked', name };
    const isOwn = all.length > 0 || (fromFolder !== null && isOfProject(fromFolder));
    return { kind: isOwn ? 'own' : 'unlocked', name };
  }

  function leftIn(env: Environment): readonly Finding[] {
    // Where two claim a file, that of which less is known counts.
    const order = ['unasked', 'own', 'unlocked'];
    const claimants = env.distributions
      .filter((one) => !compared.has(one))
      .map((one) => ({ one, claimant: claimantOf(one) }))
      .sort((a, b) => order.indexOf(a.claimant.kind) - order.indexOf(b.claimant.kind));
    const of = new Map(claimants.flatMap(({ one, claimant }) => one.claims.map((path) => [path, claimant] as const)));
    const left = judgeLeftovers({
      scheme: env.scheme,
      files: env.files,
      claimed: claimed.get(env) ?? new Set(),
      claimantOf: (path) => of.get(path) ?? null,
      read: (path) => readSmall(join(env.root, path), MAX_CONFIG_BYTES),
      isOfProject,
    });
    const reason =
      'it also takes what is installed outside of it (include-system-site-packages), which is not compared';
    return [...checkLeftovers(env.shown, left), ...(env.takesSystem ? [unavailable(env.shown, reason)] : [])];
  }

  function isOfProject(path: string): boolean {
    return [folder, realpathSync(folder)].some((own) => {
      const within = relative(own, resolve(path));
      return within === '' || !(within === '..' || /^\.\.[\\/]/.test(within) || resolve(within) === within);
    });
  }
}

function isSameVersion(one: string, other: string): boolean {
  const { versions } = conventionsOf('pypi');
  if (versions.parse(one) === null || versions.parse(other) === null) return one === other;
  return versions.compare(one, other) === 0;
}

/** Whether a wheel of this name could have been installed as it says. */
function isFrom({ wheel }: Distribution, file: string): boolean {
  const named = tagsOfWheel(file);
  return named !== null && wheel?.build === named.build && named.tags.some((tag) => wheel.tags.has(tag));
}

function shownOf({ shown, scheme }: Environment, { folder }: Distribution): string {
  return `${shown}/${scheme.site}/${folder}`;
}

/** A file outside of the folders that were read, such as a man page. No folder on the way may be a link. */
function fileIn({ root, scheme, files }: Environment, path: string): InstalledFile | null {
  if ([scheme.site, scheme.scripts].some((folder) => path.startsWith(`${folder}/`))) return files.get(path) ?? null;
  const parts = path.split('/');
  const folders = parts.slice(0, -1).map((_, i) => join(root, ...parts.slice(0, i + 1)));
  const kind = folders.every((folder) => kindOf(folder) === 'folder') ? kindOf(join(root, path)) : null;
  if (kind === null) return null;
  if (kind !== 'other') return { kind: 'link', size: 0, digest: null };
  try {
    const read = withFile(join(root, path), (file) => ({ size: file.size, digest: hashOf(file) }));
    return read === null ? { kind: 'other', size: 0, digest: null } : { kind: 'file', ...read };
  } catch {
    return { kind: 'other', size: 0, digest: null };
  }
}

function builtFromSource(env: Environment, one: Distribution): Finding {
  const reason =
    'it was built here: no locked wheel has its tags, and nothing says what a source distribution is built to; install its wheel, or compare what was built yourself';
  return unavailable(shownOf(env, one), reason);
}

function unprovenLaunchers({ shown, files }: Environment, launchers: readonly string[]): readonly Finding[] {
  const there = launchers.filter((path) => files.has(path));
  if (there.length === 0) return [];
  const names = there.slice(0, 3).join(', ');
  return [
    unavailable(shown, `${there.length} programs of Windows cannot be held to a wheel, which has none (${names})`),
  ];
}

function unavailable(url: string, reason: string): Finding {
  return finding('evidence-unavailable', { evidence: 'installed', url, reason });
}
