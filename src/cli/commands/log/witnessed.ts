import type { LogHit } from '../../../model/log.ts';
import type { WitnessPolicy } from '../../../tlog/cosignature.ts';

/** How a checkpoint falls short of what is demanded of witnesses; empty where it does not. */
export function lackingWitnesses(policy: WitnessPolicy | null, cosigned: ReadonlySet<string>): string {
  if (policy === null || policy.holds(cosigned)) return '';
  return `${cosigned.size} of ${policy.witnesses.length} witnesses signed its checkpoint, which the policy refuses`;
}

export function withCosigners(policy: WitnessPolicy | null, { cosigned }: Pick<LogHit, 'cosigned'>): string {
  return lackingWitnesses(policy, new Set(cosigned));
}
