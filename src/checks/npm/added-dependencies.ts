import satisfies from 'semver/functions/satisfies.js';
import type { Dependency } from '../../model/dependency.ts';
import { type AddedDependencyAge, type Finding, finding } from '../../model/finding.ts';
import { DAY, type Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import { registryTarget } from '../comparison.ts';

/** A package that has not been there for longer had little time to become known for what it is. */
const YOUNG = 90 * DAY;

/** What is known of dependencies that the run is not about, for judging those that it is about. */
export interface Beside {
  readonly assessed: readonly Assessment[];
  /** Declared, and not to be found, as there was no answer: `name spec`, and why. */
  readonly unanswered: ReadonlyMap<string, Finding>;
}

/**
 * How old are the dependencies that releases added? The assessments of those tell, or, of what the run does not ask
 * about, `beside`: an addition is no older for being held by a baseline, left out or unchanged. An addition is worth a
 * warning while it is young, unless the project's own pipeline is proven to have built both, and where provenance was
 * lost with it; else a note. Without an answer there is no statement.
 */
export function withDependencyAges(
  assessments: readonly Assessment[],
  beside: Beside,
  now: Instant,
): readonly Assessment[] {
  if (!assessments.some(({ findings }) => findings.some(isAddition))) return assessments;
  const asked = new Map(beside.assessed.map((one) => [one.dependency, one]));
  const all = new Set([...assessments.map((one) => asked.get(one.dependency) ?? one), ...beside.assessed]);
  const byName = byNameOf([...all]);
  return assessments.map((one) => {
    if (!one.findings.some(isAddition)) return one;
    const unanswered = one.findings.filter(isAddition).flatMap((found) => unansweredOf(found, byName, beside));
    return {
      ...one,
      findings: [
        ...one.findings.map((found) => (isAddition(found) ? withAges(found, one, byName, now) : found)),
        ...unanswered.slice(0, 1),
      ],
    };
  });
}

/** What releases added, as they declare it. */
export function additionsOf(assessments: readonly Assessment[]): readonly AddedDependencyAge[] {
  return assessments.flatMap(({ findings }) => findings.filter(isAddition).flatMap(({ args }) => args.added));
}

type Addition = Extract<Finding, { code: 'history-dependency-added' }>;

function isAddition(found: Finding): found is Addition {
  return found.code === 'history-dependency-added';
}

interface Located {
  readonly dependency: Dependency;
}

export type ByName<T extends Located> = ReadonlyMap<string, readonly T[]>;

/** What a registry serves, by its name. */
export function byNameOf<T extends Located>(located: readonly T[]): ByName<T> {
  const byName = new Map<string, T[]>();
  for (const one of located) {
    const { name, artifacts } = one.dependency;
    const [{ source }] = artifacts;
    if (source.kind !== 'registry') continue;
    const ofName = byName.get(name);
    if (ofName === undefined) byName.set(name, [one]);
    else ofName.push(one);
  }
  return byName;
}

function withAges({ args }: Addition, by: Assessment, byName: ByName<Assessment>, now: Instant): Finding {
  const added = args.added.map((one) => ageOf(one, byName));
  const isOwn = (one: AddedDependencyAge): boolean =>
    args.provenance === 'proven' && lockedFor(one, byName).every((locked) => isOfOneOwner(locked, by));
  const isYoung = added.some((one) => one.firstPublished !== null && now - one.firstPublished < YOUNG && !isOwn(one));
  const isWarning = args.provenance === 'lost' || isYoung;
  return finding('history-dependency-added', { ...args, added }, isWarning ? undefined : 'note');
}

/** Why nothing can be said of what was asked about beside. What the run itself asks about says so by itself. */
function unansweredOf({ args }: Addition, byName: ByName<Assessment>, beside: Beside): readonly Finding[] {
  return args.added.flatMap((one) => {
    const unresolved = beside.unanswered.get(`${one.name} ${one.spec}`);
    if (unresolved !== undefined) return [unresolved];
    return lockedFor(one, byName).flatMap((locked) => {
      if (locked.release !== null || !beside.assessed.includes(locked)) return [];
      const { name } = locked.dependency;
      const said = locked.findings.find(({ code }) => code === 'evidence-unavailable' || code === 'evidence-malformed');
      const reason = `no answer about ${name}, which it adds`;
      return [said ?? finding('evidence-unavailable', { evidence: 'history', url: locked.registry ?? '', reason })];
    });
  });
}

function isOfOneOwner(one: Assessment, other: Assessment): boolean {
  const [a, b] = [one, other].map(({ proofs }) => proofs.provenance?.identity ?? null);
  if (!a || a.issuer !== b?.issuer) return false;
  return a.ownerId === null || b.ownerId === null ? a.owner !== null && a.owner === b.owner : a.ownerId === b.ownerId;
}

/** What the lockfile has in the place of a declared dependency: of several versions, those that fit. */
export function lockedFor<T extends Located>(declared: AddedDependencyAge, byName: ByName<T>): readonly T[] {
  const target = registryTarget(declared.name, declared.spec);
  const locked = target === null ? [] : (byName.get(target.name) ?? []);
  const fitting =
    target === null || locked.length < 2
      ? locked
      : locked.filter(({ dependency }) => satisfies(dependency.version, target.range));
  return fitting.length > 0 ? fitting : locked;
}

/** The youngest that fits: whatever the tree has at that place is no younger. */
function ageOf(declared: AddedDependencyAge, byName: ByName<Assessment>): AddedDependencyAge {
  const [youngest] = lockedFor(declared, byName).toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0));
  return {
    ...declared,
    firstPublished: youngest?.release?.firstPublished ?? null,
    version: youngest?.dependency.version ?? null,
    published: youngest?.published ?? null,
  };
}
