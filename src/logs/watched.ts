import type { LogHit } from '../model/log.ts';
import type { Watched } from './scan.ts';

/** Who is watched, and what they publish. */
export interface Ours extends Watched {
  /** The issuer whose ids these are. */
  readonly issuer: string;
  /** Hashes of all published entries as leaves, hex. */
  readonly leaves: ReadonlySet<string>;
}

/**
 * What an entry is to those who watch:
 * - unpublished: it was signed as theirs, and belongs to no published bundle;
 * - stranger: it is for something that they publish, and was signed by somebody else;
 * - unread: it is theirs, or names something that they publish, and cannot be read;
 * - claimed: it has their name in a certificate that no authority issued, which anybody can write, and is for nothing
 *   that they publish.
 */
export const ALARMS = ['unpublished', 'stranger', 'unread', 'claimed'] as const;
export type Alarm = (typeof ALARMS)[number];

/** What an entry is to those who watch; null where it is published, or nothing to them. */
export function alarmOf(hit: LogHit, ours: Ours): Alarm | null {
  if (ours.leaves.has(hit.leaf)) return null;
  const { record } = hit;
  if (record === null) return 'unread';
  const { signer, digest } = record;
  const isAbout = ours.digests.some(({ algorithm, hex }) => algorithm === digest.algorithm && hex === digest.hex);
  if (signer.kind === 'certificate') {
    const { repositoryId, issuer, subject } = signer.identity;
    const isTheirId = repositoryId !== null && ours.repositoryIds.includes(repositoryId) && issuer === ours.issuer;
    const isOurs = isTheirId || ours.subjects.includes(subject);
    // A name that nobody vouches for spares no stranger the alarm.
    if (isOurs && (signer.issued || !isAbout)) return signer.issued ? 'unpublished' : 'claimed';
  }
  return isAbout ? 'stranger' : null;
}
