import { describe, expect, test } from 'vitest';
import { combineReports } from '../../src/audit/combine.ts';
import { finding, type Finding } from '../../src/model/finding.ts';
import { reportStatus, type Report } from '../../src/model/report.ts';
import type { Level } from '../../src/model/verdict.ts';
import { judgeLockfile } from '../../src/policy/enforce.ts';
import { renderAnnotations } from '../../src/report/outputs/github.ts';
import { renderGitlab } from '../../src/report/outputs/gitlab.ts';
import { renderHtml } from '../../src/report/html/index.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { renderJunit } from '../../src/report/outputs/junit.ts';
import { renderMarkdown } from '../../src/report/outputs/report-markdown.ts';
import { renderSarif } from '../../src/report/outputs/sarif.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { dependency, judged, lockfileUsed, reportOf } from './fixtures.ts';

const FILE = 'tools/package-lock.json';
const PLACE = { file: FILE, line: 7, path: '' };
const UNUSED = finding('lockfile-not-used', { by: 'package-lock=false of .npmrc', instead: null });
const CLAUSE = 'package-lock=false of .npmrc';

function reportWith(found: Finding, level: Level, change: Partial<Report> = {}): Report {
  const findings = [{ place: PLACE, finding: { ...found, level } }];
  const lockfiles = [lockfileUsed('package-lock.json', 1), lockfileUsed(FILE, 0, { findings })];
  const verdict = level === 'error' ? 'fail' : level === 'warning' ? 'warn' : 'pass';
  return reportOf([judged(dependency('a', '1.0.0'), 'pass')], { lockfiles, verdict, ...change });
}

const OUTPUTS: Readonly<Record<string, (report: Report) => string>> = {
  terminal: (report) => renderTerminal(report, { color: false, columns: 400, unicode: true }),
  github: renderAnnotations,
  gitlab: renderGitlab,
  junit: renderJunit,
  markdown: renderMarkdown,
  html: (report) => renderHtml(report),
  sarif: (report) => renderSarif(report, () => null),
  json: renderJson,
};

describe('what is wrong with a lockfile itself', () => {
  test.each(Object.entries(OUTPUTS))('is in the output %s, with its file, line, words and next step', (_, render) => {
    const text = render(reportWith(UNUSED, 'error'));
    expect(text).toContain('lockfile-not-used');
    expect(text).toContain(FILE);
    expect(text).toMatch(/\b7\b/);
    expect(text).toContain(CLAUSE);
    expect(text).toContain('assay explain lockfile-not-used');
    expect(render(reportOf([judged(dependency('a', '1.0.0'), 'pass')]))).not.toContain(CLAUSE);
  });

  test('is a failed test of its suite, an error of its file, and a result without a package', () => {
    const report = reportWith(UNUSED, 'error');
    expect(renderJunit(report)).toMatch(
      /<testcase name="the lockfile" [^>]*>\s*<failure message="line 7: error\[lockfile-not-used\]/,
    );
    expect(renderAnnotations(report)).toMatch(
      /^::error file=tools\/package-lock\.json,line=7,title=tools\/package-lock\.json%3A lockfile-not-used::/m,
    );
    const sarif = JSON.parse(renderSarif(report, () => null)) as {
      runs: { results: { ruleId: string; properties: object }[] }[];
    };
    expect(sarif.runs[0]?.results).toMatchObject([
      { ruleId: 'lockfile-not-used', properties: { kind: 'contradiction' } },
    ]);
    expect(sarif.runs[0]?.results[0]?.properties).not.toHaveProperty('purl');
    const json = JSON.parse(renderJson(report)) as { lockfiles: { findings: object[] }[] };
    expect(json.lockfiles.map(({ findings }) => findings.length)).toEqual([0, 1]);
  });

  test('fails in every phase where it is a contradiction, and a policy may say what others are', () => {
    const placed = [{ place: PLACE, finding: UNUSED }];
    for (const phase of ['observe', 'guard', 'critical', 'all'] as const) {
      expect(judgeLockfile(placed, { phase, policy: null })).toMatchObject([{ finding: { level: 'error' } }]);
    }
    const added = [{ place: PLACE, finding: finding('lockfile-dependency-added', { name: 'x' }) }];
    expect(judgeLockfile(added, { phase: 'all', policy: null })).toMatchObject([{ finding: { level: 'warning' } }]);
  });

  test('fails a run of several folders, whose unread lockfiles are no reason for another status', () => {
    const failing = reportWith(UNUSED, 'error');
    const combined = combineReports([reportOf([]), failing], []);
    expect([combined.verdict, reportStatus(combined)]).toEqual(['fail', 1]);
    expect(renderTerminal(combined, { color: false, columns: 200, unicode: true })).toContain(
      'fails: tools/package-lock.json does not meet phase',
    );
    const silent = finding('evidence-unavailable', {
      evidence: 'attestations',
      url: 'https://r.example/',
      reason: 'no',
    });
    const unanswered = reportWith(silent, 'error', { verdict: 'unverified' });
    const unread = [{ file: 'yarn.lock', problem: 'yarn.lock: broken' }];
    expect(reportStatus({ ...unanswered, unread })).toBe(3);
    expect(reportStatus({ ...reportOf([]), verdict: 'unverified', unread })).toBe(2);
  });

  test('a warning about it is counted as one', () => {
    const text = renderTerminal(reportWith(finding('lockfile-dependency-added', { name: 'x' }), 'warning'), {
      ...{ color: false, columns: 200, unicode: true },
    });
    expect(text).toContain('nothing fails phase observe, but tools/package-lock.json needs attention. Exit status 0.');
  });
});

describe('500 dependencies that fail', () => {
  const report = reportOf(
    Array.from({ length: 500 }, (_, i) => {
      const places = [{ file: 'package-lock.json', line: 1000 + i, path: 'x' }];
      const found = [finding('provenance-lost', { predecessor: '0.9.0', published: null })];
      return judged(dependency(`gone-${i}`, '1.0.0', { places }), 'fail', found);
    }),
  );

  test.each(Object.entries(OUTPUTS).filter(([name]) => name !== 'github'))(
    'are all named by the output %s, each with its line and what to do',
    (name, render) => {
      const text = render(report);
      const unescaped = name === 'html' ? text.replace(/<[^>]*>/g, '') : text;
      for (let i = 0; i < 500; i += 1) {
        expect(unescaped).toContain(`gone-${i}@1.0.0`);
        if (name !== 'junit') expect(unescaped).toMatch(new RegExp(`\\b${1000 + i}\\b`));
      }
      // What people read has once what is the same for all.
      const isForPeople = ['terminal', 'markdown', 'html'].includes(name);
      expect(unescaped.match(/each: .?assay check gone-\d+@1\.0\.0/g) ?? []).toHaveLength(isForPeople ? 1 : 0);
      // The details in the page of each dependency have its own.
      const commands = new Set(unescaped.match(/assay check gone-\d+@1\.0\.0/g));
      expect(commands.size).toBe(isForPeople && name !== 'html' ? 1 : 500);
    },
  );

  test('fit in a comment, although each has its name and line', () => {
    expect(renderMarkdown(report)).not.toContain('This is cut');
  });
});
