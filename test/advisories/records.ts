import { collectRecords } from '../../src/advisories/collection.ts';
import { recordedId, withAdvisories, type Advisories } from '../../src/advisories/match.ts';
import { readOsv } from '../../src/advisories/osv.ts';
import type { ReadRecord } from '../../src/advisories/record.ts';
import type { Ecosystem, PackageRef } from '../../src/model/package.ts';
import { dependency, judged } from '../report/fixtures.ts';

/** A record of OSV about `NAME` of an ecosystem as OSV calls it. */
export function malicious(ecosystem: string, name: string, affected: object, more: object = {}): string {
  return JSON.stringify({
    schema_version: '1.7.4',
    id: 'MAL-2026-1',
    modified: '2026-08-20T00:00:00Z',
    affected: [{ package: { ecosystem, name }, ...affected }],
    ...more,
  });
}

export const EVERY_VERSION = { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] };

const NOW = Date.parse('2026-11-30T00:00:00Z');

/** Records about a version, as a run has them. */
export function advisoriesAbout(one: PackageRef, ...records: readonly string[]): Promise<Advisories> {
  const collection = collectRecords(new Set([recordedId(one)]), NOW);
  const { add } = collection.begin('osv');
  for (const record of records) add(readOsv(record));
  return Promise.resolve({ used: collection.used(), records: collection.records });
}

/** What records say of a version: codes, with "whole" where it is every version, or why nothing can be said. */
export function saidOf(
  spec: readonly [Ecosystem, string, string],
  ...records: readonly (string | ReadRecord)[]
): string[] {
  const [ecosystem, name, version] = spec;
  const collection = collectRecords(new Set([recordedId({ ecosystem, name })]), NOW);
  const { add } = collection.begin('records');
  for (const record of records) add(typeof record === 'string' ? readOsv(record) : record);
  const assessment = { ...judged(dependency(name, version, { ecosystem }), 'pass'), findings: [] };
  const [told] = withAdvisories([assessment], collection);
  return (told?.findings ?? []).map((found) => {
    if (found.code === 'advisory-malicious') return `${found.args.ids.join(' ')}${found.args.whole ? ' whole' : ''}`;
    return found.code === 'evidence-malformed' ? `? ${found.args.reason}` : found.code;
  });
}
