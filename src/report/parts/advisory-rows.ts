import { isOutdated, type AdvisoriesUsed } from '../../model/advisory.ts';
import type { Report } from '../../model/report.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { compareText } from '../../model/value.ts';
import { escapeText } from '../words/escape.ts';
import { count } from '../words/layout.ts';

/** What a run knew of malicious packages, and of which ecosystems it knew nothing: a line each. */
export function advisoryRows({ advisories, dependencies, time }: Report): string[] {
  if (advisories.length === 0) return [];
  const known = new Set(advisories.flatMap(({ ecosystems }) => ecosystems));
  const audited = [...new Set(dependencies.map(({ dependency: { ecosystem } }) => ecosystem))].sort(compareText);
  const none = audited.filter((ecosystem) => !known.has(ecosystem));
  return [
    ...advisories.map((one) => rowOf(one, time)),
    ...(none.length === 0
      ? []
      : [`no advisories about packages of ${none.join(', ')}: nothing there is known to be bad`]),
  ];
}

function rowOf(used: AdvisoriesUsed, now: Instant): string {
  const { from, records, ecosystems, withdrawn, other, newest } = used;
  const beside = [
    ...(withdrawn === 0 ? [] : [`${withdrawn} withdrawn`]),
    ...(other === 0 ? [] : [`${other} not read, as they are about vulnerabilities or other ecosystems`]),
  ].join('; ');
  const age = `the newest of ${formatInstant(newest).slice(0, 10)}`;
  const outdated = isOutdated(used, now) ? '; OUTDATED: fetch it again' : '';
  const of = ecosystems.length === 0 ? '' : ` (${ecosystems.join(', ')})`;
  return `advisories: ${escapeText(from, 120)}: ${count(records, 'malicious record')}${of}, ${age}${outdated}${beside === '' ? '' : `; ${beside}`}`;
}
