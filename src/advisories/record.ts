import type { PackageId } from '../model/package.ts';
import type { Instant } from '../model/time.ts';

/** Whether a record is about a version; `whole`: as about every other one of the package. */
export type Coverage =
  | { readonly state: 'covered'; readonly whole: boolean }
  | { readonly state: 'clear' }
  | { readonly state: 'unreadable'; readonly reason: string };

/** What a record says of one package. */
export interface Affected {
  /** The name in the form that `conventions.osv.name` gives. */
  readonly id: PackageId;
  readonly covers: (version: string) => Coverage;
}

/** A record that says of packages that they are malicious. */
export interface MaliciousRecord {
  readonly id: string;
  /** Of two records of one id the one that was modified later counts. */
  readonly modified: Instant;
  /** When its authors took it back; null where they did not. */
  readonly withdrawn: Instant | null;
  /** What it says of packages of ecosystems that assay knows. */
  readonly affected: readonly Affected[];
}

/** A record, as far as it matters: malicious, or about something else. */
export type ReadRecord =
  | { readonly kind: 'malicious'; readonly record: MaliciousRecord }
  | { readonly kind: 'other'; readonly modified: Instant };
