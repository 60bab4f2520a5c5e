import type { Report } from '../../model/report.ts';
import type { Verdict } from '../../model/verdict.ts';
import { canBeSigned, canBeSignedByRegistry } from '../words/builders.ts';
import { groupsForPeople } from '../parts/statements.ts';
import { headText, summaryRows, verdictText } from '../terminal/index.ts';
import { html, type Html } from './markup.ts';

const CLASSES: Readonly<Record<Verdict, string>> = {
  fail: 'fails',
  unverified: 'unverified',
  warn: 'provenance',
  pass: 'provenance',
};

/** The verdict in a sentence, counts, and what both rest on. */
export function summary(report: Report): Html {
  const [word, rest] = verdictText(report, groupsForPeople(report));
  return html`<p class="verdict ${CLASSES[report.verdict]}"><strong>${word}</strong><span>: ${rest}</span></p>
    ${tiles(report)}
    <p>${headText(report)}</p>
    <ul class="summary">
      ${summaryRows(report, false).map((row) => html`<li>${row}</li>`)}
    </ul>`;
}

/** Nothing where nothing was judged. */
function tiles(report: Report): Html | null {
  const { counts, baselines } = report;
  if (counts.dependencies === 0) return null;
  const held = baselines.reduce((sum, one) => sum + one.held, 0);
  return html`<ul class="tiles">
      ${tile(counts.dependencies, 'judged')} ${tile(counts.pass, 'pass')} ${tile(counts.warn, 'with warnings')}
      ${tile(counts.fail, 'fail')} ${tile(counts.unverified, 'without statement')}
    </ul>
    <ul class="tiles">
      <li class="lead">proven:</li>
      ${tile(counts.integrity, 'hash')}
      ${canBeSignedByRegistry(report) ? tile(counts.signature, 'registry signature') : null}
      ${
        canBeSigned(report)
          ? html`${tile(counts.publish, 'publish attestation')} ${tile(counts.provenance, 'provenance')}`
          : null
      }
      ${held > 0 ? tile(held, 'in an earlier run') : null}
    </ul>`;
}

function tile(number: number, label: string): Html {
  return html`<li><b>${number}</b> ${label}</li>`;
}
