import { gzipSync } from 'node:zlib';
import type { Dependency } from '../../model/dependency.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { FINDING_CODES, FINDING_KINDS, type FindingCode, type FindingKind } from '../../model/finding.ts';
import { reportStatus, type Report } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import type { Level } from '../../model/verdict.ts';
import { escapeText } from '../words/escape.ts';
import { count } from '../words/layout.ts';
import { findingReason, findingTitle } from '../words/messages.ts';
import type { Pages } from './pages.ts';
import { uriOfPath } from '../words/paths.ts';
import { resultsOf, type Result } from './results.ts';
import { stringify, type JsonObject } from '../json/stringify.ts';

/** What GitHub's code scanning shows of one run, so that warnings and notes beyond it are left out. */
const MAX_RESULTS = 5000;
/** With more it refuses a run. */
const MOST_RESULTS = 25_000;
/** What it takes of a file that is compressed. */
const MAX_COMPRESSED_BYTES = 10_000_000;

/** The rule of the one result that is no finding. */
const LEFT_OUT = 'findings-left-out';

/**
 * The findings as SARIF 2.1.0 (OASIS), within the limits of GitHub's code scanning: what does not fit is counted by the
 * last result. `pages` has the documentation of each code, to be shown beside its results.
 */
export function renderSarif(report: Report, pages: Pages): string {
  const results = resultsOf(report);
  const failing = results.filter(({ label }) => label === 'error' || label === 'unverified').length;
  const room = Math.min(Math.max(MAX_RESULTS, failing + 1), MOST_RESULTS);
  let kept = results.length <= room ? results.length : room - 1;
  for (;;) {
    const text = stringify(logOf(report, results, kept, pages));
    const mayBeTooLong = text.length > MAX_COMPRESSED_BYTES;
    if (!mayBeTooLong || kept === 0 || gzipSync(text).length <= MAX_COMPRESSED_BYTES) return text;
    kept = Math.floor(kept / 2);
  }
}

function logOf(report: Report, results: readonly Result[], kept: number, pages: Pages): JsonObject {
  const leftOut = results.length - kept;
  const { tool, lockfiles, unread, verdict, time } = report;
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            semanticVersion: tool.version,
            rules: [...FINDING_CODES.map((code) => ruleOf(code, pages)), ...(leftOut > 0 ? [LEFT_OUT_RULE] : [])],
          },
        },
        invocations: [
          {
            startTimeUtc: formatInstant(time),
            executionSuccessful: verdict !== 'unverified' && unread.length === 0,
            exitCode: reportStatus(report),
            exitCodeDescription: EXIT_DESCRIPTIONS[verdict],
            toolExecutionNotifications: unread.map(({ problem }) => ({
              level: 'error',
              message: { text: messageText(`Not audited: ${escapeText(problem)}`) },
            })),
          },
        ],
        artifacts: lockfiles.map(({ path, digest }) => ({
          location: { uri: uriOfPath(path) },
          roles: ['analysisTarget'],
          hashes: { 'sha-256': digest },
        })),
        results: [...results.slice(0, kept).map(resultJson), ...(leftOut > 0 ? [leftOutResult(leftOut, report)] : [])],
      },
    ],
  };
}

const EXIT_DESCRIPTIONS = {
  pass: 'holds',
  warn: 'holds, with warnings',
  fail: 'fails',
  unverified: 'no statement',
} as const;

const LEVELS: Readonly<Record<FindingKind, Level>> = {
  contradiction: 'error',
  advisory: 'error',
  unavailable: 'error',
  loss: 'warning',
  identity: 'warning',
  gap: 'warning',
  anomaly: 'warning',
  note: 'note',
};

/** How often a finding of a kind is not innocent, in GitHub's words. */
const PRECISIONS: Readonly<Record<FindingKind, string>> = {
  contradiction: 'very-high',
  advisory: 'high',
  unavailable: 'very-high',
  loss: 'high',
  identity: 'high',
  gap: 'medium',
  anomaly: 'medium',
  note: 'low',
};

/** No `security-severity`: GitHub would show it in place of the level, which phase and policy decided. */
function ruleOf(code: FindingCode, pages: Pages): JsonObject {
  const kind = FINDING_KINDS[code];
  const title = sentence(findingTitle(code));
  const description = `${title} ${sentence(findingReason(code))}`;
  const page = pages(code);
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: description },
    help: {
      text: `${description} What it means, how an attacker causes it, innocent causes and what to do: assay explain ${code}`,
      ...(page === null ? {} : { markdown: withoutLinks(page) }),
    },
    defaultConfiguration: { level: LEVELS[kind] },
    properties: { tags: ['supply-chain', kind], precision: PRECISIONS[kind] },
  };
}

const LEFT_OUT_RULE: JsonObject = {
  id: LEFT_OUT,
  shortDescription: { text: 'Findings were left out.' },
  fullDescription: { text: 'There are more findings than code scanning takes.' },
  help: { text: 'assay --json lists every finding.' },
  defaultConfiguration: { level: 'warning' },
};

function resultJson({ dependency, finding, label, place, fingerprint, message, help }: Result): JsonObject {
  const { accepted } = finding;
  return {
    ruleId: finding.code,
    ruleIndex: FINDING_CODES.indexOf(finding.code),
    level: finding.level,
    message: { text: messageText(message) },
    ...(place === null ? {} : { locations: [locationJson(place.path, place.line)] }),
    partialFingerprints: { 'assayFinding/v1': fingerprint },
    ...(accepted === undefined
      ? {}
      : {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: `${escapeText(accepted.by)} until ${formatInstant(accepted.until)}: ${escapeText(accepted.why)}`,
            },
          ],
        }),
    properties: {
      ...(dependency === null ? {} : { purl: purlOf(dependency), direct: dependency.direct }),
      kind: label === 'unverified' ? 'unavailable' : finding.kind,
      next: help,
    },
  };
}

function purlOf({ ecosystem, name, version }: Dependency): string {
  return escapeText(conventionsOf(ecosystem).names.purl(name, version));
}

function leftOutResult(leftOut: number, { lockfiles: [lockfile] }: Report): JsonObject {
  return {
    ruleId: LEFT_OUT,
    ruleIndex: FINDING_CODES.length,
    level: 'warning',
    message: { text: `${count(leftOut, 'more finding')} left out, the least grave: assay --json lists all.` },
    ...(lockfile === undefined ? {} : { locations: [locationJson(lockfile.path, 1)] }),
    partialFingerprints: { 'assayFinding/v1': LEFT_OUT },
  };
}

function locationJson(path: string, startLine: number): JsonObject {
  return { physicalLocation: { artifactLocation: { uri: uriOfPath(path) }, region: { startLine } } };
}

/** Brackets would make links, and braces placeholders (SARIF 2.1.0, 3.11.5 and 3.11.6). */
function messageText(text: string): string {
  return text.replace(/[[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}

/** The links of a page are to pages beside it, which are not there. */
function withoutLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\((?!https?:)[^)]*\)/g, '$1');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
