import type { Evidence } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Identity } from '../model/proof.ts';
import type { ExpectationCheck } from './expectation.ts';
import { checkAgainstPolicy, checkBuild, withoutNegations, type ExpectedIdentity } from './identity.ts';
import type { Expectations } from './known.ts';
import { unanswered } from './unanswered.ts';

/** What was asked about other versions, and of whom. */
interface AskedOthers {
  readonly others: readonly { readonly attestations: Evidence<unknown> }[];
  /** The address of the registry, without credentials. */
  readonly registry: string;
}

/** The identity against what the policy names, and for the rest against who is expected. */
export function judgeIdentity(
  identity: Identity,
  { before, findings, missing }: ExpectationCheck,
  { others, registry }: AskedOthers,
  known: Expectations,
): readonly Finding[] {
  const policy = known.expectation.identity;
  const byPolicy = checkAgainstPolicy(identity, policy);
  const unsaid = others
    .map(({ attestations }) => unanswered('predecessor-attestations', attestations))
    .find((found) => found !== null);
  const problem = unsaid ?? withheld(missing, before, registry);
  // What the policy rules out says nothing about what is expected instead.
  const more = [...findings, ...checkBuild(identity, before, withoutNegations(policy))];
  return [
    ...byPolicy,
    ...(problem === null ? [] : [problem]),
    ...more.filter(({ code }) => !byPolicy.some((one) => one.code === code)),
  ];
}

/**
 * The provenance of earlier releases could not be obtained: says so, and whom the release is held to instead. Without
 * either there is no statement.
 */
function withheld(versions: readonly string[], before: ExpectedIdentity | null, url: string): Finding | null {
  if (versions.length === 0) return null;
  if (before !== null) return finding('history-attestation-missing', { versions, instead: before.version ?? null });
  const reason = `no valid provenance is served for ${versions.join(', ')}, which it says have some`;
  return finding('evidence-unavailable', { evidence: 'predecessor-attestations', url, reason });
}
