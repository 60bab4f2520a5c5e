import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineReports } from '../../src/audit/combine.ts';
import { type LockfileUsed, type Report, reportStatus } from '../../src/model/report.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { finding } from '../../src/model/finding.ts';
import { dependency, judged, lockfileUsed, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

const SINCE = { ref: 'main', commit: 'ab'.repeat(20), found: true, problem: null, unchanged: ['b@1.0.0'], removed: [] };

/** A report of one folder. */
function folder(
  name: string,
  verdict: 'pass' | 'fail' | 'unverified' | 'warn' = 'pass',
  change: Partial<LockfileUsed> = {},
): Report {
  const places = [{ file: `${name}/package-lock.json`, line: 3, path: 'node_modules/p' }];
  const found = verdict === 'pass' ? [] : [finding('provenance-missing', { earlier: 1 })];
  return reportOf([judged(dependency('p', '1.0.0', { places }), verdict, found)], {
    lockfiles: [lockfileUsed(`${name}/package-lock.json`, 1, change)],
  });
}

const UNREAD = [{ file: 'yarn.lock', problem: 'yarn.lock: not supported' }];

describe('reports of several folders in one', () => {
  it.each([
    [['pass', 'pass'], [], 'pass', 0],
    [['pass', 'warn'], [], 'warn', 0],
    [['pass', 'fail'], [], 'fail', 1],
    [['unverified', 'fail'], [], 'fail', 1],
    [['unverified', 'pass'], [], 'unverified', 3],
    [['pass', 'pass'], UNREAD, 'unverified', 2],
    [['pass', 'warn'], UNREAD, 'unverified', 2],
    [['unverified', 'pass'], UNREAD, 'unverified', 3],
    [['fail', 'pass'], UNREAD, 'fail', 1],
  ] as const)('%s, unread %s: %s', ([first, second], unread, verdict, status) => {
    const report = combineReports([folder('a', first), folder('b', second)], unread);
    expect([report.verdict, reportStatus(report)]).toEqual([verdict, status]);
    const text = renderTerminal(report, WIDE).replace(/\s+/g, ' ');
    expect(text.trimEnd()).toMatch(new RegExp(`Exit status ${status}\\b[^.]*\\.$`));
    if (unread.length > 0) expect(text).toContain('could not audit yarn.lock');
  });

  it('add up, and name what no folder has a use for', () => {
    const policy = (lines: readonly number[]): Report['policy'] => ({
      file: 'assay.yml',
      digest: '',
      unused: lines.map((line) => ({ text: 'x', line })),
      outside: [],
    });
    const review = { deadlineHours: 48, queue: 'direct' as const, pending: 1, overdue: 1, shallow: false };
    const report = combineReports(
      [
        { ...folder('a'), policy: policy([1, 2]), review },
        { ...folder('b'), policy: policy([2, 3]), review: { ...review, shallow: true } },
      ],
      [],
    );
    expect(report.counts).toMatchObject({ entries: 4, skipped: 2, dependencies: 2, pass: 2 });
    expect(report.policy?.unused).toEqual([{ text: 'x', line: 2 }]);
    expect(report.review).toEqual({ ...review, pending: 2, overdue: 2, shallow: true });
    expect(report.trust).toEqual(folder('a').trust);
  });

  it('one folder stays what it is', () => {
    const report = folder('a', 'warn');
    expect(combineReports([report], [])).toEqual(report);
  });
});

describe('the account of lockfiles', () => {
  it('of many of them fits the screen', () => {
    const names = Array.from({ length: 30 }, (_, i) => `packages/with-a-rather-long-name-${i}`);
    const [first, ...others] = names.map((name) => folder(name, 'warn', { since: SINCE, unchanged: 1 }));
    const unread = names.map((name) => ({
      file: `${name}/yarn.lock`,
      problem: `${name}/yarn.lock: ${'not '.repeat(60)}`,
    }));
    if (first === undefined) throw new Error('none');
    const text = renderTerminal(combineReports([first, ...others], unread), { ...WIDE, columns: 80 });
    expect(text.split('\n').length).toBeLessThan(60);
    expect(text).toContain('and 25 more lockfiles (--json lists all)');
    expect(text).toContain('and 25 more lockfiles that could not be audited (--json lists all)');
  });

  it('is inert whatever files, revisions and problems are called', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(30, 40, 80), fc.boolean(), (text, columns, unicode) => {
        const since = { ...SINCE, ref: text, problem: text, found: false, unchanged: [text], removed: [text] };
        const lockfiles = [text, `${text}2`].map((file) =>
          lockfileUsed(file, 1, { format: text, unchanged: 1, since }),
        );
        const unread = [{ file: text, problem: text }];
        for (const verdict of ['pass', 'unverified', 'fail'] as const) {
          const change = { lockfiles, unread, verdict };
          const report = reportOf([judged(dependency('p', '1.0.0'), 'pass')], change);
          const { counts } = report;
          for (const dependencies of [0, 1]) {
            const shown = { ...report, counts: { ...counts, dependencies, unchanged: 2 } };
            expectInert((options) => renderTerminal(shown, options), { columns, unicode });
          }
          const json = JSON.parse(renderJson(report)) as { lockfiles: unknown; unread: unknown };
          expect([json.lockfiles, json.unread]).toEqual([lockfiles, unread]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
