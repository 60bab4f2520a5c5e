import type { Ecosystem } from './package.ts';
import { DAY, type Instant } from './time.ts';

/** What a run read of one file or folder of published records. */
export interface AdvisoriesUsed {
  /** The file or folder, as it is shown. */
  readonly from: string;
  /** How many records say of packages that they are malicious. */
  readonly records: number;
  /** Of which ecosystems those are; sorted. */
  readonly ecosystems: readonly Ecosystem[];
  /** How many said so, and were taken back. */
  readonly withdrawn: number;
  /** How many are about vulnerabilities, or about packages of other ecosystems. */
  readonly other: number;
  /** When any of them was last changed. */
  readonly newest: Instant;
}

/** Databases of malicious packages change daily, that of one language alone every week. */
const MAX_AGE = 30 * DAY;

/** Whether nothing of a file or folder is new: it should be fetched again. */
export function isOutdated({ newest }: Pick<AdvisoriesUsed, 'newest'>, now: Instant): boolean {
  return now - newest > MAX_AGE;
}
