/** The thread that `openVerifyingThread` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyAttestation } from '../../checks/attestations.ts';
import { verifiersUnder } from '../../checks/verifiers.ts';
import { parseTrustedRoot } from '../../sigstore/trusted-root.ts';
import { parseWitnessPolicy } from '../../tlog/cosignature.ts';
import type { FromThread, Settings, ToThread } from './messages.ts';

const { instances, now } = workerData as Settings;
const [main, ...others] = instances.map((one) => {
  const root = parseTrustedRoot(one.root);
  return { ...one, root: () => root, witnesses: one.witnesses === null ? null : parseWitnessPolicy(one.witnesses) };
});
if (main === undefined) throw new Error('no instance');
const verifierFor = verifiersUnder([main, ...others]);

parentPort?.on('message', ({ number, bundles, keys, instance }: ToThread) => {
  const verifier = verifierFor(keys, instance);
  const verifications = bundles.map((bundle) => verifyAttestation(bundle, verifier, now));
  parentPort?.postMessage({ number, verifications } satisfies FromThread);
});
