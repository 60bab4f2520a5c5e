import type { Report } from '../../model/report.ts';
import type { Verdict } from '../../model/verdict.ts';
import { groupFindings } from '../grouping.ts';
import { headText, summaryRows, verdictText } from '../terminal.ts';
import { html, type Html } from './markup.ts';

const CLASSES: Readonly<Record<Verdict, string>> = {
  fail: 'fails',
  unverified: 'unverified',
  warn: 'provenance',
  pass: 'provenance',
};

/** The verdict in a sentence, counts, and what both rest on. */
export function summary(report: Report): Html {
  const { counts } = report;
  const [word, rest] = verdictText(report, groupFindings(report.dependencies));
  const tiles: readonly (readonly [number, string])[] = [
    [counts.dependencies, 'judged'],
    [counts.pass, 'pass'],
    [counts.warn, 'with warnings'],
    [counts.fail, 'fail'],
    [counts.unverified, 'without statement'],
    [counts.integrity, 'hash proven'],
    [counts.signature, 'registry signature proven'],
    [counts.provenance, 'provenance proven'],
  ];
  return html`<p class="verdict ${CLASSES[report.verdict]}"><strong>${word}</strong><span>: ${rest}</span></p>
    <ul class="tiles">
      ${tiles.map(([number, label]) => html`<li><b>${number}</b> ${label}</li>`)}
    </ul>
    <p>${headText(report)}</p>
    <ul class="summary">
      ${summaryRows(report).map((row) => html`<li>${row}</li>`)}
    </ul>`;
}
