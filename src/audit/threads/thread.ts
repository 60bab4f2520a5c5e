/** The thread that `openVerifyingThread` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyAttestation } from '../../checks/attestations.ts';
import { verifiersUnder } from '../../checks/verifiers.ts';
import { parseTrustedRoot } from '../../sigstore/trusted-root.ts';
import type { FromThread, Settings, ToThread } from './messages.ts';

const { root, now } = workerData as Settings;
const verifierFor = verifiersUnder(parseTrustedRoot(root));

parentPort?.on('message', ({ number, bundles, keys }: ToThread) => {
  const verifier = verifierFor(keys);
  const verifications = bundles.map((bundle) => verifyAttestation(bundle, verifier, now));
  parentPort?.postMessage({ number, verifications } satisfies FromThread);
});
