import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding, FINDING_CODES } from '../../src/model/finding.ts';
import type { Report } from '../../src/model/report.ts';
import { displayWidth } from '../../src/report/words/escape.ts';
import { fitExplanations } from '../../src/report/parts/explained.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { argsWith, BEFORE, dependency, judged, NOON, OTHER_WORKFLOW, reportOf, STOLEN } from './fixtures.ts';
import { comparisonWith, hostileText, otherBuilderWith } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

function block(comparison = STOLEN, columns = 80): string {
  return `${fitExplanations([comparison], 40, { ...WIDE, columns }).join('\n')}\n`;
}

describe('an explained finding', () => {
  test('shows what changed and what to do in 80 columns', () => {
    expect(block()).toBe(`what changed in axios@1.14.1 since 1.14.0, 4 days later
  ! publisher: GitHub Actions -> somebody
  ! OIDC publisher: github -> none
  ! provenance: proven (https://github.com/axios/axios
      .github/workflows/publish.yml) -> none
  ! new dependency new-dependency: ^4.2.1, first published 18 hours before it,
      4.2.2 30 minutes before it
  ! install script postinstall: node setup.js
  ! install script install: node a.js -> node b.js
  diff    npm diff --diff=axios@1.14.0 --diff=axios@1.14.1
  later   1.14.2 (2026-03-31T03:00:00Z) has provenance again
  stay    npm install axios@1.14.0 --save-exact --ignore-scripts
  update  npm install axios@1.14.2 --save-exact --ignore-scripts
          (verified by the next audit)
  accept  assay accept axios@1.14.1 --reason "..."
  ask     https://github.com/axios/axios/releases
`);
  });

  test('breaks commands in 40 columns where a shell does not mind', () => {
    const text = block({ ...STOLEN, addedDependencies: [], addedScripts: [], changedScripts: [] }, 40);
    expect(text).toBe(`what changed in axios@1.14.1 since
  1.14.0, 4 days later
  ! publisher: GitHub Actions ->
      somebody
  ! OIDC publisher: github -> none
  ! provenance: proven
      (https://github.com/axios/axios
      .github/workflows/publish.yml) ->
      none
  diff    npm diff --diff=axios@1.14.0 \\
            --diff=axios@1.14.1
  later   1.14.2 (2026-03-31T03:00:00Z)
          has provenance again
  stay    npm install axios@1.14.0 \\
            --save-exact \\
            --ignore-scripts
  update  npm install axios@1.14.2 \\
            --save-exact \\
            --ignore-scripts
          (verified by the next audit)
  accept  assay accept axios@1.14.1 \\
            --reason "..."
  ask
          https://github.com/axios/axios
          /releases
`);
  });

  test('shows another builder with the lines of the policy that expect it', () => {
    expect(block(OTHER_WORKFLOW)).toBe(`what changed in axios@1.14.1 since 1.14.0, 4 days later
  ! workflow: .github/workflows/publish.yml -> .github/workflows/other.yml
  diff    npm diff --diff=axios@1.14.0 --diff=axios@1.14.1
          https://github.com/axios/axios/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
          aaaaaaaaa...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  stay    npm install axios@1.14.0 --save-exact --ignore-scripts
  accept  assay accept axios@1.14.1 --reason "..."
  expect  in assay.yml:
    expect:
      'axios':
        repository: 'https://github.com/axios/axios'
        workflow: '.github/workflows/other.yml'
  ask     https://github.com/axios/axios/releases
`);
    expect(block(OTHER_WORKFLOW, 44)).toContain(`    expect:
      'axios':
        repository:
          'https://github.com/axios/axios'
        workflow:
          '.github/workflows/other.yml'
`);
  });

  test('says what is not known', () => {
    const [added] = STOLEN.addedDependencies;
    if (added === undefined) throw new Error('no dependency');
    const text = block({
      ...STOLEN,
      predecessor: { ...BEFORE, provenance: 'unknown', published: null },
      addedDependencies: [{ ...added, firstPublished: null, newest: null, unknown: 'HTTP 500' }],
      later: { state: 'unknown' },
    });
    expect(text).toContain('what changed in axios@1.14.1 since 1.14.0\n');
    expect(text).toContain('! provenance: unknown (');
    expect(text).toContain('! new dependency new-dependency: ^4.2.1, age unknown (HTTP 500)\n');
    expect(text).toContain('later   unknown whether a later version has provenance\n');
    const without = block({ ...STOLEN, manifestsKnown: false, addedDependencies: [], addedScripts: [] });
    expect(without).toContain('! dependencies and install scripts: unknown\n');
    expect(block({ ...STOLEN, predecessor: null })).toContain(
      'what is known of axios@1.14.1, which has no predecessor\n',
    );
  });

  test('is inert whatever the registry says', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(30, 40, 80, 120), fc.boolean(), (text, columns, unicode) => {
        for (const comparison of [comparisonWith(text), otherBuilderWith(text)]) {
          expectInert(
            (options) => `${fitExplanations([comparison], 1000, options).join('\n')}\n`,
            { columns, unicode },
            /^what (?:changed|is known)/,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the report with explained findings', () => {
  const lost = finding('provenance-lost', { predecessor: '1.14.0', published: NOON });
  const stolen = (name: string) => ({ ...STOLEN, name });
  const report = reportOf([judged(dependency('axios', '1.14.1'), 'fail', [lost])], { explanations: [STOLEN] });

  test('shows them between the findings and the verdict', () => {
    const text = renderTerminal(report, WIDE);
    expect(text).toMatch(/error\[provenance-lost\][^]*\n\nwhat changed in axios@1\.14\.1[^]*\n\nfails: /);
  });

  test('names the baseline where a version is beside what is recorded of itself', () => {
    const { predecessor, current } = OTHER_WORKFLOW;
    if (predecessor === null) throw new Error('without a predecessor');
    const itself = { ...OTHER_WORKFLOW, predecessor: { ...predecessor, version: current.version } };
    expect(block(itself)).toMatch(/^what changed in axios@1\.14\.1 since what the baseline has\n/);
  });

  test('shows what changed and the commands where there is no room for all', () => {
    expect(`${fitExplanations([OTHER_WORKFLOW], 6, WIDE).join('\n')}\n`)
      .toBe(`what changed in axios@1.14.1 since 1.14.0, 4 days later
  ! workflow: .github/workflows/publish.yml -> .github/workflows/other.yml
  stay    npm install axios@1.14.0 --save-exact --ignore-scripts
  accept  assay accept axios@1.14.1 --reason "..."
`);
  });

  test('shows only what changed where there is no room for more', () => {
    expect(`${fitExplanations([STOLEN], 10, WIDE).join('\n')}\n`)
      .toBe(`what changed in axios@1.14.1 since 1.14.0, 4 days later
  ! publisher: GitHub Actions -> somebody
  ! OIDC publisher: github -> none
  ! provenance: proven -> none
  ! new dependency new-dependency: ^4.2.1, first published 18 hours before it, 4.2.2 30 minutes
      before it
  ! install script postinstall: node setup.js
  ! install script install: node a.js -> node b.js
`);
  });

  test('has room for what changed in 40 columns', () => {
    const small = {
      ...STOLEN,
      addedDependencies: STOLEN.addedDependencies.slice(0, 1),
      addedScripts: [],
      changedScripts: [],
    };
    const text = renderTerminal({ ...report, explanations: [small] }, { ...WIDE, columns: 40 });
    expect(text).toContain('\nwhat changed in axios@1.14.1 since\n  1.14.0, 4 days later\n');
    expect(text).toContain('\n  ! provenance: proven -> none\n');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  test('shows the gravest first and only as many as fit', () => {
    const names = ['first', 'second', 'third', 'fourth'];
    const shownIn = (room: number): string[] =>
      fitExplanations(names.map(stolen), room, WIDE).flatMap((line) => /^what changed in (\w+)/.exec(line)?.[1] ?? []);
    expect(shownIn(1000)).toEqual(['first', 'second', 'third']);
    expect(shownIn(31)).toEqual(['first', 'second']);
    expect(shownIn(5)).toEqual([]);
  });

  test.each([20, 40, 80, 100, 200])('fits a screen with many of them at %i columns', (columns) => {
    const everything = FINDING_CODES.map((code) => finding(code, argsWith('https://example.com/a/long/path')[code]));
    const shortened = everything.filter(({ kind }) => kind !== 'unavailable');
    for (const findings of [[lost], shortened]) {
      const many = Array.from({ length: 300 }, (_, i) =>
        judged(dependency(`package-${String(i)}`, '1.0.0'), 'warn', findings),
      );
      const explanations = [STOLEN, OTHER_WORKFLOW, comparisonWith('https://example.com/a/long/path'), STOLEN];
      const render = (change: Partial<Report>): string[] =>
        renderTerminal(reportOf(many, change), { ...WIDE, columns })
          .slice(0, -1)
          .split('\n');
      const output = render({ explanations });
      expect(output.length).toBeLessThanOrEqual(columns < 40 ? 60 : 40);
      expect(Math.max(...output.map(displayWidth))).toBeLessThanOrEqual(columns);
      // No kind of finding is hidden by what is explained.
      const codes = (lines: string[]): string[] => lines.flatMap((line) => /^warning\[[a-z-]*/.exec(line) ?? []);
      expect(codes(output)).toEqual(codes(render({})));
      expect(output.some((line) => line.startsWith('what changed'))).toBe(findings.length === 1 && columns >= 80);
    }
  });
});
