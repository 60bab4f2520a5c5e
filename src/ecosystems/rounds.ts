import type { Assessment } from '../model/verdict.ts';

/** Each round asks about versions that were not asked about before: tries of two channels, and two witnesses. */
const MAX_ROUNDS = 8;

/** An assessment, and the versions whose attestations are to be asked for before it counts. */
interface Assessed {
  readonly assessment: Assessment;
  readonly ask: readonly string[];
}

/**
 * Assesses by the evidence that `first` is, and again with `more` of it as long as an assessment shows that other
 * versions have to be asked about. The last of both.
 */
export async function assessInRounds<E>(
  first: E,
  assess: (evidence: E) => Promise<Assessed>,
  more: (evidence: E, versions: readonly string[]) => Promise<E>,
): Promise<{ readonly evidence: E; readonly assessment: Assessment }> {
  let evidence = first;
  let assessed = await assess(evidence);
  for (let round = 0; assessed.ask.length > 0 && round < MAX_ROUNDS; round += 1) {
    evidence = await more(evidence, assessed.ask);
    assessed = await assess(evidence);
  }
  return { evidence, assessment: assessed.assessment };
}
