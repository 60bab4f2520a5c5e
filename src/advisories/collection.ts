import { conventionsOf, ECOSYSTEMS } from '../ecosystems/conventions/index.ts';
import type { AdvisoriesUsed } from '../model/advisory.ts';
import { packageRef, type Ecosystem, type PackageId } from '../model/package.ts';
import type { Instant } from '../model/time.ts';
import { AdvisoryError } from './error.ts';
import type { MaliciousRecord, ReadRecord } from './record.ts';

/** A record with the file or folder that has it. */
interface KeptRecord extends MaliciousRecord {
  readonly from: string;
  readonly isWithdrawn: boolean;
}

/** What is kept of records that concern a run, by the package that they name, then by their id. */
export type KeptRecords = ReadonlyMap<PackageId, ReadonlyMap<string, KeptRecord>>;

/** Takes one record after the other, of one file or folder after the other. */
export interface Collection {
  /** Begins a file or folder, by the name that it is shown under. */
  readonly begin: (from: string) => { readonly add: (read: ReadRecord) => void };
  /** Throws AdvisoryError where one of them has nothing to hold packages to. */
  readonly used: () => readonly AdvisoriesUsed[];
  readonly records: KeptRecords;
}

interface Counts {
  from: string;
  records: number;
  withdrawn: number;
  other: number;
  ecosystems: Set<Ecosystem>;
  newest: Instant | null;
}

/**
 * Keeps records about packages of `wanted`, in the form that `conventions.osv.name` gives, and counts all. What is to
 * be taken back after `now` counts until then.
 */
export function collectRecords(wanted: ReadonlySet<PackageId>, now: Instant): Collection {
  const records = new Map<PackageId, Map<string, KeptRecord>>();
  const all: Counts[] = [];
  const keep = (record: KeptRecord, id: PackageId): void => {
    const ofPackage = records.get(id) ?? new Map<string, KeptRecord>();
    records.set(id, ofPackage);
    const before = ofPackage.get(record.id);
    ofPackage.set(record.id, before === undefined ? record : later(before, record, now));
  };
  return {
    records,
    used: () => all.map(usedOf),
    begin: (from) => {
      const counts: Counts = { from, records: 0, withdrawn: 0, other: 0, ecosystems: new Set(), newest: null };
      all.push(counts);
      return {
        add: (read) => {
          const { modified } = read.kind === 'malicious' ? read.record : read;
          counts.newest = Math.max(counts.newest ?? modified, modified);
          if (read.kind === 'other' || read.record.affected.length === 0) {
            counts.other += 1;
            return;
          }
          const { record } = read;
          const isWithdrawn = record.withdrawn !== null && record.withdrawn <= now;
          counts[isWithdrawn ? 'withdrawn' : 'records'] += 1;
          for (const { id } of record.affected) {
            counts.ecosystems.add(packageRef(id).ecosystem);
            if (wanted.has(id)) keep({ ...record, from, isWithdrawn }, id);
          }
        },
      };
    },
  };
}

function usedOf({ ecosystems, newest, ...counts }: Counts): AdvisoriesUsed {
  const { from, records, withdrawn, other } = counts;
  if (newest === null) {
    throw new AdvisoryError(`${from} has no advisory: no record of OSV (*.json) and none of RustSec (RUSTSEC-*.md)`);
  }
  if (records + withdrawn === 0) {
    const all = ECOSYSTEMS.map((ecosystem) => conventionsOf(ecosystem).osv.ecosystem).join(', ');
    throw new AdvisoryError(`${from} has ${other} advisories, and none about malicious packages of ${all}`);
  }
  return { ...counts, ecosystems: [...ecosystems].sort(), newest };
}

/**
 * Of two records of one id the one that was modified later. Of two that were modified at once, or of which one was not
 * yet, all that either says of what is malicious.
 */
function later(a: KeptRecord, b: KeptRecord, now: Instant): KeptRecord {
  const isPast = Math.max(a.modified, b.modified) <= now;
  if (isPast && a.modified !== b.modified) return a.modified > b.modified ? a : b;
  if (a.isWithdrawn !== b.isWithdrawn) return a.isWithdrawn ? b : a;
  return { ...a, affected: [...a.affected, ...b.affected] };
}
