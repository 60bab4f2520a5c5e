import type { Expectations, RegistryTrust } from '../checks/known.ts';
import { assessmentId, contextDigest, isLasting, packAssessment, unpackAssessment } from '../checks/remembered.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Answer, Chain } from '../ecosystems/ecosystem.ts';
import type { Instance } from '../sigstore/instance.ts';
import type { Store } from '../model/store.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import { VERSION } from '../model/version.ts';

/** What decides an assessment, but for the documents that it rests on. */
interface Question {
  readonly dependency: Dependency;
  readonly known: Expectations;
  readonly registryTrust: RegistryTrust;
  /** Of its ecosystem. */
  readonly chain: Chain;
}

/** Assessments of earlier runs. */
export interface Memory {
  /** What an earlier run established, where what it rests on still is what it was; else null. */
  readonly recall: (question: Question) => Promise<Assessment | null>;
  /** Keeps an assessment that lasts. */
  readonly keep: (question: Question, answer: Answer) => void;
}

export function memoryOf(
  store: Store,
  { instances, now }: { readonly instances: readonly Instance[]; readonly now: Instant },
): Memory {
  /** Digests by registry: within one run, the same keys count there. */
  const contexts = new Map<string, string>();
  const contextOf = (registryTrust: RegistryTrust): string => {
    const { origin } = registryTrust;
    const context = contexts.get(origin) ?? contextDigest({ tool: VERSION, instances, registryTrust, now });
    contexts.set(origin, context);
    return context;
  };
  const idOf = ({ dependency, known, registryTrust }: Question): string =>
    assessmentId(dependency, known, contextOf(registryTrust));
  return {
    recall: async (question) => {
      const { dependency, chain } = question;
      const id = idOf(question);
      const bytes = store.get(id);
      if (bytes === null) return null;
      const { assessment, validator } = unpackAssessment(bytes, dependency);
      const renewed = await chain.revalidate(dependency, validator, now);
      if (renewed === null) return null;
      if (renewed !== validator) store.put(id, packAssessment({ assessment, validator: renewed }));
      return assessment;
    },
    keep: (question, { assessment, validator }) => {
      if (validator === null || !isLasting(assessment, question.known)) return;
      store.put(idOf(question), packAssessment({ assessment, validator }));
    },
  };
}
