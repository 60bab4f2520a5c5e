import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Source } from '../../src/model/dependency.ts';
import { finding, FINDING_CODES } from '../../src/model/finding.ts';
import { bundleJson } from '../../src/report/commands/bundle.ts';
import { comparisonJson } from '../../src/report/json/comparison.ts';
import { renderJson, reportJson } from '../../src/report/json/report.ts';
import { REFUSALS } from '../../src/report/words/refusals.ts';
import { objectOf, stringify, stringifyMembers, type Json, type Members } from '../../src/report/json/stringify.ts';
import {
  argsWith,
  bundleProofWith,
  dependency,
  everyFinding,
  judged,
  NOON,
  OTHER_WORKFLOW,
  proofsWith,
  reportOf,
  STOLEN,
  lockedBy,
} from './fixtures.ts';
import { comparisonWith, HOSTILE, hostileText, otherBuilderWith } from './hostile.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
addFormats.default(ajv);
for (const name of ['report-1', 'bundle-1', 'check-1']) {
  const path = join(import.meta.dirname, `../../docs/schemas/${name}.schema.json`);
  ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')) as object);
}

function errorsOf(name: 'report' | 'bundle' | 'check', value: unknown): string[] {
  const validate = ajv.getSchema(`urn:assay:schema:${name}:1`);
  if (validate === undefined) throw new Error(`no schema ${name}`);
  return validate(value) === true
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message }) => `docs/schemas/${name}-1.schema.json: ${instancePath} ${message ?? ''}`,
      );
}

const full = reportOf([
  judged(dependency('@scope/all', '1.0.0'), 'fail', everyFinding('https://example.com/'), proofsWith('text')),
  judged(
    dependency('none', '2.0.0', {
      artifacts: [{ file: null, source: { kind: 'git', url: 'git+ssh://x' }, digests: [] }],
      places: [],
    }),
    'pass',
  ),
]);

/** A copy of the JSON report that a test may break. */
function copy(): Record<string, never> & { dependencies: Record<string, never>[]; findings: { args: unknown }[] } {
  return JSON.parse(renderJson(full)) as ReturnType<typeof copy>;
}

