import { describe, expect, test } from 'vitest';
import { finding, type Finding } from '../../src/model/finding.ts';
import type { Report } from '../../src/model/report.ts';
import type { Level, Verdict } from '../../src/model/verdict.ts';
import { displayWidth } from '../../src/report/words/escape.ts';
import { renderHtml } from '../../src/report/html/index.ts';
import { sharedClause } from '../../src/report/words/messages.ts';
import { renderMarkdown } from '../../src/report/outputs/report-markdown.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { dependency, judged, lockfileUsed, reportOf } from './fixtures.ts';

const REGISTRY = 'https://registry.example.com/';
const NUMBER = 72;

/** A package as many of a lockfile are called, some of a scope. */
const nameOf = (i: number): string => (i % 5 === 0 ? `@scope/package-${i}` : `package-${i}`);

function reportWith(findingOf: (name: string) => Finding, level: Level, verdict: Verdict): Report {
  return reportOf(
    Array.from({ length: NUMBER }, (_, i) => {
      const name = nameOf(i);
      const places = [{ file: 'package-lock.json', line: 1000 + i, path: `node_modules/${name}` }];
      const one = judged(dependency(name, '1.0.0', { places, direct: i < 9 }), verdict, []);
      return { ...one, findings: [{ ...findingOf(name), level }] };
    }),
    { verdict },
  );
}

/** One cause of each kind of finding that a registry, or what is on the way to it, brings about. */
const CAUSES: readonly (readonly [string, Report, words: RegExp])[] = [
  [
    'no network',
    reportWith(
      (name) =>
        finding('evidence-unavailable', {
          evidence: 'manifest',
          url: `${REGISTRY}${name.replace('/', '%2f')}/1.0.0`,
          reason: 'no such host',
        }),
      'error',
      'unverified',
    ),
    /each cannot be judged because its manifest could not be obtained from https:\/\/registry\.example\.com\/\.\.\./i,
  ],
  [
    'a registry without signatures',
    reportWith(() => finding('signature-missing', { registry: REGISTRY }), 'error', 'fail'),
    /each has no signature from https:\/\/registry\.example\.com\//i,
  ],
  [
    'attestations that one path does not serve',
    reportWith(
      (name) =>
        finding('provenance-advertised-absent', {
          url: `${REGISTRY}-/npm/v1/attestations/${name.replace('/', '%2f')}@1.0.0`,
        }),
      'error',
      'fail',
    ),
    /each is announced with provenance, but https:\/\/registry\.example\.com\/-\/npm\/v1\/attestations\/\.\.\. has none/i,
  ],
];

/** The names with their places, of which a line may have several. */
const headsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('    ')).flatMap((line) => line.trim().split('; '));

describe.each(CAUSES)('one cause of %s', (_, report, words) => {
  test.each([80, 100, 200])(
    'takes no more than a line for each of 72 names in a terminal and a pipe of %i columns',
    (columns) => {
      for (const whole of [false, true]) {
        const lines = renderTerminal(report, { color: false, columns, unicode: true, whole }).trimEnd().split('\n');
        expect(lines.length).toBeLessThanOrEqual(NUMBER + 20);
        const named = headsOf(lines);
        for (let i = 0; i < NUMBER; i += 1) {
          const head = `${nameOf(i)}@1.0.0  package-lock.json:${1000 + i}${i < 9 ? ', direct' : ''}`;
          expect(named.filter((each) => each === head)).toHaveLength(1);
        }
        expect(lines.join(' ').replace(/\s+/g, ' ').match(new RegExp(words, 'gi'))).toHaveLength(1);
      }
    },
  );

  test.each([20, 40])('loses no name at %i columns, where names take more lines', (columns) => {
    const text = renderTerminal(report, { color: false, columns, unicode: true });
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(columns);
    const joined = text.replace(/\s+/g, '');
    for (let i = 0; i < NUMBER; i += 1) expect(joined).toContain(`${nameOf(i)}@1.0.0package-lock.json:${1000 + i}`);
  });

  test('is said once in Markdown and in the page, with every name and its line', () => {
    const markdown = renderMarkdown(report);
    expect(markdown.replaceAll('`', '').match(new RegExp(words, 'gi'))).toHaveLength(1);
    expect(markdown.split('\n').length).toBeLessThanOrEqual(NUMBER + 20);
    const [page = ''] = renderHtml(report)
      .replace(/<[^>]*>/g, '')
      .split('Dependencies by');
    expect(page.match(new RegExp(words, 'gi'))).toHaveLength(1);
    for (let i = 0; i < NUMBER; i += 1) {
      expect(markdown).toContain(`- **\`${nameOf(i)}@1.0.0\`** (\`package-lock.json:${1000 + i}\``);
      expect(page).toMatch(new RegExp(`${nameOf(i)}@1\\.0\\.0( \\(direct\\))? package-lock\\.json:${1000 + i}(?!\\d)`));
    }
  });
});

