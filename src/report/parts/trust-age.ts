import type { Report, TrustAge } from '../../model/report.ts';
import { DAY, formatInstant, type Instant } from '../../model/time.ts';
import { escapeText } from '../words/escape.ts';
import { canBeSigned } from '../words/builders.ts';
import { count } from '../words/layout.ts';

/** The trusted roots a run rests on, the main one first, each with its age: a line each. */
export function rootTexts(report: Report): readonly string[] {
  const ages = canBeSigned(report) ? report.trust.ages : [];
  return ages.map((one) => `${nameOf(one)}, ${ageText(one.confirmed, report.time)}`);
}

function nameOf({ name, from }: TrustAge): string {
  if (from === 'public-good') return 'the public-good Sigstore root';
  const of = name === 'own' || name === 'public-good' ? '' : ` of ${escapeText(name, 60)}`;
  return from === 'pinned'
    ? `the pinned root${of}`
    : `the root${of} ${of === '' ? escapeText(from, 120) : `(${escapeText(from, 120)})`}`;
}

/** How long ago a root was last known to be the newest. */
function ageText(confirmed: Instant | null, now: Instant): string {
  if (confirmed === null) return 'of unknown age';
  const on = `the newest on ${formatInstant(confirmed).slice(0, 10)}`;
  if (confirmed >= now + DAY) return `said to be ${on}, which is yet to come`;
  const days = Math.max(Math.floor((now - confirmed) / DAY), 0);
  return `${on} (${days === 0 ? 'today' : `${count(days, 'day')} ago`})`;
}
