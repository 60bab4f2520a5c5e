import { createHash } from 'node:crypto';
import type { Report, UnreadLockfile } from '../../model/report.ts';
import { escapeText } from '../words/escape.ts';
import { resultsOf, type Result } from './results.ts';
import { stringify, type Json } from '../json/stringify.ts';

/** GitLab's severities, as they fit. */
type Severity = 'info' | 'minor' | 'major' | 'critical' | 'blocker';

/** The findings as a code quality report of GitLab (https://docs.gitlab.com/ci/testing/code_quality/). */
export function renderGitlab(report: Report): string {
  const [lockfile] = report.lockfiles;
  return stringify([
    ...report.unread.map(unreadJson),
    ...resultsOf(report).map((result): Json => {
      const { finding, fingerprint, message, help, place } = result;
      return {
        description: `${message} Next: ${help}`,
        check_name: `assay/${finding.code}`,
        fingerprint,
        severity: severityOf(result),
        location: { path: place?.path ?? lockfile?.path ?? '', lines: { begin: place?.line ?? 1 } },
      };
    }),
  ]);
}

function unreadJson({ file, path = file, problem }: UnreadLockfile): Json {
  return {
    description: `Not audited: ${escapeText(problem)}`,
    check_name: 'assay/lockfile-unread',
    fingerprint: `${createHash('sha256').update(path).digest('hex').slice(0, 32)}:1`,
    severity: 'major',
    location: { path, lines: { begin: 1 } },
  };
}

function severityOf({ label, finding }: Result): Severity {
  switch (label) {
    case 'error':
      return finding.kind === 'contradiction' || finding.kind === 'advisory' ? 'blocker' : 'critical';
    case 'unverified':
      return 'major';
    case 'warning':
      return 'minor';
    case 'note':
      return 'info';
  }
}
