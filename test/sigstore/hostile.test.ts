import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTrustedRoot, TrustedRootError } from '../../src/sigstore/trusted-root.ts';
import { createVerifier } from '../../src/sigstore/verify.ts';
import { ARTIFACT, LAB_NOW, newSigstore, proofOf, replaceAt, STATEMENT, WORKFLOW } from './support.ts';

const sigstore = newSigstore();
const root = parseTrustedRoot(sigstore.trustedRoot);
const verifier = createVerifier({ root });
const as = { identity: WORKFLOW };
const BUNDLES = [
  sigstore.signStatement(STATEMENT, as, { version: '0.1', entryKind: 'intoto' }),
  sigstore.signStatement(STATEMENT, as, { version: '0.3', timestamps: 1 }),
  sigstore.signMessage(ARTIFACT, as, { log: 'v2' }),
] as const;

type Path = (string | number)[];

function paths(json: unknown, path: Path = []): Path[] {
  if (typeof json !== 'object' || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, value]) => paths(value, [...path, key]))];
}

/** Values a hostile server may put anywhere. */
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    '=',
    'AA==',
    'AAA',
    'MIIB',
    '\u0000',
    '-1',
    '1e9',
    '9223372036854775808',
    '0x10',
    -0,
    1.5,
    2 ** 53,
  ),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')),
);

describe('hostile bundles', () => {
  it('holds for the bundles the tests start from', () => {
    for (const bundle of BUNDLES) proofOf(verifier.verify(bundle, { now: LAB_NOW, artifact: { bytes: ARTIFACT } }));
  });

  it('refuses any JSON, and says so in one short line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        const result = verifier.verify(json, { now: LAB_NOW });
        if (result.ok) throw new Error('accepted');
        expect(result.detail.length).toBeLessThan(400);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses whatever is put in place of any part, and is never stopped by it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BUNDLES), fc.nat(), strange, (bundle, pick, value) => {
        const all = paths(bundle).filter((path) => path.length > 0);
        const path = all[pick % all.length] ?? [];
        const changed = replaceAt<unknown>(bundle, path, () => value);
        fc.pre(JSON.stringify(changed) !== JSON.stringify(bundle));
        const result = verifier.verify(changed, { now: LAB_NOW, artifact: { bytes: ARTIFACT } });
        if (!result.ok) expect(result.detail).not.toContain('verification stopped');
        // What may be accepted decides nothing: the chain above a leaf, a key id, what only identifies, a second time.
        else
          expect(path.join('.')).toMatch(
            /certificates\.[12]|keyid$|messageDigest$|timestampVerificationData$|rfc3161Timestamps$|inclusionPromise$/,
          );
      }),
      { numRuns: 1500 },
    );
  });

  it('reads no more than a bounded number of elements', () => {
    const [bundle] = BUNDLES;
    const [entry] = bundle.verificationMaterial.tlogEntries;
    const many = replaceAt<unknown>(bundle, ['verificationMaterial', 'tlogEntries'], () =>
      Array<unknown>(33).fill(entry),
    );
    expect(verifier.verify(many, { now: LAB_NOW })).toMatchObject({ ok: false, reason: 'bundle-malformed' });
    const twice = replaceAt<unknown>(bundle, ['verificationMaterial', 'tlogEntries'], () => [entry, entry]);
    expect(verifier.verify(twice, { now: LAB_NOW })).toMatchObject({ ok: false, reason: 'bundle-malformed' });
  });
});

describe('hostile trusted roots', () => {
  it('gives one clear line for whatever is put in place of any part', () => {
    fc.assert(
      fc.property(fc.nat(), strange, (pick, value) => {
        const all = paths(sigstore.trustedRoot).filter((path) => path.length > 0);
        const changed = replaceAt<unknown>(sigstore.trustedRoot, all[pick % all.length] ?? [], () => value);
        try {
          parseTrustedRoot(changed);
        } catch (error) {
          if (!(error instanceof TrustedRootError)) throw error;
          expect(error.message).toMatch(/^trusted root: .{1,300}$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an unknown media type', ['mediaType'], 'application/vnd.dev.sigstore.trustedroot+json;version=9.9'],
    ['a log without a start', ['tlogs', 0, 'publicKey', 'validFor'], {}],
    ['an interval that ends before it starts', ['tlogs', 0, 'publicKey', 'validFor', 'end'], '1999-01-01T00:00:00Z'],
    ['a key that is not of its algorithm', ['tlogs', 0, 'publicKey', 'keyDetails'], 'PKIX_ED25519'],
    ['a log without an id', ['tlogs', 0, 'logId'], null],
    ['an authority without certificates', ['certificateAuthorities', 0, 'certChain', 'certificates'], []],
  ])('refuses %s', (_, path, value) => {
    const changed = replaceAt<unknown>(sigstore.trustedRoot, path, () => value);
    expect(() => parseTrustedRoot(changed)).toThrow(TrustedRootError);
  });

  it('leaves out a log whose algorithm it does not know, and nothing counts for it', () => {
    const changed = replaceAt(sigstore.trustedRoot, ['tlogs', 0, 'publicKey', 'keyDetails'], () => 'ML_DSA_65');
    const without = createVerifier({ root: parseTrustedRoot(changed) });
    expect(without.verify(BUNDLES[0], { now: LAB_NOW })).toMatchObject({ ok: false, reason: 'log-unknown' });
  });
});
