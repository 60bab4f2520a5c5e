import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding, FINDING_CODES, type Finding } from '../../src/model/finding.ts';
import type { Report } from '../../src/model/report.ts';
import type { JudgedDependency, Level } from '../../src/model/verdict.ts';
import { displayWidth } from '../../src/report/words/escape.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { argsWith, dependency, everyFinding, judged, lockfileUsed, NOON, proofsWith, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

const proofs = proofsWith('text');
const lost = finding('provenance-lost', { predecessor: '1.14.0', published: NOON });
const missing = finding('provenance-missing', { earlier: 3 });
const unanswered = finding('evidence-unavailable', {
  evidence: 'attestations',
  url: 'https://registry.npmjs.org/-/npm/v1/attestations/left-pad@1.3.0',
  reason: 'HTTP 500',
});

function lines(report: Report, options = WIDE): string[] {
  const text = renderTerminal(report, options);
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

function packages(number: number, findings: readonly Finding[], verdict: 'warn' | 'fail' = 'warn'): Report {
  return reportOf(
    Array.from({ length: number }, (_, i) =>
      judged(dependency(`package-${String(i)}`, '1.0.0', { direct: i === 700 }), verdict, findings, proofs),
    ),
  );
}

describe('the terminal report', () => {
  test('of a proven tree shows its counts and nothing else', () => {
    expect(renderTerminal(packages(0, []), WIDE)).toMatch(/^assay /);
    const report = reportOf(
      Array.from({ length: 1187 }, (_, i) => judged(dependency(`package-${String(i)}`, '1.0.0'), 'pass', [], proofs)),
    );
    expect(renderTerminal(report, WIDE))
      .toBe(`assay 0.1.0: package-lock.json (package-lock v3), 1188 entries, phase observe
  1187 dependencies: 1187 pass
  proven: hash 1187, registry signature 1187, publish attestation 1187, provenance 1187
  skipped: 1 entry without a package to fetch (1 root)
  checked against: the public-good Sigstore root, the newest on 2026-03-30 (1 day ago)
  registry https://registry.npmjs.org/: keys pinned in assay

holds: 1187 dependencies meet phase observe. Exit status 0.
`);
  });

  test.each([
    ['pypi', 'proven: hash 1, publish attestation 1, provenance 1'],
    ['cargo', 'proven: hash 1'],
    ['go', 'proven: hash 1'],
  ] as const)('counts of %s only what somebody there signs', (ecosystem, counted) => {
    const report = reportOf([judged(dependency('one', '1.0.0', { ecosystem }), 'pass', [], proofs)]);
    expect(lines(report)).toContain(`  ${counted}`);
  });

  test('has what is said of the root below the root, before the log of another ecosystem', () => {
    const { trust } = packages(1, []);
    const repository: Report['trust']['repository'] = {
      ...{ url: 'https://tuf.example/', state: 'unavailable', problem: 'no answer', origin: 'pinned' },
      ...{ confirmed: NOON, versions: { root: 1, timestamp: null, snapshot: null, targets: null }, expires: null },
    };
    const log = { origin: 'sum.example', size: 7, root: 'aa' };
    const text = renderTerminal({ ...packages(1, []), trust: { ...trust, repository, logs: [log] } }, WIDE);
    const at = (part: string): number => text.indexOf(part);
    expect(at('checked against: the public-good')).toBeGreaterThan(0);
    expect(at('whether there is a newer root')).toBeGreaterThan(at('checked against: the public-good'));
    expect(at('checked against: sum.example')).toBeGreaterThan(at('whether there is a newer root'));
  });

  test('says what was lost, why it matters, where it is and what to do', () => {
    const places = Array.from({ length: 20 }, (_, i) => ({ file: 'package-lock.json', line: 40 + i, path: 'x' }));
    const report = reportOf([judged(dependency('axios', '1.14.1', { places }), 'fail', [lost])]);
    expect(lines(report).slice(6)).toEqual([
      '',
      'error[provenance-lost]: provenance is gone (1 dependency)',
      '  why   it did not come from the build that published before, which is what a stolen token looks',
      '        like',
      '  axios@1.14.1  package-lock.json:40 and 19 more places, direct',
      '    has no provenance, but 1.14.0 (published 2026-03-31T00:00:00Z) before it has',
      '  next  assay check axios@1.14.1',
      '',
      'fails: 1 of 1 dependency does not meet phase observe (provenance-lost). Exit status 1: do not',
      '  install.',
    ]);
  });

  test.each([
    ['pass', [], 'holds: 1 dependency meets phase observe. Exit status 0.'],
    ['warn', [missing], 'holds: nothing fails phase observe, but 1 of 1 dependency needs attention. Exit status 0.'],
    [
      'fail',
      [lost],
      'fails: 1 of 1 dependency does not meet phase observe (provenance-lost). Exit status 1: do not install.',
    ],
    [
      'unverified',
      [unanswered],
      'no statement: evidence could not be obtained for 1 of 1 dependency (evidence-unavailable). Exit status 3: do not install until it is.',
    ],
  ] as const)('ends with the verdict %s in plain words', (verdict, findings, expected) => {
    const report = reportOf([judged(dependency('a', '1.0.0'), verdict, findings)]);
    expect(lines(report, { ...WIDE, columns: 200 }).at(-1)).toBe(expected);
  });

  test('a failure is not hidden by what could not be asked, nor the other way round', () => {
    const report = reportOf([
      judged(dependency('a', '1.0.0'), 'fail', [lost]),
      judged(dependency('b', '1.0.0'), 'unverified', [unanswered]),
    ]);
    const text = renderTerminal(report, WIDE);
    expect(text).toContain('error[provenance-lost]');
    expect(text).toContain('unverified[evidence-unavailable]');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'fails: 1 of 2 dependencies does not meet phase observe (provenance-lost), and 1 without statement.',
    );
  });

  test('shows errors first, then unverified, warnings and notes, each note in one line', () => {
    const at = (code: Finding, level: Level) => ({ ...code, level });
    const findings = [
      at({ ...missing, kind: 'note' }, 'note'),
      at(missing, 'warning'),
      { ...unanswered, level: 'error' as const },
      at(finding('history-publisher-changed', { from: 'a', to: 'b', version: '1' }), 'error'),
      at(lost, 'error'),
    ];
    const report = reportOf([{ ...judged(dependency('a', '1.0.0'), 'fail'), findings }]);
    const output = lines(report);
    expect(output.filter((line) => /^[a-z]+\[/.test(line)).map((line) => line.split(/[:(]/)[0])).toEqual([
      'error[provenance-lost]',
      'error[history-publisher-changed]',
      'unverified[evidence-unavailable]',
      'warning[provenance-missing]',
      'note[provenance-missing]',
    ]);
    const note = output.findIndex((line) => line.startsWith('note['));
    expect(output[note + 1]).toBe('');
  });

  test('a thousand packages with the same warning are one group with the first names, direct ones first', () => {
    const output = lines(packages(1000, [missing]));
    expect(output.filter((line) => line.includes('provenance-missing]'))).toEqual([
      'warning[provenance-missing]: no provenance, and none before it (1000 dependencies)',
    ]);
    expect(output.find((line) => line.includes('package-') && line.startsWith('  '))).toContain('package-700@1.0.0');
    const shown = output.filter((line) => /^ {2}package-/.test(line)).length;
    expect(shown).toBeGreaterThan(2);
    expect(output.join('\n')).toContain(` and ${String(1000 - shown - 3)} more (--all shows all)`);
  });

  test.each([20, 40, 80, 100, 200])('fits a screen with any warnings at %i columns', (columns) => {
    const everything = FINDING_CODES.map((code) => finding(code, argsWith('https://example.com/a/long/path')[code]));
    const all = reportOf(
      Array.from({ length: 300 }, (_, i) => ({
        ...judged(dependency(`package-${String(i)}`, '1.0.0'), 'warn'),
        findings: everything
          .filter(({ kind }) => kind !== 'unavailable')
          .map((each) => ({ ...each, level: i % 3 === 0 ? ('note' as const) : ('warning' as const) })),
      })),
    );
    for (const report of [all, packages(1000, [missing]), packages(1000, [lost])]) {
      const output = lines(report, { ...WIDE, columns });
      expect(output.length).toBeLessThanOrEqual(columns < 40 ? 60 : 40);
      expect(Math.max(...output.map(displayWidth))).toBeLessThanOrEqual(columns);
    }
  });

  test('shares lines among many that fail for one cause, unless a name could be read as several', () => {
    const failing = (names: readonly string[]): string[] => {
      const report = reportOf(
        names.map((name, i) => {
          const places = [{ file: 'package-lock.json', line: 1000 + i, path: 'x' }];
          return judged(dependency(name, '1.0.0', { places, direct: false }), 'fail', [lost]);
        }),
      );
      return lines(report, { ...WIDE, columns: 80 });
    };
    const numbered = (number: number): string[] => Array.from({ length: number }, (_, i) => `p-${i + 10}`);
    expect(failing(numbered(8))).toContain('    p-17@1.0.0  package-lock.json:1007');
    expect(failing(numbered(9))).toContain(
      '    p-10@1.0.0  package-lock.json:1000; p-11@1.0.0  package-lock.json:1001',
    );
    expect(failing(numbered(500)).length).toBeLessThan(270);
    const forged = 'p-13@1.0.0  package-lock.json:1003; q';
    const own = failing([...numbered(9), forged]).filter((line) => line.includes('; q@1.0.0'));
    expect(own).toHaveLength(1);
    expect(own[0]).not.toMatch(/package-lock.json:100[0-8];? .*package-lock.json:100[0-8];/);
  });

  test.each([20, 40, 80, 200])(
    'names every one of 500 that fail and 500 without statement at %i columns',
    (columns) => {
      const each = (name: string, found: Finding, i: number): JudgedDependency => {
        const places = [{ file: 'package-lock.json', line: 1000 + i, path: 'x' }];
        const verdict = found === unanswered ? 'unverified' : found === lost ? 'fail' : 'warn';
        return judged(dependency(`${name}-${String(i)}`, '1.0.0', { places, direct: false }), verdict, [found]);
      };
      const report = reportOf(
        Array.from({ length: 500 }, (_, i) => [
          each('gone', lost, i),
          each('silent', unanswered, i),
          each('bare', missing, i),
        ]).flat(),
      );
      const output = lines(report, { ...WIDE, columns });
      expect(Math.max(...output.map(displayWidth))).toBeLessThanOrEqual(columns);
      const text = output.join(' ').replace(/\s+/g, columns < 40 ? '' : ' ');
      for (let i = 0; i < 500; i += 1) {
        const words = [
          `gone-${i}@1.0.0 package-lock.json:${1000 + i}`,
          `silent-${i}@1.0.0 package-lock.json:${1000 + i}`,
        ];
        for (const word of words) expect(text).toContain(columns < 40 ? word.replaceAll(' ', '') : word);
      }
      expect(text).toMatch(/for ?each: ?assay ?check ?gone-0@1\.0\.0/);
      // Only warnings are shortened, and nothing where that is asked for.
      expect(text).not.toContain('bare-499@');
      expect(renderTerminal(report, { ...WIDE, whole: true })).toContain('bare-499@1.0.0  package-lock.json:1499');
      expect(output.findIndex((line) => line.startsWith('error['))).toBeLessThan(
        output.findIndex((line) => line.startsWith('unverified[')),
      );
    },
  );

  test('names a lockfile that fails by itself, whatever its dependencies are', () => {
    const place = { file: 'package-lock.json', line: 7, path: '' };
    const unused = finding('lockfile-not-used', { by: 'package-lock=false of .npmrc', instead: null });
    const broken = { place, finding: { ...unused, level: 'error' as const } };
    const lockfiles = [lockfileUsed('package-lock.json', 1, { findings: [broken] })];
    const text = renderTerminal(
      reportOf([judged(dependency('a', '1.0.0'), 'pass')], { lockfiles, verdict: 'fail' }),
      WIDE,
    );
    expect(text).toMatch(/^error\[lockfile-not-used\]: .* \(1 place\)$/m);
    expect(text).toMatch(/^ {2}package-lock\.json:7$/m);
    expect(text).toMatch(/^ {2}next {2}.*assay explain lockfile-not-used$/m);
    expect(text).toContain('fails: package-lock.json does not meet phase observe (lockfile-not-used). Exit status 1');
  });

  test('names every error code in a report with all of them on a wide screen', () => {
    const output = renderTerminal(packages(1, everyFinding('x').slice(0, 20), 'fail'), WIDE);
    for (const { code } of everyFinding('x').slice(0, 20)) expect(output).toContain(`[${code}]`);
  });

  test('says who vouches for the keys', () => {
    const registries = [
      { url: 'https://own.example/', keys: [{ keyId: 'a', origin: 'registry' as const }] },
      {
        url: 'https://mirror.example/',
        keys: [
          { keyId: 'b', origin: 'pinned' as const },
          { keyId: 'c', origin: 'configured' as const },
        ],
      },
      { url: 'https://silent.example/', keys: [] },
      { url: 'https://fourth.example/', keys: [] },
    ];
    const report = packages(1, []);
    const ages = [
      { name: 'own', from: 'root.json', confirmed: null },
      { name: 'github', from: 'pinned', confirmed: Date.UTC(2026, 0, 30) },
    ];
    const text = renderTerminal({ ...report, trust: { ...report.trust, root: 'root.json', ages, registries } }, WIDE);
    expect(text).toContain('checked against: the root root.json, of unknown age');
    expect(text).toContain('checked against: the pinned root of github, the newest on 2026-01-30 (60 days ago)');
    expect(text).toContain('https://own.example/: registry vouches for itself');
    expect(text).toContain('https://mirror.example/: keys pinned in assay, keys you configured');
    expect(text).toContain('https://silent.example/: no signature of it was verified');
    expect(text).toContain('and 1 more registry (--json lists all)');
  });

  test('without a lockfile shows no places', () => {
    const report = reportOf([judged(dependency('axios', '1.14.1'), 'warn', [lost])], { lockfiles: [] });
    expect(renderTerminal(report, WIDE)).not.toContain('package-lock');
  });

  test('says how much was left out', () => {
    const report = packages(2, []);
    const text = renderTerminal({ ...report, counts: { ...report.counts, omitted: 7 } }, WIDE);
    expect(text).toContain('left out by --omit: 7 dependencies');
  });

  test('the same report gives the same text in whatever order it comes', () => {
    const dependencies = packages(30, [missing, lost]).dependencies;
    const once = renderTerminal(reportOf(dependencies), WIDE);
    expect(renderTerminal(reportOf([...dependencies].reverse()), WIDE)).toBe(once);
  });

  test('hostile text anywhere gives neither control characters nor lines of its own', () => {
    fc.assert(
      fc.property(
        hostileText,
        fc.constantFrom(...FINDING_CODES),
        fc.constantFrom(30, 40, 80, 120),
        fc.boolean(),
        (text, code, columns, unicode) => {
          const places = [{ file: text, line: 3, path: text }];
          const trust = {
            root: text,
            rootDigest: text,
            ages: [{ name: text, from: text, confirmed: 0 }],
            registries: [{ url: text, keys: [{ keyId: text, origin: 'registry' as const }] }],
            logs: [{ origin: text, size: 1, root: text }],
            repository: {
              url: text,
              state: 'refused' as const,
              problem: text,
              confirmed: 0,
              origin: 'pinned' as const,
              versions: { root: 1, timestamp: 1, snapshot: 1, targets: 1 },
              expires: 0,
            },
          };
          const around = { lockfiles: [lockfileUsed(text, 1, { format: text })], trust };
          const about = dependency(text, text, { places });
          // All codes at once are shown in short, one code in full.
          for (const findings of [everyFinding(text), [finding(code, argsWith(text)[code])]]) {
            const others = Array.from({ length: 5 }, (_, i) => judged(dependency(text, String(i)), 'warn', findings));
            const report = reportOf([judged(about, 'fail', findings, proofsWith(text)), ...others], around);
            expectInert((options) => renderTerminal(report, options), { columns, unicode });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