describe('the JSON report', () => {
  test('matches its schema with every finding code', () => {
    const report = copy();
    expect(report.findings).toHaveLength(FINDING_CODES.length);
    const todo = 'each code and its arguments have to be in docs/schemas/report-1.schema.json';
    expect(errorsOf('report', report), todo).toEqual([]);
  });

  test('matches its schema whatever the texts say, and gives names and arguments back exactly', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const about = judged(dependency(text, text), 'fail', everyFinding(text), proofsWith(text));
        const parsed = JSON.parse(renderJson(reportOf([about]))) as {
          dependencies: [{ name: string; findings: { code: string; args: unknown }[] }];
        };
        expect(errorsOf('report', parsed)).toEqual([]);
        expect(parsed.dependencies[0].name).toBe(text);
        const lost = parsed.dependencies[0].findings.find(({ code }) => code === 'history-exotic-dependency');
        expect(lost?.args).toEqual({ name: text, spec: text });
      }),
      { numRuns: 60 },
    );
  });

  test.each(FINDING_CODES)('the schema refuses wrong arguments of %s', (code) => {
    const about = judged(dependency('a', '1.0.0'), 'fail', [finding(code, argsWith('text')[code])]);
    const broken = (change: (args: Record<string, unknown>) => void): unknown => {
      const report = JSON.parse(renderJson(reportOf([about]))) as {
        dependencies: [{ findings: [{ args: Record<string, unknown> }] }];
      };
      change(report.dependencies[0].findings[0].args);
      return report;
    };
    expect(
      errorsOf(
        'report',
        broken(() => undefined),
      ),
    ).toEqual([]);
    expect(
      errorsOf(
        'report',
        broken((args) => (args['another'] = 1)),
      ),
    ).not.toEqual([]);
    const [first = ''] = Object.keys(argsWith('text')[code]);
    expect(
      errorsOf(
        'report',
        broken((args) => Reflect.deleteProperty(args, first)),
      ),
    ).not.toEqual([]);
    expect(
      errorsOf(
        'report',
        broken((args) => (args[first] = { not: 'this' })),
      ),
    ).not.toEqual([]);
  });

  test.each<[string, (report: Record<string, unknown>) => void]>([
    ['another schema number', (report) => (report['schema'] = 'assay.report/2')],
    ['an unknown member', (report) => (report['extra'] = true)],
    ['an unknown verdict', (report) => (report['verdict'] = 'ok')],
    ['an unknown phase', (report) => (report['enforce'] = 'strict')],
    ['a missing list of findings', (report) => delete report['findings']],
    ['a negative count', (report) => ((report['counts'] as Record<string, number>)['fail'] = -1)],
    ['a count that is missing', (report) => delete (report['counts'] as Record<string, number>)['pass']],
    ['a finding with an unknown code', (report) => ((report['findings'] as [{ code: string }])[0].code = 'all-good')],
    ['a finding without help', (report) => delete (report['findings'] as [{ help?: string }])[0].help],
    ['a finding with more members', (report) => ((report['findings'] as [{ more?: number }])[0].more = 1)],
    [
      'a proof left out',
      (report) => delete (report['dependencies'] as [{ proofs: { publish?: unknown } }])[0].proofs.publish,
    ],
    [
      'a proof that is true',
      (report) => ((report['dependencies'] as [{ proofs: { provenance: unknown } }])[0].proofs.provenance = true),
    ],
    [
      'an identity without issuer',
      (report) =>
        delete (report['dependencies'] as [{ proofs: { provenance: { identity: { issuer?: string } } } }])[0].proofs
          .provenance.identity.issuer,
    ],
  ])('the schema refuses %s', (_, change) => {
    const report = copy();
    change(report);
    expect(errorsOf('report', report)).not.toEqual([]);
  });

  test('has the documented shape', () => {
    const [first, second] = copy().dependencies as unknown as Record<string, unknown>[];
    expect(first).toMatchObject({
      ecosystem: 'npm',
      name: '@scope/all',
      location: { file: 'package-lock.json', line: 12 },
      direct: true,
      verdict: 'fail',
      proofs: {
        integrity: `sha512-${Buffer.from('ab'.repeat(64), 'hex').toString('base64')}`,
        signature: { keyOrigin: 'pinned', time: { source: 'log', time: '2026-03-31T00:00:00Z' } },
        provenance: { identity: { issuer: 'text', runner: 'hosted' } },
      },
    });
    expect(second).toMatchObject({
      location: null,
      proofs: { integrity: null, signature: null, publish: null, provenance: null },
    });
  });

  test('writes times as RFC 3339 and numbers as numbers', () => {
    const args = Object.fromEntries(
      (JSON.parse(renderJson(full)) as { findings: { code: string; args: unknown }[] }).findings.map((each) => [
        each.code,
        each.args,
      ]),
    );
    expect(args['signature-key-expired']).toMatchObject({
      expired: '2026-03-31T00:00:00Z',
      time: '2026-03-31T00:00:00Z',
    });
    expect(args['provenance-lost']).toEqual({ predecessor: 'https://example.com/', published: '2026-03-31T00:00:00Z' });
    expect(args['provenance-missing']).toEqual({ earlier: 12, first: 'https://example.com/' });
  });

  test('is the same in whatever order dependencies and findings come', () => {
    const dependencies = ['b', 'a', 'a'].map((name, i) =>
      judged(dependency(name, `1.0.${String(i)}`), 'warn', everyFinding('x')),
    );
    const once = renderJson(reportOf(dependencies));
    const reversed = dependencies.map((each) => ({ ...each, findings: [...each.findings].reverse() })).reverse();
    expect(renderJson(reportOf(reversed))).toBe(once);
  });

  test('lists every finding once more with its dependency', () => {
    const { findings, dependencies } = copy() as unknown as {
      findings: Record<string, unknown>[];
      dependencies: { ecosystem: string; name: string; version: string; location: unknown; findings: object[] }[];
    };
    const expected = dependencies.flatMap(({ ecosystem, name, version, location, findings: own }) =>
      own.map((each) => ({ ecosystem, name, version, location, ...each })),
    );
    expect(findings).toEqual(expected);
  });
});

describe('JSON on a terminal', () => {
  test('shows nothing but printable text, and parses to the same', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, fc.oneof(hostileText, fc.array(hostileText), fc.integer())), (json) => {
        const text = stringify(json);
        expect(text.replaceAll('\n', '')).not.toMatch(HOSTILE);
        expect(text).not.toContain('##');
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(json));
      }),
    );
  });
});

