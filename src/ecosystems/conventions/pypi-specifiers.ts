import { compareVersions } from './compare.ts';
import { isPrerelease, orderOf, readVersion, textOf, type PythonVersion, type Segment } from './pypi-version.ts';

/** One clause of a range (https://packaging.python.org/en/latest/specifications/version-specifiers/#version-specifiers). */
export interface Specifier {
  readonly allows: (version: PythonVersion) => boolean;
  /** Whether it names a prerelease, and so asks for prereleases. */
  readonly namesPrerelease: boolean;
}

/** Ranges longer than this are nobody's. */
const MAX_LENGTH = 1024;
const CLAUSE = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/;
/** Of `===`, which compares texts and takes any. */
const ARBITRARY = /^[^\s;)]+$/;

/**
 * Reads clauses with commas between them, each of which must hold; a version alone is `==` of it. Null for what is no
 * range. No clause at all allows every version.
 */
export function readSpecifiers(text: string): readonly Specifier[] | null {
  if (text.length > MAX_LENGTH) return null;
  const alone = readVersion(text.trim());
  if (alone !== null) return [equal(alone)];
  const clauses = text
    .split(',')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
    .map(readClause);
  return clauses.includes(null) ? null : clauses.filter((clause) => clause !== null);
}

function readClause(text: string): Specifier | null {
  const [, operator = '', wanted = ''] = CLAUSE.exec(text) ?? [];
  if (operator === '===') return ARBITRARY.test(wanted) ? arbitrary(wanted) : null;
  if ((operator === '==' || operator === '!=') && wanted.endsWith('.*')) {
    const prefix = readVersion(wanted.slice(0, -'.*'.length));
    if (prefix === null || !isOnlyRelease(prefix)) return null;
    return operator === '==' ? startingWith(prefix) : not(startingWith(prefix));
  }
  const version = readVersion(wanted);
  if (version === null) return null;
  if (operator === '==') return equal(version);
  if (operator === '!=') return not(equal(version));
  return version.local.length > 0 ? null : ordered(operator, version);
}

function ordered(operator: string, wanted: PythonVersion): Specifier | null {
  const compared = (version: PythonVersion): number => compare(version, wanted);
  const specifier = (allows: Specifier['allows']): Specifier => ({ allows, namesPrerelease: isPrerelease(wanted) });
  switch (operator) {
    case '<=':
      return specifier((version) => compared(withoutLocal(version)) <= 0);
    case '>=':
      return specifier((version) => compared(withoutLocal(version)) >= 0);
    case '<': {
      // What is before the version and its own prerelease is no lower version, where the clause names no prerelease.
      const limit = isPrerelease(wanted) ? wanted : { ...wanted, dev: 0 };
      return specifier((version) => compare(version, limit) < 0);
    }
    case '>':
      // Nor is its own post-release, or a local version of it, a higher one.
      return specifier((version) => {
        const bare = withoutLocal(version);
        const isOwnPost = wanted.post === null && wanted.dev === null && version.post !== null;
        const itself = isOwnPost ? { ...bare, post: null, dev: null } : bare;
        return compared(version) > 0 && compare(itself, wanted) !== 0;
      });
    case '~=': {
      if (wanted.release.length < 2) return null;
      const prefix = startingWith({ ...wanted, release: wanted.release.slice(0, -1) });
      return specifier((version) => compared(withoutLocal(version)) >= 0 && prefix.allows(version));
    }
    default:
      return null;
  }
}

/** The local version counts only where the clause has one. */
function equal(wanted: PythonVersion): Specifier {
  return {
    allows: (version) => compare(wanted.local.length === 0 ? withoutLocal(version) : version, wanted) === 0,
    namesPrerelease: isPrerelease(wanted),
  };
}

function startingWith({ epoch, release }: PythonVersion): Specifier {
  return {
    allows: (version) => version.epoch === epoch && release.every((one, i) => one === segment(version, i)),
    namesPrerelease: false,
  };
}

function arbitrary(wanted: string): Specifier {
  const named = readVersion(wanted);
  return {
    allows: (version) => textOf(version) === wanted.toLowerCase(),
    namesPrerelease: named !== null && isPrerelease(named),
  };
}

/** What leaves a version out asks for no prerelease. */
function not({ allows }: Specifier): Specifier {
  return { allows: (version) => !allows(version), namesPrerelease: false };
}

function compare(a: PythonVersion, b: PythonVersion): number {
  return compareVersions({ order: orderOf(a) }, { order: orderOf(b) });
}

function withoutLocal(version: PythonVersion): PythonVersion {
  return { ...version, local: [] };
}

function isOnlyRelease(version: PythonVersion): boolean {
  return !isPrerelease(version) && version.post === null && version.local.length === 0;
}

function segment({ release }: PythonVersion, index: number): Segment {
  return release[index] ?? 0;
}