describe('what is not the same', () => {
  test('is said of each: another reason, another host, another kind of evidence', () => {
    const unavailable = (reason: string, host = REGISTRY, evidence: 'manifest' | 'attestations' = 'manifest') =>
      finding('evidence-unavailable', { evidence, url: `${host}same/1.0.0`, reason });
    const findings = [
      unavailable('no such host'),
      unavailable('connection refused'),
      unavailable('no such host', 'https://other.example.com/'),
      unavailable('no such host', REGISTRY, 'attestations'),
    ];
    const report = reportOf(findings.map((each) => judged(dependency('same', '1.0.0'), 'unverified', [each])));
    const text = renderTerminal(report, { color: false, columns: 200, unicode: true });
    expect(text.match(/^ {4}cannot be judged/gm)).toHaveLength(4);
    expect(text).not.toMatch(/^ *each/m);
  });

  test('stays in its words, wherever it is in an address', () => {
    const about = dependency('left-pad', '1.3.0');
    const words = (resolved: string): string =>
      sharedClause(finding('lockfile-unexpected-host', { resolved, registry: REGISTRY }), about);
    expect(words('https://cdn.example.com/left-pad/-/left-pad-1.3.0.tgz')).toContain(
      'from https://cdn.example.com/..., while',
    );
    for (const other of [
      'https://cdn.example.com/left-pad/-/left-pad-1.3.1.tgz',
      'https://cdn.example.com/left-pad/../evil/-/evil-1.3.0.tgz',
      'https://cdn.example.com/left-pad/-/left-pad-1.3.0.tgz?token=1',
      'https://cdn.example.com/my-left-pad',
      'git+ssh://host/left-pad',
    ])
      expect(words(other)).toContain(`from ${other},`);
  });
});

test('dependencies whose attestations a registry does not serve are named with their lines, and once', () => {
  const packages = Array.from({ length: 30 }, (_, i) => `${nameOf(i)}@1.0.0`);
  const unserved = finding('evidence-not-served', { registry: REGISTRY, packages });
  const place = { file: 'package-lock.json', line: 1, path: '' };
  const announced = (name: string): Finding => ({
    ...finding('provenance-advertised-absent', { url: `${REGISTRY}-/npm/v1/attestations/${name}@1.0.0` }),
    kind: 'note',
  });
  const report = {
    ...reportWith(announced, 'note', 'unverified'),
    lockfiles: [
      lockfileUsed('package-lock.json', 72, { findings: [{ place, finding: { ...unserved, level: 'error' } }] }),
    ],
  } as Report;
  const lines = renderTerminal(report, { color: false, columns: 120, unicode: true, whole: true }).split('\n');
  for (let i = 0; i < 30; i += 1) {
    expect(
      headsOf(lines).filter((head) => head.startsWith(`${nameOf(i)}@1.0.0  package-lock.json:${1000 + i}`)),
    ).toHaveLength(1);
    expect(renderMarkdown(report)).toContain(`**\`${nameOf(i)}@1.0.0\`** (\`package-lock.json:${1000 + i}\``);
  }
  expect(lines.join(' ')).toContain(
    'each rests on https://registry.example.com/, which serves no attestations and announces provenance of it',
  );
  // What has no statement for another reason keeps its own finding.
  expect(lines.filter((line) => line.includes(`${nameOf(71)}@1.0.0`))).toHaveLength(1);
});
