import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Place, PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';

/** What is asked for and by whom: a folder of the project (`.` is the lockfile's own), or `name@version`. */
export interface Request {
  readonly name: string;
  readonly spec: string;
  readonly by: string;
}

/** What is installed where a package manager does not take an entry from its lockfile. */
const ANSWER_OF_THE_DAY = 'what the registry answers on the day of the install';

/** Reports that the package manager asks the registry again instead of using the lockfile. */
export function resolvedAnew(place: Place, by: string): PlacedFinding {
  return { place, finding: finding('lockfile-not-used', { by, instead: ANSWER_OF_THE_DAY }) };
}

/** Reports a request that no entry of the lockfile answers. */
export function missingEntry(place: Place, request: Request): PlacedFinding {
  return resolvedAnew(place, `a missing entry: ${textOf(request)}`);
}

/** Reports a request whose entry has a version outside of the requested range. */
export function otherVersion(place: Place, version: string, request: Request): PlacedFinding {
  return resolvedAnew(place, `version ${version} for ${textOf(request)}`);
}

/** Reports an override that project and lockfile do not have alike. */
export function otherOverride(place: Omit<Place, 'path'>, selector: string): PlacedFinding {
  const by = `the override of ${selector}, which the project and the lockfile do not have alike`;
  return resolvedAnew({ ...place, path: `overrides > ${selector}` }, by);
}

/** Reports a patch that project and lockfile do not have alike. */
export function otherPatch(place: Omit<Place, 'path'>, selector: string): PlacedFinding {
  const by = `the patch of ${selector}, which the project and the lockfile do not have alike`;
  const args = { by, instead: 'what a patch makes of it that the lockfile does not name' };
  return {
    place: { ...place, path: `patchedDependencies > ${selector}` },
    finding: finding('lockfile-not-used', args),
  };
}

function textOf({ name, spec, by }: Request): string {
  return `${spec === '' ? name : `${name}@${spec}`}, which ${by} asks for`;
}

/** Whether a version is outside of a range. A tag, an address and whatever is no range say nothing of versions. */
export function isOutside(range: string, version: string): boolean {
  const shown = range.trim();
  if (shown === '' || shown === '*' || (shown.endsWith(version) && /^[~^]?$/.test(shown.slice(0, -version.length)))) {
    return false;
  }
  if (isOfCaret(shown, version)) return false;
  return validRange(shown, LOOSE) !== null && !satisfies(version, shown, LOOSE);
}

const CARET = /^\^([1-9]\d{0,8})\.(\d{1,9})\.(\d{1,9})$/;
const PLAIN = /^([1-9]\d{0,8})\.(\d{1,9})\.(\d{1,9})$/;

/**
 * A shortcut for what nearly all are: a range such as `^1.2.3` and a plain release that fits it. Faster than semver.
 */
function isOfCaret(range: string, version: string): boolean {
  const low = CARET.exec(range);
  const high = low === null ? null : PLAIN.exec(version);
  if (low === null || high === null || low[1] !== high[1]) return false;
  const minor = Number(high[2]) - Number(low[2]);
  return minor > 0 || (minor === 0 && Number(high[3]) >= Number(low[3]));
}

/** Package managers read versions and ranges loosely, as npm once allowed them. */
const LOOSE = { loose: true };

/** The range of `npm:NAME@RANGE`; any other specifier as it is. */
export function rangeOf(spec: string): string {
  const [all, range = '*'] = /^npm:@?[^@]+(?:@(.*))?$/is.exec(spec.trim()) ?? [];
  return all === undefined ? spec : range;
}
