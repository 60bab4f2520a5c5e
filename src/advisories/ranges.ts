import { conventionsOf } from '../ecosystems/conventions/index.ts';
import { compareVersions } from '../ecosystems/conventions/compare.ts';
import type { Version } from '../ecosystems/conventions/conventions.ts';
import type { Ecosystem } from '../model/package.ts';
import { fieldsOf, isObject } from '../model/value.ts';
import type { Coverage } from './record.ts';

const EVENTS = ['introduced', 'fixed', 'last_affected', 'limit'] as const;

interface Event {
  readonly kind: (typeof EVENTS)[number];
  /** Null for the beginning, which is before every version, and for a limit at infinity. */
  readonly version: Version | null;
}

/** Why a range says nothing. */
class Unreadable extends Error {}

/**
 * Whether a member of `affected` is about a version: one of its list, or in one of its ranges
 * (https://ossf.github.io/osv-schema/#evaluation), in the order of versions that the ecosystem has. What cannot be read
 * is `unreadable` unless something else that can be covers the version.
 */
export function coverageOf(ecosystem: Ecosystem, versions: unknown, ranges: unknown, version: string): Coverage {
  const problems: string[] = [];
  const tried = (question: () => Coverage): Coverage => {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problems.push(error.message);
      return { state: 'clear' };
    }
  };
  const each = [tried(() => coverageOfList(ecosystem, versions, version))];
  const list = tried(() => (isList(ranges, 'ranges'), { state: 'clear' }));
  if (list.state === 'clear' && Array.isArray(ranges)) {
    each.push(...ranges.map((range) => tried(() => coverageOfRange(ecosystem, range, version))));
  }
  const covered = each.filter((one) => one.state === 'covered');
  if (covered.length > 0) return { state: 'covered', whole: covered.some(({ whole }) => whole) };
  const [problem] = problems;
  if (problem !== undefined) return { state: 'unreadable', reason: problem };
  // A record that names a package and no version of it does not say that it is harmless.
  const isNamed = isFilled(versions) || (isFilled(ranges) && ranges.some((range) => fieldsOf(range)['type'] !== 'GIT'));
  return isNamed ? { state: 'clear' } : { state: 'unreadable', reason: 'it names no version' };
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isList(value: unknown, name: string): asserts value is readonly unknown[] | undefined | null {
  if (value !== undefined && value !== null && !Array.isArray(value)) throw new Unreadable(`${name} is no list`);
}

function coverageOfList(ecosystem: Ecosystem, versions: unknown, version: string): Coverage {
  isList(versions, 'versions');
  const { osv, versions: own } = conventionsOf(ecosystem);
  const parsed = own.parse(version);
  for (const text of versions ?? []) {
    if (typeof text !== 'string') throw new Unreadable('a member of versions is no text');
    if (text === version || osv.version(text) === version) return { state: 'covered', whole: false };
    const other = parsed && own.parse(osv.version(text));
    if (parsed && other && compareVersions(parsed, other) === 0) return { state: 'covered', whole: false };
  }
  return { state: 'clear' };
}

function coverageOfRange(ecosystem: Ecosystem, range: unknown, version: string): Coverage {
  if (!isObject(range)) throw new Unreadable('a range is no object');
  const { type, events } = range;
  // The order of commits is in a repository; a list of versions goes with it.
  if (type === 'GIT') return { state: 'clear' };
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM') throw new Unreadable('a range is of an unknown type');
  if (!Array.isArray(events)) throw new Unreadable('a range has no events');
  const all = events.map((event) => readEvent(ecosystem, event));
  const first = all.filter(({ kind }) => kind === 'introduced');
  if (first.length === 0) throw new Unreadable('a range says nowhere where it begins');
  const whole = all.length === first.length && first.some((one) => one.version === null);
  if (whole) return { state: 'covered', whole };
  const parsed = conventionsOf(ecosystem).versions.parse(version);
  if (parsed === null) throw new Unreadable('the locked version is none that has a place in a range');
  return isWithin(parsed, all) ? { state: 'covered', whole } : { state: 'clear' };
}

function readEvent(ecosystem: Ecosystem, event: unknown): Event {
  if (!isObject(event)) throw new Unreadable('an event of a range is no object');
  const kinds = EVENTS.filter((kind) => event[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) throw new Unreadable('an event of a range says not one thing');
  const text = event[kind];
  if (typeof text !== 'string') throw new Unreadable('an event of a range has no version');
  if ((kind === 'introduced' && text === '0') || (kind === 'limit' && text === '*')) return { kind, version: null };
  const { osv, versions } = conventionsOf(ecosystem);
  const version = versions.parse(osv.version(text));
  if (version === null) throw new Unreadable(`a range has ${JSON.stringify(text.slice(0, 40))}, which is no version`);
  return { kind, version };
}

function isWithin(version: Version, events: readonly Event[]): boolean {
  const limits = events.filter(({ kind }) => kind === 'limit');
  const isBefore = (one: Event): boolean => one.version === null || compareVersions(version, one.version) < 0;
  if (limits.length > 0 && !limits.some(isBefore)) return false;
  let within = false;
  for (const one of events.filter(({ kind }) => kind !== 'limit').sort(inOrder)) {
    const place = one.version === null ? 1 : compareVersions(version, one.version);
    if (one.kind === 'introduced' && place >= 0) within = true;
    if (one.kind === 'fixed' && place >= 0) within = false;
    if (one.kind === 'last_affected' && place > 0) within = false;
  }
  return within;
}

/** A range that ends with a version ends after it, so that what begins there comes first. */
function inOrder(a: Event, b: Event): number {
  if (a.version === null || b.version === null) return Number(a.version !== null) - Number(b.version !== null);
  const order = compareVersions(a.version, b.version);
  return order === 0 ? Number(a.kind === 'last_affected') - Number(b.kind === 'last_affected') : order;
}
