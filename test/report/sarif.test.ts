import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync, gzipSync } from 'node:zlib';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding, FINDING_CODES } from '../../src/model/finding.ts';
import type { Report } from '../../src/model/report.ts';
import { uriOfPath } from '../../src/report/words/paths.ts';
import { renderSarif } from '../../src/report/outputs/sarif.ts';
import { dependency, judged, lockedBy, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { HOSTILE_REPORT, largeReport, reportWith, STORY } from './output-reports.ts';

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly SarifRule[] } };
      readonly invocations: readonly unknown[];
      readonly results: readonly SarifResult[];
    },
  ];
}

interface SarifRule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string; readonly markdown?: string };
  readonly properties: { readonly tags: readonly string[] };
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: number };
      };
    },
  ];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly unknown[];
}

/** The published schema, with a copy of which Microsoft's package of matchers comes. */
const require = createRequire(import.meta.url);
const schemaPath = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const ajv = new AjvDraft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile<Log>(JSON.parse(readFileSync(schemaPath, 'utf8')) as object);

/** The log of a report, after the schema. */
function logOf(report: Report): Log {
  const log: unknown = JSON.parse(renderSarif(report, () => 'See [another](other.md) and [this](https://slsa.dev).'));
  expect(validate(log) ? [] : validate.errors).toEqual([]);
  return log as Log;
}

function resultsOf(report: Report): readonly SarifResult[] {
  return logOf(report).runs[0].results;
}

describe('SARIF', () => {
  test('the schema refuses what is not SARIF', () => {
    const log = JSON.parse(renderSarif(STORY, () => null)) as { runs: [{ results: [{ level: string }] }] };
    log.runs[0].results[0].level = 'grave';
    expect(validate(log)).toBe(false);
  });

  test('a result is at the line of the lockfile, seen from the root of the repository', () => {
    const [first, second] = resultsOf(STORY);
    expect(first).toMatchObject({
      ruleId: 'integrity-mismatch',
      level: 'error',
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'apps/web/package-lock.json' }, region: { startLine: 61 } } },
      ],
    });
    expect(second?.ruleId).toBe('provenance-lost');
  });

  test('every finding is a result, and every rule index is that of its rule', () => {
    const { results, tool } = logOf(STORY).runs[0];
    expect(results).toHaveLength(STORY.dependencies.flatMap(({ findings }) => findings).length);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  test('rules are the same whatever was found, within what code scanning takes of them', () => {
    const { rules } = logOf(STORY).runs[0].tool.driver;
    expect(rules.map(({ id }) => id)).toEqual(FINDING_CODES);
    expect(logOf(reportOf([])).runs[0].tool.driver.rules).toEqual(rules);
    for (const { shortDescription, fullDescription, help, properties } of rules) {
      for (const { text } of [shortDescription, fullDescription]) expect(text).toMatch(/^[A-Z].{5,1000}\.$/);
      expect(help.text).toContain('assay explain');
      expect(properties.tags.length).toBeLessThanOrEqual(20);
      // A link to a page beside it leads nowhere in code scanning.
      expect(help.markdown).toBe('See another and [this](https://slsa.dev).');
    }
  });

  test('what was accepted is suppressed, with who, until when and why', () => {
    const suppressed = resultsOf(STORY).filter(({ suppressions }) => suppressions !== undefined);
    expect(suppressed).toEqual([
      expect.objectContaining({
        level: 'note',
        suppressions: [
          {
            kind: 'external',
            status: 'accepted',
            justification: 'Ada <ada@lab.test> until 2026-06-29T00:00:00Z: built by hand',
          },
        ],
      }),
    ]);
  });

  test.each([
    ['pass', 0, true],
    ['warn', 0, true],
    ['fail', 1, true],
    ['unverified', 3, false],
    // Nothing but a lockfile that could not be read is missing.
    ['unverified', 2, false],
  ] as const)('a run that comes to %s exits with %i', (verdict, exitCode, executionSuccessful) => {
    const unread = exitCode === 2 ? [{ file: 'yarn.lock', problem: 'yarn.lock: broken' }] : [];
    const counts = exitCode === 2 ? { ...STORY.counts, unverified: 0 } : STORY.counts;
    expect(logOf({ ...STORY, verdict, unread, counts }).runs[0].invocations).toEqual([
      expect.objectContaining({ exitCode, executionSuccessful }),
    ]);
  });

  test('is valid whatever the texts say; no text makes a link or a placeholder', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const { locations, message } of resultsOf(reportWith(text))) {
          expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/^(?:file:\/\/)?[\w!'()*.~/%-]*$/);
          expect(message.text.replace(/\\[[\]]|\{\{|\}\}/g, '')).not.toMatch(/[[\]{}]/);
        }
      }),
      { numRuns: 25 },
    );
    expect(resultsOf(HOSTILE_REPORT).length).toBeGreaterThan(0);
  });

  test.each([
    ['a b/ü#?.json', 'a%20b/%C3%BC%23%3F.json'],
    ['c:x/package-lock.json', 'c%3Ax/package-lock.json'],
    ['100%/package-lock.json', '100%25/package-lock.json'],
    ['\ud800/x', '%EF%BF%BD/x'],
    ['/home/a b/package-lock.json', 'file:///home/a%20b/package-lock.json'],
    ['C:\\work\\a b\\package-lock.json', 'file:///C:/work/a%20b/package-lock.json'],
  ])('the path %j is %s', (path, uri) => {
    expect(uriOfPath(path)).toBe(uri);
  });
});

