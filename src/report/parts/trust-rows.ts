import type { LogHead } from '../../model/baseline.ts';
import type { RegistryUsed, Report, TrustRepository } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText } from '../words/escape.ts';
import { count } from '../words/layout.ts';
import { rootTexts } from './trust-age.ts';

/** What was verified against: roots, logs, and registries with their keys. A line each, escaped. */
export function trustRows(report: Report): string[] {
  const { logs, repository: main, ages, registries } = report.trust;
  return [
    ...rootTexts(report).map(againstText),
    ...[main, ...ages.map(({ repository = null }) => repository)].flatMap(repositoryTexts),
    ...logTexts(logs).map(againstText),
    ...registryTexts(registries),
  ];
}

/** Says how old the trusted root is; nothing where it is the newest. */
function repositoryTexts(repository: TrustRepository | null): string[] {
  if (repository === null || repository.state === 'current' || repository.state === 'unasked') return [];
  const { state, url, problem, confirmed } = repository;
  const where = `${escapeText(url, 120)} (${escapeText(problem ?? '', 200)})`;
  const used = confirmed === null ? 'of unknown age' : `the newest on ${formatInstant(confirmed).slice(0, 10)}`;
  return [
    state === 'unavailable'
      ? `whether there is a newer root could not be asked of ${where}; the one in use was ${used}`
      : `WARNING: what ${where} says of newer roots does not hold, and was not used; the root in use was ${used}`,
  ];
}

function registryTexts(registries: readonly RegistryUsed[]): string[] {
  const shownOnes = registries
    .slice(0, 3)
    .map(({ url, keys, namedBy }) => `registry ${escapeText(url, 120)}: ${chosenBy(namedBy) ?? vouchedFor(keys)}`);
  const rest = registries.length - shownOnes.length;
  return rest > 0
    ? [...shownOnes, `and ${count(rest, 'more registry', 'more registries')} (--json lists all)`]
    : shownOnes;
}

function logTexts(logs: readonly LogHead[]): string[] {
  return logs.map(
    ({ origin, size }) =>
      `${escapeText(origin, 120)}, a tree of ${size} entries, which begins with every other tree that was seen`,
  );
}

/** Of an index without keys of its own, who chose it; null for others. */
function chosenBy(namedBy: string | undefined): string | null {
  if (namedBy === undefined) return null;
  return namedBy === 'default' ? 'the default' : `named by ${escapeText(namedBy, 160)}`;
}

function vouchedFor(keys: RegistryUsed['keys']): string {
  const origins = new Set(keys.map((key) => key.origin));
  const words = [
    ...(origins.has('pinned') ? ['keys pinned in assay'] : []),
    ...(origins.has('configured') ? ['keys you configured'] : []),
    ...(origins.has('registry') ? ['registry vouches for itself'] : []),
  ];
  return words.length === 0 ? 'no signature of it was verified' : words.join(', ');
}

function againstText(text: string): string {
  return `checked against: ${text}`;
}
