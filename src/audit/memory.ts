import type { Known } from '../checks/known.ts';
import { assessmentId, commonGround, isLasting, packAssessment, unpackAssessment } from '../checks/remembered.ts';
import type { Speaker } from './gather.ts';
import type { Dependency } from '../model/dependency.ts';
import type { DependencyEvidence } from '../model/evidence.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import type { Registry } from '../registries/registry.ts';
import { VERSION } from '../model/version.ts';

/** Bytes by the hex digest of everything that decides them. What it gives back is what was put there, or null. */
export interface Store {
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
}

/** An assessment with the evidence it was made from. */
export interface Established {
  readonly evidence: DependencyEvidence;
  readonly assessment: Assessment;
}

interface Question {
  readonly dependency: Dependency;
  readonly known: Known;
  readonly speaker: Speaker;
  /** Keep the answer, and do not look for an earlier one. */
  readonly fresh: boolean;
}

/** Assessments of earlier runs. */
export interface Memory {
  /**
   * What an earlier run established of the same, where the registry's document still is what it was; else what `ask`
   * brings, which is kept where it lasts.
   */
  readonly recall: (question: Question, ask: () => Promise<Established>) => Promise<Assessment>;
}

export function memoryOf(
  store: Store,
  { registry, rootDigest, now }: { readonly registry: Registry; readonly rootDigest: string; readonly now: Instant },
): Memory {
  /** By the registry that is spoken for: in one run the same keys speak for it. */
  const grounds = new Map<string, string>();
  const groundOf = (speaker: Speaker): string => {
    const ground = grounds.get(speaker.origin) ?? commonGround({ tool: VERSION, rootDigest, speaker, now });
    grounds.set(speaker.origin, ground);
    return ground;
  };
  return {
    recall: async ({ dependency, known, speaker, fresh }, ask) => {
      const { name } = dependency;
      const id = assessmentId(dependency, known, groundOf(speaker));
      const bytes = fresh ? null : store.get(id);
      if (bytes !== null) {
        const { assessment, validator } = unpackAssessment(bytes, dependency);
        const renewed = await registry.revalidate(name, validator, now);
        if (renewed !== null) {
          if (renewed !== validator) store.put(id, packAssessment({ assessment, validator: renewed }));
          return assessment;
        }
      }
      const { evidence, assessment } = await ask();
      const validator = evidence.packument.state === 'present' ? evidence.packument.value.validator : undefined;
      if (validator !== undefined && isLasting(assessment, evidence, known)) {
        store.put(id, packAssessment({ assessment, validator }));
      }
      return assessment;
    },
  };
}