describe('fingerprints', () => {
  const lost = finding('provenance-lost', { predecessor: '1.0.0', published: null });
  const of = (change: Parameters<typeof dependency>[2] = {}, version = '1.0.1', found = [lost]): readonly string[] =>
    resultsOf(reportOf([judged(dependency('a', version, change), 'fail', found)])).map(
      ({ partialFingerprints }) => partialFingerprints['assayFinding/v1'] ?? '',
    );
  const place = (line: number) => ({ places: [{ file: 'package-lock.json', line, path: 'node_modules/a' }] });

  test('survive a moved line, other dependencies, and another level', () => {
    expect(of(place(900))).toEqual(of(place(3)));
    const withOthers = reportOf([
      judged(dependency('a', '1.0.1'), 'warn', [lost]),
      judged(dependency('0', '1.0.0'), 'fail', [lost]),
    ]);
    const own = resultsOf(withOthers).find(({ message }) => message.text.startsWith('a@'));
    expect(own?.partialFingerprints['assayFinding/v1']).toBe(of()[0]);
  });

  test('survive another answer about the same: a predecessor that was published meanwhile', () => {
    expect(of({}, '1.0.1', [finding('provenance-lost', { predecessor: '0.9.9', published: 1 })])).toEqual(of());
  });

  test('are others for another version, other bytes, another code, another lockfile', () => {
    const all = [
      of(),
      of({}, '1.0.2'),
      of({ artifacts: lockedBy({ digests: [{ algorithm: 'sha512', hex: 'cd'.repeat(64) }] }) }),
      of({}, '1.0.1', [finding('provenance-missing', { earlier: 1 })]),
      of({ places: [{ file: 'b/package-lock.json', line: 12, path: 'node_modules/a' }] }),
    ].flat();
    expect(new Set(all).size).toBe(all.length);
  });

  test('tell apart findings of one code, whatever their order', () => {
    const found = ['b', 'c'].map((name) => finding('history-exotic-dependency', { name, spec: 'git://x' }));
    const both = of({}, '1.0.1', found);
    expect(new Set(both).size).toBe(2);
    expect([...of({}, '1.0.1', found.toReversed())].sort()).toEqual([...both].sort());
    expect(both).toContain(of({}, '1.0.1', found.slice(1))[0]);
  });

  test('are unique, even where nothing tells findings apart', () => {
    const prints = of({}, '1.0.1', [lost, lost, lost]);
    expect(new Set(prints).size).toBe(3);
  });
});

describe('more than code scanning takes', () => {
  test('the last result counts what is left out, and nothing graver is', () => {
    const report = largeReport(6000);
    const results = resultsOf(report);
    expect(results).toHaveLength(5000);
    const last = results.at(-1);
    expect(last?.message.text).toBe('1001 more findings left out, the least grave: assay --json lists all.');
    expect(last?.locations[0].physicalLocation.artifactLocation.uri).toBe('package-lock.json');
    expect(results.filter(({ level }) => level === 'error')).toHaveLength(120);
    const { rules } = logOf(report).runs[0].tool.driver;
    expect(rules[last?.ruleIndex ?? -1]?.id).toBe(last?.ruleId);
  });

  test('exactly as many as it shows are all there', () => {
    expect(new Set(resultsOf(largeReport(5000)).map(({ ruleId }) => ruleId))).toEqual(new Set(['provenance-missing']));
  });

  test('a file that stays large when compressed has fewer results, and says so', () => {
    // What does not compress, in paths of the length that file systems allow.
    const noise = (seed: number): string =>
      createHash('shake256', { outputLength: 3000 }).update(String(seed)).digest('base64url');
    const many = Array.from({ length: 4900 }, (_, i) => {
      const places = [{ file: `${noise(i)}/package-lock.json`, line: 1, path: '' }];
      return judged(dependency('a', `1.0.${i}`, { places }), 'warn', [finding('provenance-missing', { earlier: 0 })]);
    });
    const text = renderSarif(reportOf(many), () => null);
    const compressed = gzipSync(text);
    expect(compressed.length).toBeLessThanOrEqual(10_000_000);
    expect(gunzipSync(compressed).length).toBeGreaterThan(10_000_000);
    expect((JSON.parse(text) as Log).runs[0].results.at(-1)?.message.text).toMatch(/^\d+ more findings left out/);
  });
});
