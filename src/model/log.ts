import type { Digest } from './dependency.ts';
import type { Identity, Statement } from './proof.ts';
import type { Instant } from './time.ts';

/** Who signed what an entry of a log records. */
export type LogSigner =
  | {
      readonly kind: 'certificate';
      readonly identity: Identity;
      /** SHA-256 of the certificate, hex. */
      readonly fingerprint: string;
      readonly notBefore: Instant;
      /** Whether an authority of the trusted root issued it. Without that, anybody may have written it. */
      readonly issued: boolean;
    }
  /** SHA-256 of the DER key, hex. */
  | { readonly kind: 'key'; readonly keyId: string };

/** One entry of a transparency log, verified: it is in the tree that a key of the trusted root signed. */
export interface LogHit {
  /** Base address without scheme, as the trusted root names the log. */
  readonly log: string;
  readonly origin: string;
  /** Rekor v1's, of the whole log; null where the log has none. */
  readonly uuid: string | null;
  /** Position in the whole log, decimal. */
  readonly index: string;
  /** Position in its tree, and how large that was when it was proven, decimal. */
  readonly treeIndex: string;
  readonly treeSize: string;
  /** SHA-256 of the entry as a leaf, hex. */
  readonly leaf: string;
  /** When the log took it, where it says so; signed. */
  readonly time: Instant | null;
  readonly kind: string;
  readonly version: string;
  /** Null where the entry is of a kind that is not read, or is not what its kind says. */
  readonly record: LogHitRecord | null;
  /** Why there is no record. */
  readonly unread: string | null;
  /** Names of witnesses that cosigned the checkpoint, of so many that are known. */
  readonly cosigned: readonly string[];
  readonly witnesses: number;
}

export interface LogHitRecord {
  readonly signer: LogSigner;
  /** The hash is of what was signed (an artifact, or an envelope's encoding), or of a statement. */
  readonly of: 'signed' | 'payload';
  readonly digest: Digest;
  readonly statement: (Statement & { readonly from: 'log' | 'registry' }) | null;
}

/** An entry that an index named, beside what is known of what was searched. */
export interface SearchHit {
  readonly hit: LogHit;
  /** The questions that led to it. */
  readonly by: readonly string[];
  /** Whether it belongs to what the registry publishes, or to the bundle that was given; null where nothing does. */
  readonly published: boolean | null;
  /** Whether it is about what was searched; `unknown` where only the index says so. */
  readonly matches: 'yes' | 'no' | 'unknown';
}

/** What came of a search: whom what was asked, and all that was answered. */
export interface LogSearch {
  readonly asked: readonly {
    readonly log: string;
    readonly question: string;
    /** How many entries were named; null where there was no answer, for this reason. */
    readonly found: number | null;
    readonly reason: string | null;
    /** Whether nothing came that could be read as an answer, to whatever question. */
    readonly silent: boolean;
  }[];
  readonly hits: readonly SearchHit[];
  /** Entries that were named and could not be verified. */
  readonly refused: readonly {
    readonly log: string;
    readonly id: string;
    readonly word: LogWord | 'absent';
    readonly reason: string;
  }[];
  /** Leaves of published entries that the index did not name, though it was asked for what they are about. */
  readonly unindexed: readonly string[];
  /** Entries that were named beyond those that are looked at. */
  readonly beyond: number;
  /** Logs that cannot be searched. */
  readonly unsearchable: readonly string[];
}

/**
 * What comes of holding a log to what it said, in a word each:
 * - held: the entry is in today's tree, and that goes on from what was seen before;
 * - fork: the log signed two histories;
 * - unproven: it answered with a proof of another tree;
 * - other-tree: it answered out of a tree that is not the one it signed for before;
 * - other-entry: another entry is in its place;
 * - hidden: it signed that it has the entry, and answers that it has none;
 * - unwitnessed: fewer witnesses signed its checkpoint than are demanded;
 * - smaller: its tree is smaller than one that it signed before;
 * - other-key: it is signed by a key that the trusted root has not;
 * - pruned: it no longer serves that part of itself;
 * - malformed: what it answered cannot be read;
 * - unavailable: it did not answer.
 */
export const LOG_WORDS = [
  'held',
  'fork',
  'unproven',
  'other-tree',
  'other-entry',
  'hidden',
  'unwitnessed',
  'smaller',
  'other-key',
  'pruned',
  'malformed',
  'unavailable',
] as const;
export type LogWord = (typeof LOG_WORDS)[number];

/** Words that fail what was asked; the others but `held` make no statement. */
const FAILING: readonly LogWord[] = ['fork', 'unproven', 'other-tree', 'other-entry', 'hidden', 'unwitnessed'];

export function isFailing(word: LogWord): boolean {
  return FAILING.includes(word);
}
