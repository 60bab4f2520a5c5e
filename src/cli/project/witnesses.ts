import type { TrustOptions } from '../../audit/options.ts';
import type { TrustSession } from '../../audit/trust.ts';
import type { WitnessPolicy } from '../../tlog/cosignature.ts';
import type { Io } from '../io.ts';
import { loadWitnesses } from '../trust-files.ts';
import { policyFile, type LoadedPolicy } from './policy.ts';

/** Which witnesses a policy demands: of every log, and of those of an instance in the place of that. */
interface Witnesses {
  readonly all: WitnessPolicy | null;
  readonly own: ReadonlyMap<string, WitnessPolicy>;
}

/** Reads the files that a policy names. Throws UsageError. */
export function witnessesOf(policy: LoadedPolicy | null, io: Io): Witnesses {
  if (policy === null) return { all: null, own: new Map() };
  const load = (path: string): WitnessPolicy => loadWitnesses(policyFile(policy, path, io), io);
  const { witnessPolicy, instances } = policy.policy;
  const own = [...instances].flatMap(([name, { witnessPolicy: path }]) =>
    path === null ? [] : [[name, load(path)] as const],
  );
  return { all: witnessPolicy === null ? null : load(witnessPolicy), own: new Map(own) };
}

/** Trust under which checkpoints need these witnesses. */
export function withWitnesses({ known, refresh }: TrustSession, { all, own }: Witnesses): TrustSession {
  const join = (trust: TrustOptions): TrustOptions => ({
    ...trust,
    witnesses: all,
    instances: (trust.instances ?? []).map((one) => ({ ...one, witnesses: own.get(one.name) ?? all })),
  });
  return { known: known && join(known), refresh: async () => join(await refresh()) };
}
