import {
  additionsOf,
  byPackageOf,
  declarationId,
  lockedFor,
  type Beside,
  type Declared,
} from '../checks/added-dependencies.ts';
import { unanswered as problemOf } from '../checks/unanswered.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { Sources } from '../ecosystems/ecosystem.ts';
import { ecosystemOf, registryOf } from '../ecosystems/index.ts';
import { silentRegistries } from '../checks/unknown-packages.ts';
import { servedDependency } from './compare.ts';
import type { Dependency } from '../model/dependency.ts';
import { specOf } from '../model/package.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Assessment, JudgedDependency } from '../model/verdict.ts';
import { isServed, lackingOf } from '../policy/unserved.ts';

/*
 * What a dependency is judged by beside itself are other dependencies. Where the run does not ask about those, as the
 * baseline holds them, the change leaves them as they are, or no lockfile names them, they are asked about here, so
 * that a verdict is the same whatever a run is about.
 */

/** New dependencies of versions without a project that are asked about. */
const MAX_RESOLVED = 100;

/** How many candidates are asked about at once, until one shows that the registry serves attestations. */
const BATCH = 8;

export interface BesideOptions {
  readonly sources: Sources;
  /** What the lockfile names; null without a project: then the registry says what would be installed. */
  readonly locked: readonly Dependency[] | null;
  /** Assesses dependencies without the baseline. */
  readonly assess: (dependencies: readonly Dependency[]) => Promise<readonly Assessment[]>;
}

/**
 * What other packages show about these assessments before they are judged: new dependencies, and what registries serve.
 */
export async function assessBeside(
  assessments: readonly Assessment[],
  { sources, locked, assess }: BesideOptions,
): Promise<Beside> {
  const asked = new Set(assessments.filter(wasAsked).map(({ dependency }) => dependency));
  const { found, unanswered } = await locate(additionsOf(assessments), locked, sources);
  const wanted = [...found].filter((dependency) => !asked.has(dependency));
  const assessed = wanted.length === 0 ? [] : await assess(wanted);
  const silent = silentRegistries([...assessments, ...assessed]);
  const others = (locked ?? []).filter(
    (one) => one.artifacts[0].source.kind === 'registry' && !asked.has(one) && silent.has(registryOf(one, sources)),
  );
  const answering = await untilOne(others, assess, ({ release }) => release !== null);
  return { assessed: [...assessed, ...answering], unanswered };
}

/** Whether the registry was asked about it. */
function wasAsked({ baseline, release }: Pick<Assessment, 'baseline' | 'release'>): boolean {
  return baseline !== 'held' && (baseline !== 'rewritten' || release !== null);
}

interface Located {
  readonly found: ReadonlySet<Dependency>;
  readonly unanswered: Map<string, Finding>;
}

/** Finds what each dependency that a release added resolves to: in the lockfile, else at the registry. */
async function locate(
  added: readonly Declared[],
  locked: readonly Dependency[] | null,
  sources: Sources,
): Promise<Located> {
  const unanswered = new Map<string, Finding>();
  if (added.length === 0) return { found: new Set(), unanswered };
  if (locked !== null) {
    const byPackage = byPackageOf(locked.map((dependency) => ({ dependency })));
    const found = added.flatMap((one) => lockedFor(one, byPackage).map(({ dependency }) => dependency));
    return { found: new Set(found), unanswered };
  }
  const resolved = await Promise.all(
    added.map(async (declared, i): Promise<readonly Dependency[]> => {
      const { ecosystem, name, spec } = declared;
      const target = conventionsOf(ecosystem).names.target(name, spec);
      if (target === null) return [];
      const questions = ecosystemOf(declared).questions(sources);
      const url = questions.urlFor(target.name);
      const say = (evidence: Finding): readonly Dependency[] => {
        unanswered.set(declarationId(declared), evidence);
        return [];
      };
      if (i >= MAX_RESOLVED) {
        const reason = `more than ${MAX_RESOLVED} new dependencies, of which ${target.name} was not asked about`;
        return say(finding('evidence-unavailable', { evidence: 'history', url, reason }));
      }
      const answer = await questions.resolve(target.name, target.range);
      const problem = problemOf('history', answer);
      if (problem !== null) return say(problem);
      if (answer.state !== 'present') return [];
      const { history, version } = answer.value;
      if (version === null) return [];
      return [await servedDependency({ ...history, version }, history, questions)];
    }),
  );
  return { found: new Set(resolved.flat()), unanswered };
}

/**
 * What else shows whether registries serve attestations that are only known to announce some: what the baseline holds
 * with provenance, and what the run leaves out.
 */
export async function servingBeside(
  judged: readonly JudgedDependency[],
  {
    sources,
    locked,
    isWithout,
    judge,
  }: {
    readonly sources: Sources;
    readonly locked: readonly Dependency[];
    /** Whether the baseline has it without provenance. */
    readonly isWithout: (dependency: Dependency) => boolean;
    readonly judge: (dependencies: readonly Dependency[]) => Promise<readonly JudgedDependency[]>;
  },
): Promise<readonly JudgedDependency[]> {
  const registries = new Set(lackingOf(judged).map((one) => one.registry));
  if (registries.size === 0) return [];
  const asked = new Set(judged.filter(wasAsked).map(({ dependency }) => specOf(dependency)));
  const others = new Map(
    locked
      .filter((one) => one.artifacts[0].source.kind === 'registry' && !asked.has(specOf(one)) && !isWithout(one))
      .filter((one) => registries.has(registryOf(one, sources)))
      .map((one) => [specOf(one), one]),
  );
  return untilOne([...others.values()], judge, isServed);
}

async function untilOne<T>(
  dependencies: readonly Dependency[],
  ask: (dependencies: readonly Dependency[]) => Promise<readonly T[]>,
  shows: (one: T) => boolean,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let i = 0; i < dependencies.length && !all.some(shows); i += BATCH) {
    all.push(...(await ask(dependencies.slice(i, i + BATCH))));
  }
  return all;
}
