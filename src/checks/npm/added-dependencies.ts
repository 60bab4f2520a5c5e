import satisfies from 'semver/functions/satisfies.js';
import { type AddedDependencyAge, type Finding, finding } from '../../model/finding.ts';
import { DAY, type Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import { registryTarget } from '../comparison.ts';

/** A package that has not been there for longer had little time to become known for what it is. */
const YOUNG = 90 * DAY;

/**
 * How old are the dependencies that releases added? The assessments of those tell, so that nothing is asked for it. An
 * addition is worth a warning while it is young, unless the project's own pipeline is proven to have built both, and where
 * provenance was lost with it; else a note. What the run did not ask about, as the baseline holds it or nothing of it
 * changed, is not new to the project.
 */
export function withDependencyAges(assessments: readonly Assessment[], now: Instant): readonly Assessment[] {
  if (!assessments.some(({ findings }) => findings.some(isAddition))) return assessments;
  const byName = new Map<string, Assessment[]>();
  for (const one of assessments) {
    if (one.dependency.source.kind !== 'registry') continue;
    const { name } = one.dependency;
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  return assessments.map((one) => {
    if (!one.findings.some(isAddition)) return one;
    return {
      ...one,
      findings: one.findings.map((found) => (isAddition(found) ? withAges(found, one, byName, now) : found)),
    };
  });
}

type Addition = Extract<Finding, { code: 'history-dependency-added' }>;

function isAddition(found: Finding): found is Addition {
  return found.code === 'history-dependency-added';
}

function withAges(
  { args }: Addition,
  by: Assessment,
  byName: ReadonlyMap<string, readonly Assessment[]>,
  now: Instant,
): Finding {
  const added = args.added.map((one) => ageOf(one, byName));
  const isOwn = (one: AddedDependencyAge): boolean =>
    args.provenance === 'proven' && lockedFor(one, byName).every((locked) => isOfOneOwner(locked, by));
  const isYoung = added.some((one) => one.firstPublished !== null && now - one.firstPublished < YOUNG && !isOwn(one));
  const isWarning = args.provenance === 'lost' || isYoung;
  return finding('history-dependency-added', { ...args, added }, isWarning ? undefined : 'note');
}

function isOfOneOwner(one: Assessment, other: Assessment): boolean {
  const [a, b] = [one, other].map(({ proofs }) => proofs.provenance?.identity ?? null);
  if (!a || a.issuer !== b?.issuer) return false;
  return a.ownerId === null || b.ownerId === null ? a.owner !== null && a.owner === b.owner : a.ownerId === b.ownerId;
}

/** What the lockfile has in the place of a declared dependency: of several versions, those that fit. */
function lockedFor(
  declared: AddedDependencyAge,
  byName: ReadonlyMap<string, readonly Assessment[]>,
): readonly Assessment[] {
  const target = registryTarget(declared.name, declared.spec);
  const locked = target === null ? [] : (byName.get(target.name) ?? []);
  const fitting =
    target === null || locked.length < 2
      ? locked
      : locked.filter(({ dependency }) => satisfies(dependency.version, target.range));
  return fitting.length > 0 ? fitting : locked;
}

/** The youngest that fits: whatever the tree has at that place is no younger. */
function ageOf(declared: AddedDependencyAge, byName: ReadonlyMap<string, readonly Assessment[]>): AddedDependencyAge {
  const [youngest] = lockedFor(declared, byName).toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0));
  return {
    ...declared,
    firstPublished: youngest?.release?.firstPublished ?? null,
    version: youngest?.dependency.version ?? null,
    published: youngest?.published ?? null,
  };
}
