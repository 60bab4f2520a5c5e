import { describe, expect, it } from 'vitest';
import { assess } from '../../src/checks/assess.ts';
import type { DependencyEvidence, Manifest } from '../../src/model/evidence.ts';
import { NO_EXPECTATION } from '../../src/model/policy.ts';
import { dependency } from '../report/fixtures.ts';

describe('evidence that a check stumbles over', () => {
  it('is no statement about its dependency, and not the end of the run', () => {
    const url = 'https://npm.example/';
    const manifest = new Proxy({} as Manifest, {
      get: () => {
        throw new TypeError('boom');
      },
    });
    const evidence: DependencyEvidence = {
      registry: url,
      packument: { state: 'absent', url },
      manifest: {
        state: 'present',
        value: new Proxy(manifest, { get: (_, key) => (key === 'tarball' ? null : manifest[key as 'name']) }),
      },
      attestations: { state: 'absent', url },
      predecessorAttestations: null,
      keys: [],
      registryKeys: null,
    };
    const known = { registry: url, expectation: NO_EXPECTATION, baseline: null, package: null };
    const trust = {
      now: 0,
      verifierFor: () => ({ verify: () => ({ ok: false as const, reason: 'envelope' as const, detail: '' }) }),
    };
    const { findings, proofs } = assess(dependency('p', '1.0.0'), evidence, known, trust);
    expect(findings.map(({ code }) => code)).toContain('evidence-malformed');
    expect(JSON.stringify(findings)).toContain('boom');
    expect(Object.values(proofs)).toEqual([null, null, null, null]);
  });
});
