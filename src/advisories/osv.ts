import { conventionsOf, ecosystemOfOsv } from '../ecosystems/conventions/index.ts';
import { packageId } from '../model/package.ts';
import { parseInstant } from '../model/time.ts';
import { isObject, type Fields } from '../model/value.ts';
import { AdvisoryError } from './error.ts';
import { coverageOf } from './ranges.ts';
import type { Affected, ReadRecord } from './record.ts';

/**
 * Reads a record of the Open Source Vulnerability format (https://ossf.github.io/osv-schema/). Malicious are those of
 * ossf/malicious-packages (`MAL-`), and those of RustSec whose category is `malicious`; any other is about a
 * vulnerability. Which versions it is about is read when somebody asks. Throws AdvisoryError, without the file's name.
 */
export function readOsv(text: string): ReadRecord {
  const record = parse(text);
  const { id, modified, withdrawn, affected } = record;
  if (typeof id !== 'string' || id === '' || id.length > 100) throw new AdvisoryError('it has no id, and is no record');
  const time = parseInstant(modified);
  if (time === null) throw new AdvisoryError('its modified is no time');
  if (affected !== undefined && affected !== null && !Array.isArray(affected)) {
    throw new AdvisoryError('its affected is no list');
  }
  const members = (affected ?? []) as readonly unknown[];
  if (!isMalicious(id, members)) return { kind: 'other', modified: time };
  // Null is how some writers leave a field out.
  const isWithdrawn = withdrawn !== undefined && withdrawn !== null;
  const takenBack = isWithdrawn ? parseInstant(withdrawn) : null;
  if (isWithdrawn && takenBack === null) throw new AdvisoryError('its withdrawn is no time');
  return {
    kind: 'malicious',
    record: { id, modified: time, withdrawn: takenBack, affected: members.flatMap((member) => affectedOf(member)) },
  };
}

function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AdvisoryError('it is not JSON');
  }
  if (!isObject(value)) throw new AdvisoryError('it is no record');
  return value;
}

function isMalicious(id: string, members: readonly unknown[]): boolean {
  if (!id.startsWith('RUSTSEC-')) return /^MAL-/i.test(id);
  return members.some((member) => {
    const own = isObject(member) ? member['database_specific'] : null;
    const categories = isObject(own) ? own['categories'] : null;
    return Array.isArray(categories) && categories.includes('malicious');
  });
}

/** None of an ecosystem that assay does not know. */
function affectedOf(member: unknown): readonly Affected[] {
  if (!isObject(member)) throw new AdvisoryError('a member of its affected is no object');
  const { package: named, versions, ranges } = member;
  // What has commits and no package is in no lockfile.
  if (named === undefined || named === null) return [];
  const { ecosystem: of, name } = isObject(named) ? named : { ecosystem: null, name: null };
  if (typeof of !== 'string' || typeof name !== 'string') throw new AdvisoryError('a package of it has no name');
  const ecosystem = ecosystemOfOsv(of);
  if (ecosystem === null) return [];
  const id = packageId({ ecosystem, name: conventionsOf(ecosystem).osv.name(name) });
  return [{ id, covers: (version) => coverageOf(ecosystem, versions, ranges, version) }];
}
