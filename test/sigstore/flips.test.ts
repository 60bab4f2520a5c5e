import type { Thresholds } from '../../src/model/trust.ts';
import { describe, expect, it } from 'vitest';
import { newKey, npmKeyId } from '../../lab/sigstore/keys.ts';
import { publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type ManagedKey, type VerifyInput } from '../../src/sigstore/verify.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { readFileSync } from 'node:fs';
import { flips } from './flips.ts';
import {
  ARTIFACT,
  bundlesIn,
  LAB_NOW,
  newSigstore,
  NOW,
  npmKeys,
  outcome,
  proofOf,
  recordedRoot,
  STATEMENT,
  WORKFLOW,
} from './support.ts';

interface Case {
  readonly root: TrustedRoot;
  readonly bundle: unknown;
  readonly input: VerifyInput;
  readonly keys?: readonly ManagedKey[];
  readonly thresholds?: Partial<Thresholds>;
  readonly perField: number;
}

/** Every change is refused for a reason of its field; the untouched bundle holds. */
function expectFlipsRefused({ root, bundle, input, keys = [], thresholds = {}, perField }: Case): void {
  const verifier = createVerifier({ root, keys, thresholds });
  const original = proofOf(verifier.verify(bundle, input));
  let refused = 0;
  for (const { path, reasons, inert, bundle: changed } of flips(bundle, perField)) {
    const result = verifier.verify(changed, input);
    if (result.ok) {
      expect(inert, `${path} was accepted`).toBe(true);
      expect(result.proof, path).toEqual(original);
    } else {
      expect(reasons, `${path}: ${outcome(result)}`).toContain(result.reason);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(10);
}

describe('one changed bit, in bundles of the lab', () => {
  const sigstore = newSigstore();
  const root = parseTrustedRoot(sigstore.trustedRoot);
  const as = { identity: WORKFLOW };
  const now = { now: LAB_NOW };

  it.each([
    ['v0.1, promise only', { version: '0.1', entryKind: 'intoto' }],
    ['v0.2', { version: '0.2', entryKind: 'dsse' }],
    ['v0.3', { version: '0.3', entryKind: 'dsse' }],
    ['v0.3 with a timestamp', { version: '0.3', timestamps: 1 }],
    ['Rekor v2', { log: 'v2' }],
  ] as const)('%s: statement', (_, options) => {
    expectFlipsRefused({ root, bundle: sigstore.signStatement(STATEMENT, as, options), input: now, perField: 40 });
  });

  it.each([
    ['Rekor v1', {}],
    ['Rekor v2', { log: 'v2' }],
  ] as const)('%s: message', (_, options) => {
    const input = { ...now, artifact: { bytes: ARTIFACT } };
    expectFlipsRefused({ root, bundle: sigstore.signMessage(ARTIFACT, as, options), input, perField: 40 });
  });

  it('all over a certificate and a timestamp', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { log: 'v2' });
    expectFlipsRefused({ root, bundle, input: now, perField: 250 });
  });

  it('two logs, both demanded', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { log: ['v1', 'v2'], timestamps: 1 });
    expectFlipsRefused({ root, bundle, input: now, thresholds: { log: 2, time: 2 }, perField: 25 });
  });

  it('no log, a timestamp only', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { log: [], timestamps: 1 });
    expectFlipsRefused({ root, bundle, input: now, thresholds: { log: 0 }, perField: 40 });
  });

  it('a managed key', () => {
    const key = newKey('P-256');
    const hint = npmKeyId(key);
    const keys = [{ hint, spki: key.spki.toString('base64'), start: LAB_NOW - 1000, end: null }];
    const bundle = sigstore.signStatement(STATEMENT, { key, hint });
    expectFlipsRefused({ root, bundle, input: now, keys, perField: 40 });
  });
});

describe.skipIf(!hasSharedData)(
  'one changed bit, in recorded bundles (skipped where there is no recorded data)',
  () => {
    it.each([
      'npm/attestations/sigstore@1.0.0.attestations.json',
      'npm/attestations/nuxt@3.13.0.attestations.json',
      'npm/attestations/@playwright__cli@0.1.1.attestations.json',
    ])('%s', (path) => {
      for (const bundle of bundlesIn(path)) {
        expectFlipsRefused({ root: publicGoodRoot(), bundle, input: { now: NOW }, keys: npmKeys(), perField: 12 });
      }
    });

    it.each(['happy-path-v0.3', 'rekor2-happy-path', 'rekor2-dsse-happy-path', 'bundle-with-sct-with-extensions'])(
      'conformance/%s',
      (name) => {
        const [bundle] = bundlesIn(`conformance/${name}/bundle.sigstore.json`);
        const own = name === 'happy-path-v0.3' ? null : recordedRoot(`conformance/${name}/trusted_root.json`);
        const input = { now: NOW, artifact: { bytes: readFileSync(sharedData('conformance/a.txt')) } };
        expectFlipsRefused({ root: own ?? publicGoodRoot(), bundle, input, perField: 25 });
      },
    );
  },
);
