import intersects from 'semver/ranges/intersects.js';
import validRange from 'semver/ranges/valid.js';
import type { NodeLockfile, NodeManager } from '../../model/dependency.ts';
import { fieldsOf } from '../../model/value.ts';
import { manifestFields } from '../../readers/manifest.ts';

/** A package manager that a project demands, and where it says so. */
interface Pin {
  readonly name: string;
  /** Versions of it; "*" for any. */
  readonly range: string;
  readonly by: string;
}

const NAMES: readonly string[] = ['npm', 'pnpm', 'yarn', 'bun', 'vlt'] satisfies NodeManager[];

/**
 * Which package manager a package.json demands, where none of those it allows reads this lockfile; null where one does,
 * or nothing is demanded. Which versions read which formats was tried with npm 6 to 12, pnpm 7 to 12, and Yarn 1 to 4.
 */
export function pinnedElsewhere(
  lockfile: Pick<NodeLockfile, 'manager' | 'format'>,
  manifest: string | undefined,
): { readonly by: string; readonly manager: string } | null {
  const reads = readersOf(lockfile);
  for (const pins of pinsOf(lockfile.manager, manifest)) {
    const [first] = pins;
    const isRead = pins.some(({ name, range }) => name === reads.name && intersects(range, reads.range));
    if (first !== undefined && !isRead) return { by: pins.map(({ by }) => by).join(' and '), manager: first.name };
  }
  return null;
}

/** The package manager, by the name that corepack has for it, and its versions that install from such a lockfile. */
function readersOf({ manager, format }: Pick<NodeLockfile, 'manager' | 'format'>): Pick<Pin, 'name' | 'range'> {
  const version = / v(\d+)/.exec(format)?.[1] ?? '';
  switch (manager) {
    case 'npm':
      return { name: 'npm', range: version === '3' ? '>=7' : '*' };
    case 'pnpm':
      return { name: 'pnpm', range: { 5: '>=3 <9', 6: '>=7 <10', 9: '>=9' }[version] ?? '*' };
    case 'yarn-classic':
      // Later ones take the versions out of it, and no hash.
      return { name: 'yarn', range: '<2' };
    case 'yarn':
      return { name: 'yarn', range: '>=2' };
    case 'bun':
    case 'vlt':
      return { name: manager, range: '*' };
  }
}

/** What `packageManager` and `devEngines` demand: of each, one of these is enough. */
function pinsOf(manager: NodeManager, manifest: string | undefined): readonly (readonly Pin[])[] {
  if (manifest === undefined) return [];
  const { packageManager, devEngines } = manifestFields('package.json', manifest, manager);
  const [, name = '', version = ''] =
    typeof packageManager === 'string' ? (/^([a-z]+)@(\d[\w.-]*)/.exec(packageManager) ?? []) : [];
  const exact = { name, range: version, by: `"packageManager": "${name}@${version}" of package.json` };
  const engines = fieldsOf(devEngines)['packageManager'];
  const allowed = (Array.isArray(engines) ? (engines as readonly unknown[]) : [engines]).map(fieldsOf);
  // What only warns is not in force.
  const isInForce = allowed.every(({ onFail }) => onFail !== 'ignore' && onFail !== 'warn');
  const ofEngines = allowed.map((engine): Pin => {
    const [wanted, range] = [textOf(engine['name']), textOf(engine['version']) || '*'];
    return { name: wanted, range, by: `devEngines.packageManager ${`${wanted} ${range}`.trim()} of package.json` };
  });
  return [[exact], isInForce ? ofEngines : []].map((pins) =>
    pins.every((pin) => NAMES.includes(pin.name)) ? pins.flatMap(plainRange) : [],
  );
}

/** A prerelease reads what its release does. */
function plainRange(pin: Pin): Pin[] {
  const range = pin.range.replace(/(?<=\d)-[0-9A-Za-z.-]+(?=\s|$)/g, '');
  return validRange(range) === null ? [] : [{ ...pin, range }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
