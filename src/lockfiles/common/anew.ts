import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Place, PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';

/** What somebody asks for, and who that is: the folder of a project (`.` is the lockfile's own), or `name@version`. */
export interface Request {
  readonly name: string;
  readonly spec: string;
  readonly by: string;
}

/** What is installed, where a package manager resolves again what it does not take from its lockfile. */
const ANSWER_OF_THE_DAY = 'what the registry answers on the day of the install';

/** A package manager does not take something from the lockfile: it asks the registry anew. */
export function resolvedAnew(place: Place, by: string): PlacedFinding {
  return { place, finding: finding('lockfile-not-used', { by, instead: ANSWER_OF_THE_DAY }) };
}

/** Because nothing in the lockfile answers a request. */
export function missingEntry(place: Place, request: Request): PlacedFinding {
  return resolvedAnew(place, `a missing entry: ${textOf(request)}`);
}

/** Because what answers a request is of a version that it does not ask for. */
export function otherVersion(place: Place, version: string, request: Request): PlacedFinding {
  return resolvedAnew(place, `version ${version} for ${textOf(request)}`);
}

/** Because an override stands in the project or in the lockfile alone, or otherwise in one of them. */
export function otherOverride(place: Omit<Place, 'path'>, selector: string): PlacedFinding {
  const by = `the override of ${selector}, which the project and the lockfile do not have alike`;
  return resolvedAnew({ ...place, path: `overrides > ${selector}` }, by);
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
 * Whether both are as nearly all are, `^1.2.3` and a release, and the one has the other: read sooner than semver reads
 * it.
 */
function isOfCaret(range: string, version: string): boolean {
  const low = CARET.exec(range);
  const high = low === null ? null : PLAIN.exec(version);
  if (low === null || high === null || low[1] !== high[1]) return false;
  const minor = Number(high[2]) - Number(low[2]);
  return minor > 0 || (minor === 0 && Number(high[3]) >= Number(low[3]));
}

/** As the package managers read what was once allowed. */
const LOOSE = { loose: true };

/** The range of `npm:NAME@RANGE`; any other specifier as it is. */
export function rangeOf(spec: string): string {
  const [all, range = '*'] = /^npm:@?[^@]+(?:@(.*))?$/is.exec(spec.trim()) ?? [];
  return all === undefined ? spec : range;
}