describe('other JSON', () => {
  test.each<[string, Members]>([
    ['no members', {}],
    ['lists of nothing', { a: [], b: () => [], c: {} }],
    [
      'lists of values within values',
      { a: 1, b: () => [{ x: ['1\n2', {}] }, [], '##\u200b'], c: { d: [null, { e: 'f' }] } },
    ],
  ])('%s: the pieces are the whole', (_, members) => {
    expect([...stringifyMembers(members)].join('')).toBe(stringify(objectOf(members)));
  });

  test('the pieces are the whole, however many elements a list has', () => {
    const value = fc.oneof(fc.constantFrom('\n', '##', '\u202e', '[', null, 1), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), fc.integer({ min: 0, max: 200 }), (values, length) => {
        const list = Array.from({ length }, (_, i) => [i, ...values]) as Json[];
        const members = { a: list.length, list: () => list, z: 'end' };
        const pieces = [...stringifyMembers(members)];
        expect(pieces.join('')).toBe(stringify(objectOf(members)));
        expect(pieces.length).toBeGreaterThan(length / 50);
      }),
    );
  });

  test('a verified bundle matches its schema, without its predicate', () => {
    const json = bundleJson({ ok: true, proof: bundleProofWith('text') });
    expect(errorsOf('bundle', json)).toEqual([]);
    expect(JSON.stringify(json)).not.toContain('buildType');
  });

  test.each(Object.keys(REFUSALS) as (keyof typeof REFUSALS)[])(
    'a bundle refused for %s matches its schema',
    (reason) => {
      expect(errorsOf('bundle', bundleJson({ ok: false, reason, detail: 'why' }))).toEqual([]);
    },
  );

  test('the schema refuses a bundle that is both or neither', () => {
    const good = bundleJson({ ok: true, proof: bundleProofWith('text') });
    const bad = bundleJson({ ok: false, reason: 'signature', detail: 'why' });
    expect(errorsOf('bundle', { ...good, refusal: bad['refusal'] })).not.toEqual([]);
    expect(errorsOf('bundle', { ...bad, verified: true })).not.toEqual([]);
  });

  test('explanations match the schema whatever the texts say', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const explanations = [comparisonWith(text), otherBuilderWith(text), { ...STOLEN, use: null }, OTHER_WORKFLOW];
        const parsed = JSON.parse(renderJson({ ...full, explanations })) as { explanations: { name: string }[] };
        expect(errorsOf('report', parsed)).toEqual([]);
        expect(parsed.explanations[0]?.name).toBe(text);
      }),
      { numRuns: 40 },
    );
    const [first] = [STOLEN].map(comparisonJson);
    expect(errorsOf('report', { ...copy(), explanations: [{ ...first, later: { state: 'old' } }] })).not.toEqual([]);
  });

  test('a comparison matches its schema', () => {
    const comparison = comparisonWith('text');
    const check = {
      schema: 'assay.check/1',
      unresolved: [{ spec: 'a@9', reason: 'no such version', unavailable: false }],
      comparisons: [comparisonJson(comparison), comparisonJson({ ...comparison, predecessor: null })],
      report: reportJson(full),
    };
    const plain = JSON.parse(stringify(check)) as typeof check;
    expect(errorsOf('check', plain)).toEqual([]);
    expect(plain.comparisons[0]).toMatchObject({
      current: { published: new Date(NOON).toISOString().replace('.000', '') },
    });
    expect(errorsOf('check', { ...plain, comparisons: [{ name: 'a' }] })).not.toEqual([]);
  });
});

describe('credentials in a lockfile', () => {
  test.each<Source>([
    { kind: 'registry', resolved: 'https://user:secret@r.example/p/-/p-1.0.0.tgz' },
    { kind: 'git', url: 'git+https://secret@r.example/p.git' },
    { kind: 'http', url: 'https://user:secret@r.example/p.tgz' },
  ])('are not in the report of a $kind source', (source) => {
    const text = renderJson(reportOf([judged(dependency('p', '1.0.0', { artifacts: lockedBy({ source }) }), 'pass')]));
    expect(text).toContain('r.example');
    expect(text).not.toContain('secret');
  });
});
