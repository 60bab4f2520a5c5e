import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { Dependency } from '../model/dependency.ts';
import { type AddedDependencyAge, type Finding, finding } from '../model/finding.ts';
import { packageId, packageRef, type PackageId, type PackageRef } from '../model/package.ts';
import { DAY, type Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';

/** A package that has not been there for longer had little time to become known for what it is. */
const YOUNG = 90 * DAY;

/** What is known of dependencies that the run is not about, for judging those that it is about. */
export interface Beside {
  readonly assessed: readonly Assessment[];
  /** Declared, and not to be found, as there was no answer: by `declarationId`, and why. */
  readonly unanswered: ReadonlyMap<string, Finding>;
}

/** What a release declares that it needs, in the words of its ecosystem. */
export interface Declared extends PackageRef {
  readonly spec: string;
}

export function declarationId(declared: Declared): string {
  return `${packageId(declared)} ${declared.spec}`;
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
  const byPackage = byPackageOf([...all]);
  return assessments.map((one) => {
    if (!one.findings.some(isAddition)) return one;
    const unanswered = one.findings.filter(isAddition).flatMap((found) => unansweredOf(found, one, byPackage, beside));
    return {
      ...one,
      findings: [
        ...one.findings.map((found) => (isAddition(found) ? withAges(found, one, byPackage, now) : found)),
        ...unanswered.slice(0, 1),
      ],
    };
  });
}

/** What releases added, as they declare it. */
export function additionsOf(assessments: readonly Assessment[]): readonly Declared[] {
  return assessments.flatMap((by) =>
    by.findings.filter(isAddition).flatMap(({ args }) => args.added.map((one) => declaredBy(by, one))),
  );
}

/** A release asks for packages of its own ecosystem. */
function declaredBy({ dependency: { ecosystem } }: Assessment, { name, spec }: AddedDependencyAge): Declared {
  return { ecosystem, name, spec };
}

type Addition = Extract<Finding, { code: 'history-dependency-added' }>;

function isAddition(found: Finding): found is Addition {
  return found.code === 'history-dependency-added';
}

interface Located {
  readonly dependency: Dependency;
}

export type ByPackage<T extends Located> = ReadonlyMap<PackageId, readonly T[]>;

/** What a registry serves, by its package. */
export function byPackageOf<T extends Located>(located: readonly T[]): ByPackage<T> {
  const byPackage = new Map<PackageId, T[]>();
  for (const one of located) {
    if (one.dependency.artifacts[0].source.kind !== 'registry') continue;
    const id = packageId(one.dependency);
    const same = byPackage.get(id);
    if (same === undefined) byPackage.set(id, [one]);
    else same.push(one);
  }
  return byPackage;
}

function withAges({ args }: Addition, by: Assessment, byPackage: ByPackage<Assessment>, now: Instant): Finding {
  const isYoungOne = ({ firstPublished }: AddedDependencyAge): boolean =>
    firstPublished !== null && now - firstPublished < YOUNG;
  const added = args.added
    .map((one) => ageOf(one, by, byPackage))
    .map((one) => (isYoungOne(one) ? { ...one, ...likeOf(declaredBy(by, one), byPackage) } : one));
  const isOwn = (one: AddedDependencyAge): boolean =>
    args.provenance === 'proven' &&
    lockedFor(declaredBy(by, one), byPackage).every((locked) => isOfOneOwner(locked, by));
  const isYoung = added.some((one) => isYoungOne(one) && !isOwn(one));
  const isWarning = args.provenance === 'lost' || isYoung;
  return finding('history-dependency-added', { ...args, added }, isWarning ? undefined : 'note');
}

/** Why nothing can be said of what was asked about beside. What the run itself asks about says so by itself. */
function unansweredOf(
  { args }: Addition,
  by: Assessment,
  byPackage: ByPackage<Assessment>,
  beside: Beside,
): readonly Finding[] {
  return args.added.flatMap((one) => {
    const declared = declaredBy(by, one);
    const unresolved = beside.unanswered.get(declarationId(declared));
    if (unresolved !== undefined) return [unresolved];
    return lockedFor(declared, byPackage).flatMap((locked) => {
      if (locked.release !== null || !beside.assessed.includes(locked)) return [];
      const { name } = locked.dependency;
      const said = locked.findings.find(({ code }) => code === 'evidence-unavailable' || code === 'evidence-malformed');
      const reason = `no answer about ${name}, which it adds`;
      return [said ?? finding('evidence-unavailable', { evidence: 'history', url: locked.registry ?? '', reason })];
    });
  });
}

/** Another package of the tree that it may be taken for. */
function likeOf({ ecosystem, name }: Declared, byPackage: ByPackage<Located>): Pick<AddedDependencyAge, 'like'> {
  const other = [...byPackage.keys()]
    .map(packageRef)
    .find((one) => one.ecosystem === ecosystem && isNearly(one.name, name));
  return other === undefined ? {} : { like: other.name };
}

/** The shortest name of which another one with one letter changed would be noticed by nobody. */
const MIN_LENGTH = 4;

/** Whether one letter was changed, added or left out, or two beside each other changed places. */
function isNearly(a: string, b: string): boolean {
  if (a === b || Math.min(a.length, b.length) < MIN_LENGTH || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const isSwapped = `${restA.charAt(1)}${restA.charAt(0)}${restA.slice(2)}` === restB;
  if (restA.length === restB.length) return isSwapped || restA.slice(1) === restB.slice(1);
  return restA.length > restB.length ? restA.slice(1) === restB : restA === restB.slice(1);
}

function isOfOneOwner(one: Assessment, other: Assessment): boolean {
  const [a, b] = [one, other].map(({ proofs }) => proofs.provenance?.identity ?? null);
  if (!a || a.issuer !== b?.issuer) return false;
  return a.ownerId === null || b.ownerId === null ? a.owner !== null && a.owner === b.owner : a.ownerId === b.ownerId;
}

/** What the lockfile has in the place of a declared dependency: of several versions, those that fit. */
export function lockedFor<T extends Located>(
  { ecosystem, name, spec }: Declared,
  byPackage: ByPackage<T>,
): readonly T[] {
  const { names, versions } = conventionsOf(ecosystem);
  const target = names.target(name, spec);
  const locked = target === null ? [] : (byPackage.get(packageId({ ecosystem, name: target.name })) ?? []);
  const fitting =
    target === null || locked.length < 2
      ? locked
      : locked.filter(({ dependency }) => versions.satisfies(dependency.version, target.range));
  return fitting.length > 0 ? fitting : locked;
}

/** The youngest that fits: whatever the tree has at that place is no younger. */
function ageOf(declared: AddedDependencyAge, by: Assessment, byPackage: ByPackage<Assessment>): AddedDependencyAge {
  const [youngest] = lockedFor(declaredBy(by, declared), byPackage).toSorted(
    (a, b) => (b.published ?? 0) - (a.published ?? 0),
  );
  return {
    ...declared,
    firstPublished: youngest?.release?.firstPublished ?? null,
    version: youngest?.dependency.version ?? null,
    published: youngest?.published ?? null,
  };
}
