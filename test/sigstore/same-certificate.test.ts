import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type Verifier } from '../../src/sigstore/verify.ts';
import { LAB_NOW, newSigstore, outcome, STATEMENT, WORKFLOW } from './support.ts';

const TEN_MINUTES = 600_000;
const sigstore = newSigstore();
const holder = sigstore.certify(WORKFLOW, LAB_NOW);
const other = sigstore.certify(WORKFLOW, LAB_NOW);
const signed = (by: typeof holder, at = LAB_NOW): unknown => sigstore.signStatement(STATEMENT, { holder: by }, { at });
const newVerifier = (root: unknown = sigstore.trustedRoot): Verifier =>
  createVerifier({ root: parseTrustedRoot(root) });
const found = (verifier: Verifier, bundle: unknown): string =>
  outcome(verifier.verify(bundle, { now: LAB_NOW + TEN_MINUTES * 2 })).split(':')[0] ?? '';

/** How many signatures Node verifies while `work` runs. */
function signatures(work: () => void): number {
  const verify = crypto.verify as (...args: readonly unknown[]) => boolean;
  let count = 0;
  const counting: typeof verify = (...args) => {
    count += 1;
    return verify(...args);
  };
  const install = (one: typeof verify): void => {
    Object.assign(crypto, { verify: one });
    syncBuiltinESMExports();
  };
  install(counting);
  try {
    work();
  } finally {
    install(verify);
  }
  return count;
}

describe('a certificate that signs several bundles in a row', () => {
  it('is verified once: its signature and the one of its log', () => {
    const verifier = newVerifier();
    const [first, second, third] = [signed(holder), signed(holder), signed(other)];
    // The chain above it is verified once in any case.
    expect(found(verifier, signed(other))).toBe('ok');
    const alone = signatures(() => expect(found(verifier, first)).toBe('ok'));
    expect(signatures(() => expect(found(verifier, second)).toBe('ok'))).toBe(alone - 2);
    expect(signatures(() => expect(found(verifier, third)).toBe('ok'))).toBe(alone);
  });

  it('has to be valid whenever it signs, and for each signature', () => {
    const verifier = newVerifier();
    const late = signed(holder, LAB_NOW + TEN_MINUTES + 1000);
    const good = JSON.stringify(signed(holder));
    const forged = JSON.parse(
      good.replace(/"sig":"(.{8})(.)(.)/, (_, begin: string, a: string, b: string) =>
        a === b ? `"sig":"${begin}${a === 'A' ? 'B' : 'A'}${b}` : `"sig":"${begin}${b}${a}`,
      ),
    ) as unknown;
    const outcomes = [JSON.parse(good) as unknown, late, forged, signed(holder)].map((one) => found(verifier, one));
    expect(outcomes[0]).toBe('ok');
    expect(outcomes[1]).toBe('certificate-validity');
    expect(outcomes[2]).not.toBe('ok');
    expect(outcomes[3]).toBe('ok');
  });

  it('that does not hold never holds later, and proves nothing to another verifier', () => {
    const stranger = newSigstore();
    const foreign = newVerifier(stranger.trustedRoot);
    const bundle = signed(holder);
    expect(found(newVerifier(), bundle)).toBe('ok');
    const outcomes = [bundle, signed(holder)].map((one) => found(foreign, one));
    expect(outcomes[0]).not.toBe('ok');
    expect(outcomes[1]).toBe(outcomes[0]);
  });

  it('is told apart by every byte', () => {
    const verifier = newVerifier();
    const bundle = signed(holder) as { verificationMaterial: { certificate: { rawBytes: string } } };
    expect(found(verifier, bundle)).toBe('ok');
    const raw = Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64');
    raw.writeUInt8(raw.readUInt8(raw.length - 1) ^ 1, raw.length - 1);
    const altered = structuredClone(bundle);
    altered.verificationMaterial.certificate.rawBytes = raw.toString('base64');
    expect(found(verifier, altered)).not.toBe('ok');
    expect(found(verifier, bundle)).toBe('ok');
  });
});
