import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { renderGitlab } from '../../src/report/outputs/gitlab.ts';
import { hostileText } from './hostile.ts';
import { HOSTILE_REPORT, largeReport, reportWith, STORY } from './output-reports.ts';

interface Issue {
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

/** The shape that GitLab documents (https://docs.gitlab.com/ci/testing/code_quality/). */
const validate = new Ajv2020({ strict: true, allErrors: true }).compile<readonly Issue[]>({
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string', pattern: '^assay/[a-z-]+$' },
      fingerprint: { type: 'string', pattern: '^[0-9a-f]{32}:\\d+$' },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        additionalProperties: false,
        required: ['path', 'lines'],
        properties: {
          path: { type: 'string' },
          lines: {
            type: 'object',
            additionalProperties: false,
            required: ['begin'],
            properties: { begin: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
});

function issuesOf(report: Report): readonly Issue[] {
  const issues: unknown = JSON.parse(renderGitlab(report));
  expect(validate(issues) ? [] : validate.errors).toEqual([]);
  const list = issues as readonly Issue[];
  expect(new Set(list.map(({ fingerprint }) => fingerprint)).size).toBe(list.length);
  return list;
}

describe('GitLab code quality', () => {
  test('has every finding at its line, with the severity that fits', () => {
    const issues = issuesOf(STORY).map(({ check_name, severity, location }) => [
      check_name,
      severity,
      `${location.path}:${location.lines.begin}`,
    ]);
    expect(issues).toEqual([
      ['assay/integrity-mismatch', 'blocker', 'apps/web/package-lock.json:61'],
      ['assay/provenance-lost', 'critical', 'apps/web/package-lock.json:14'],
      ['assay/provenance-missing', 'critical', 'apps/web/package-lock.json:33'],
      ['assay/history-publisher-changed', 'critical', 'apps/web/package-lock.json:14'],
      ['assay/evidence-unavailable', 'major', 'apps/web/package-lock.json:70'],
      ['assay/provenance-missing', 'minor', 'apps/web/tools/package-lock.json:29'],
      ['assay/provenance-missing', 'minor', 'apps/web/package-lock.json:80'],
      ['assay/provenance-missing', 'info', 'apps/web/package-lock.json:90'],
    ]);
  });

  test('has its shape, and fingerprints of its own for each, whatever the texts say', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(issuesOf(reportWith(text)).length).toBeGreaterThan(100);
      }),
      { numRuns: 20 },
    );
    expect(issuesOf(HOSTILE_REPORT)).toHaveLength(11);
    expect(issuesOf(largeReport(3000))).toHaveLength(3000);
  });
});
