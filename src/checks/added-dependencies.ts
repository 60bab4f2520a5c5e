import satisfies from 'semver/functions/satisfies.js';
import type { AddedDependencyAge, Finding } from '../model/finding.ts';
import { finding } from '../model/finding.ts';
import { DAY, type Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import { registryTarget } from './comparison.ts';

/** A package that has not been there for longer had little time to become known for what it is. */
const YOUNG = 90 * DAY;

/**
 * How old are the dependencies that releases added? The assessments of those tell, so that nothing is asked for it. An
 * addition is worth a warning while it is young, unless provenance proves that it was made in the repository, and where
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
      findings: one.findings.map((found) => (isAddition(found) ? withAges(found, byName, now) : found)),
    };
  });
}

type Addition = Extract<Finding, { code: 'history-dependency-added' }>;

function isAddition(found: Finding): found is Addition {
  return found.code === 'history-dependency-added';
}

function withAges({ args }: Addition, byName: ReadonlyMap<string, readonly Assessment[]>, now: Instant): Finding {
  const added = args.added.map((one) => ageOf(one, byName));
  const isYoung = added.some(({ firstPublished }) => firstPublished !== null && now - firstPublished < YOUNG);
  const isWarning = args.provenance === 'lost' || (isYoung && args.provenance === 'none');
  return finding('history-dependency-added', { ...args, added }, isWarning ? undefined : 'note');
}

/** Of several locked versions, the youngest that fits: whatever the tree has at that place is no younger. */
function ageOf(declared: AddedDependencyAge, byName: ReadonlyMap<string, readonly Assessment[]>): AddedDependencyAge {
  const target = registryTarget(declared.name, declared.spec);
  const locked = target === null ? [] : (byName.get(target.name) ?? []);
  const fitting =
    target === null || locked.length < 2
      ? locked
      : locked.filter(({ dependency }) => satisfies(dependency.version, target.range));
  const [youngest] = (fitting.length > 0 ? fitting : locked).toSorted(
    (a, b) => (b.published ?? 0) - (a.published ?? 0),
  );
  return {
    ...declared,
    firstPublished: youngest?.release?.firstPublished ?? null,
    version: youngest?.dependency.version ?? null,
    published: youngest?.published ?? null,
  };
}
