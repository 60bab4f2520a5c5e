import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderBundleVerification } from '../../src/report/commands/bundle.ts';
import { asProof, bundleProofWith } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

describe('the result of verifying a bundle', () => {
  test('names who signed, when, and where it is logged', () => {
    const text = renderBundleVerification({ ok: true, proof: bundleProofWith('value') }, { ...WIDE, columns: 200 });
    expect(text).toMatch(/^verified: the bundle holds for this artifact\n/);
    expect(text).toContain('signed by    value\n');
    expect(text).toContain('issuer       value\n');
    expect(text).toContain('signed at    2026-03-31T00:00:00Z (transparency log)\n');
    expect(text).toContain('log entry    42 in value, value value, inclusion proven, promised by the log\n');
    expect(text).toContain('certificate  in 1 certificate-transparency log\n');
    expect(text).toContain(`subject      value sha512:${'ab'.repeat(64)}\n`);
  });

  test('leaves out what the certificate does not say', () => {
    const proof = bundleProofWith('value');
    if (proof.signer.kind !== 'certificate') throw new Error('the fixture has a certificate');
    const identity = { ...proof.signer.identity, repository: null, runner: null };
    const text = renderBundleVerification(
      { ok: true, proof: asProof({ ...proof, signer: { ...proof.signer, identity } }) },
      WIDE,
    );
    expect(text).not.toMatch(/repository|runner|null/);
  });

  test('names the key where a key signed', () => {
    const proof = asProof({
      ...bundleProofWith('value'),
      signer: { kind: 'key', keyId: 'SHA256:abc' } as const,
      statement: null,
    });
    const text = renderBundleVerification({ ok: true, proof }, WIDE);
    expect(text).toContain('signed by  key SHA256:abc\n');
    expect(text).not.toMatch(/issuer|certificate|subject/);
  });

  test('of a refused bundle names the step that failed and nothing that was claimed', () => {
    expect(renderBundleVerification({ ok: false, reason: 'log-inclusion', detail: 'root hash differs' }, WIDE)).toBe(
      `refused: the entry is not shown to be included in the log
  reason  log-inclusion
  detail  "root hash differs"
`,
    );
  });

  test('cuts long lists of subjects', () => {
    const proof = bundleProofWith('value');
    const subjects = Array.from({ length: 1000 }, () => ({ name: 'a', digests: [] }));
    const statement = { type: 't', predicateType: 'p', predicate: null, subjects };
    const text = renderBundleVerification({ ok: true, proof: asProof({ ...proof, statement }) }, WIDE);
    expect(text).toContain('and 990 more subjects (--json lists all)');
    expect(text.split('\n').length).toBeLessThan(40);
  });

  test('is inert whatever the bundle says', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(30, 40, 80, 120), fc.boolean(), (text, columns, unicode) => {
        expectInert((options) => renderBundleVerification({ ok: true, proof: bundleProofWith(text) }, options), {
          columns,
          unicode,
        });
        const keyed = asProof({ ...bundleProofWith(text), signer: { kind: 'key', keyId: text } as const });
        expectInert((options) => renderBundleVerification({ ok: true, proof: keyed }, options), { columns, unicode });
        const refused = { ok: false, reason: 'signature', detail: text } as const;
        expectInert((options) => renderBundleVerification(refused, options), { columns, unicode });
      }),
      { numRuns: 60 },
    );
  });
});
