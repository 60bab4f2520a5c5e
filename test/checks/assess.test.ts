import { describe, expect, it } from 'vitest';
import type { BaselineVersion } from '../../src/model/baseline.ts';
import { assess } from '../../src/checks/npm/chain.ts';
import type { Expectations } from '../../src/checks/known.ts';
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
      others: [],
      keys: [],
      registryKeys: null,
    };
    const known: Expectations = {
      registry: url,
      expectation: NO_EXPECTATION,
      baseline: null,
      package: null,
      scripts: { permission: 'unknown' },
    };
    const trust = {
      now: 0,
      verifierFor: () => ({ verify: () => ({ ok: false as const, reason: 'envelope' as const, detail: '' }) }),
    };
    const { findings, proofs } = assess(dependency('p', '1.0.0'), evidence, known, trust).assessment;
    expect(findings.map(({ code }) => code)).toContain('evidence-malformed');
    expect(JSON.stringify(findings)).toContain('boom');
    expect(Object.values(proofs).filter((proof) => proof !== null)).toEqual([]);
  });
});

describe('what the baseline holds', () => {
  const DAY = 86_400_000;

  it.each([
    ['a time that is too recent', 1.5 * DAY, ['history-too-new']],
    ['a time that is not', 0.5 * DAY, []],
    ['no time', null, ['evidence-unavailable']],
  ])('with %s, where the policy asks for an age', (_, published, codes) => {
    const entry: BaselineVersion = {
      artifacts: [{ file: null, hash: { algorithm: 'sha512', hex: 'ab'.repeat(64) } }],
      evidence: { algorithm: 'sha256', hex: '00' },
      provenance: { identity: null, earlier: 0 },
      publisher: null,
      published,
      capabilities: null,
    };
    const known: Expectations = {
      registry: 'https://registry.npmjs.org/',
      expectation: { ...NO_EXPECTATION, releaseAge: 24 },
      baseline: { state: 'held', findings: [] },
      package: {
        ecosystem: 'npm',
        since: null,
        identity: null,
        channels: new Map(),
        versions: new Map([['1.0.0', entry]]),
      },
      scripts: { permission: 'unknown' },
    };
    const trust = { now: 2 * DAY, verifierFor: () => ({ verify: () => expect.unreachable() }) };
    const { findings } = assess(dependency('p', '1.0.0'), null, known, trust).assessment;
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });
});
