import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PHASES } from '../../src/model/verdict.ts';
import type { Report } from '../../src/model/report.ts';
import { renderVsa } from '../../src/report/outputs/vsa.ts';
import { dependency, judged, lockfileUsed, proofsWith, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { HOSTILE_REPORT, reportWith, STORY } from './output-reports.ts';

/** The shape that in-toto (Statement v1) and SLSA 1.2 (verification_summary v1) describe in words. */
const uri = { type: 'string', format: 'uri' };
const sha256 = {
  type: 'object',
  required: ['sha256'],
  properties: { sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
};
const SLSA_LEVEL = '^(?:SLSA_[A-Z]+_LEVEL_(?:\\d|UNEVALUATED)|FAILED|(?!SLSA_)[A-Z_]+)$';
const STATEMENT = {
  type: 'object',
  additionalProperties: false,
  required: ['_type', 'subject', 'predicateType', 'predicate'],
  properties: {
    _type: { const: 'https://in-toto.io/Statement/v1' },
    subject: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', required: ['name', 'digest'], properties: { name: { type: 'string' }, digest: sha256 } },
    },
    predicateType: { const: 'https://slsa.dev/verification_summary/v1' },
    predicate: {
      type: 'object',
      required: ['verifier', 'resourceUri', 'policy', 'verificationResult', 'verifiedLevels'],
      additionalProperties: false,
      patternProperties: { '^[a-z]+:': true },
      properties: {
        verifier: {
          type: 'object',
          required: ['id'],
          properties: { id: uri, version: { type: 'object', additionalProperties: { type: 'string' } } },
        },
        timeVerified: { type: 'string', format: 'date-time', pattern: 'Z$' },
        resourceUri: uri,
        policy: { type: 'object', required: ['uri'], properties: { uri, digest: sha256 } },
        verificationResult: { enum: ['PASSED', 'FAILED'] },
        verifiedLevels: { type: 'array', minItems: 1, items: { type: 'string', pattern: SLSA_LEVEL } },
        dependencyLevels: {
          type: 'object',
          minProperties: 1,
          propertyNames: { pattern: SLSA_LEVEL },
          additionalProperties: { type: 'integer', minimum: 0 },
        },
        slsaVersion: { type: 'string', pattern: '^\\d+\\.\\d+$' },
      },
    },
  },
};
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(STATEMENT);

interface Predicate {
  readonly resourceUri: string;
  readonly policy: unknown;
  readonly verificationResult: string;
  readonly verifiedLevels: readonly string[];
  readonly dependencyLevels?: Readonly<Record<string, number>>;
}

function predicateOf(report: Report): Predicate {
  const statement: unknown = JSON.parse(renderVsa(report));
  expect(validate(statement) ? [] : validate.errors).toEqual([]);
  return (statement as { predicate: Predicate }).predicate;
}

const proven = judged(dependency('a', '1.0.0'), 'pass', [], proofsWith('text'));

describe('the verification summary', () => {
  test('is about the bytes of the lockfiles', () => {
    const { subject } = JSON.parse(renderVsa(STORY)) as { subject: unknown };
    expect(subject).toEqual([
      { name: 'apps/web/package-lock.json', digest: { sha256: 'ef'.repeat(32) } },
      { name: 'apps/web/tools/package-lock.json', digest: { sha256: 'ef'.repeat(32) } },
    ]);
  });

  test.each([
    ['pass', 'PASSED'],
    ['warn', 'PASSED'],
    ['fail', 'FAILED'],
    ['unverified', 'FAILED'],
  ] as const)('a run that comes to %s has %s', (verdict, result) => {
    const { verificationResult, verifiedLevels } = predicateOf(reportOf([proven], { verdict }));
    expect(verificationResult).toBe(result);
    expect(verifiedLevels.includes('FAILED')).toBe(result === 'FAILED');
  });

  test('no SLSA level is ever claimed, of the lockfile or of a dependency', () => {
    for (const enforce of PHASES) {
      const { verifiedLevels, dependencyLevels = {} } = predicateOf(reportOf([proven], { enforce }));
      const slsa = [...verifiedLevels, ...Object.keys(dependencyLevels)].filter((level) => level.startsWith('SLSA_'));
      expect(new Set(slsa)).toEqual(new Set(['SLSA_BUILD_LEVEL_UNEVALUATED']));
      expect(verifiedLevels).toContain(`ASSAY_PHASE_${enforce.toUpperCase()}`);
    }
  });

  test('counts every dependency once, and those whose provenance was verified', () => {
    const bare = judged(dependency('b', '1.0.0'), 'pass');
    expect(predicateOf(reportOf([proven, bare])).dependencyLevels).toEqual({
      SLSA_BUILD_LEVEL_UNEVALUATED: 2,
      ASSAY_PROVENANCE_VERIFIED: 1,
    });
    expect(predicateOf(reportOf([bare])).dependencyLevels).toEqual({ SLSA_BUILD_LEVEL_UNEVALUATED: 1 });
  });

  test.each(['omitted', 'unchanged'] as const)('where dependencies were %s, no phase is claimed', (count) => {
    const report = reportOf([proven]);
    const { verificationResult, verifiedLevels } = predicateOf({ ...report, counts: { ...report.counts, [count]: 1 } });
    expect(verificationResult).toBe('PASSED');
    expect(verifiedLevels).toEqual(['SLSA_BUILD_LEVEL_UNEVALUATED', 'ASSAY_PARTIAL']);
  });

  test('names the resource and the policy', () => {
    expect(predicateOf(STORY).resourceUri).toBe(
      'git+https://github.com/team/shop#apps/web/package-lock.json,apps/web/tools/package-lock.json',
    );
    const elsewhere = reportOf([proven], { lockfiles: [lockfileUsed('a b/x,y/package-lock.json', 1)] });
    expect(predicateOf(elsewhere).resourceUri).toBe('urn:assay:lockfile:a%20b/x%2Cy/package-lock.json');
    expect(predicateOf(elsewhere).policy).toEqual({ uri: 'urn:assay:policy:1:observe' });
    expect(predicateOf(STORY).policy).toEqual({
      uri: 'urn:assay:policy:1:critical:assay.yml',
      digest: { sha256: 'aa'.repeat(32) },
    });
  });

  test('has its shape whatever the texts say', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(predicateOf(reportWith(text)).verificationResult).toBe('FAILED');
      }),
      { numRuns: 25 },
    );
    expect(predicateOf(HOSTILE_REPORT).verificationResult).toBe('FAILED');
  });
});
