import type { LogWord } from '../model/log.ts';
import type { LogEntry } from '../sigstore/bundle.ts';
import { verifyInclusion, verifyPromise } from '../sigstore/log.ts';
import { Refusal } from '../sigstore/refusal.ts';
import { cosigners } from '../tlog/cosignature.ts';
import { judgeHeads, type Joined } from '../tlog/joined.ts';
import { leafHash } from '../tlog/merkle.ts';
import type { LogContext } from './context.ts';
import type { ForkFile } from './fork-file.ts';
import {
  askHead,
  joinHeads,
  readHead,
  readKept,
  type Head,
  type Joining,
  type KeptHead,
  type Trouble,
} from './heads.ts';
import type { LogPlace } from './places.ts';
import type { ListedEntry } from './published.ts';
import { findEntry, leafAt } from './show.ts';

/** What a log says today of an entry that it once took. */
export interface Verified {
  readonly log: string;
  readonly word: LogWord;
  readonly reason: string;
  readonly index: string;
  readonly leaf: string;
  /** Today's head; null where there is none that verifies. */
  readonly now: Head | null;
  /** The kept head of this tree; null where none was kept. */
  readonly kept: Head | null;
  readonly cosigned: ReadonlySet<string>;
  /** What shows a fork, or an answer that joins nothing; null otherwise. */
  readonly evidence: Joining | null;
}

/**
 * Holds a log to an entry of a bundle: the log signed for it then, has it in today's tree, and that tree goes on from
 * the bundle's and from the one that was kept. `keptHead` gives what was kept of an origin.
 */
export async function verifyLogged(
  context: LogContext,
  places: readonly LogPlace[],
  { entry, fault }: ListedEntry,
  keptHead: (origin: string) => KeptHead | null,
): Promise<Verified> {
  const leaf = leafHash(entry.body).toString('hex');
  const place = places.find(({ keys }) => keys.some(({ ids }) => ids.includes(entry.logId)));
  const index = String(entry.proof?.index ?? entry.logIndex);
  const nothing = { index, leaf, now: null, kept: null, cosigned: new Set<string>(), evidence: null };
  if (place === undefined) {
    const reason = 'no log that is asked has this id: --log leaves it out, or no trusted root in use names it';
    return { log: entry.logId, word: 'other-key', reason, ...nothing };
  }
  const log = place.name;
  if (fault !== null) return { log, ...nothing, word: 'malformed', reason: `the bundle: ${fault}` };
  const then = signedThen(place, entry);
  if (then !== null && 'word' in then) return { log, ...nothing, ...then };
  const today = await todaysHead(context, place, entry, then, leaf);
  if ('word' in today) return { log, ...nothing, ...today };
  const { head: now, trouble } = today;
  const { origin } = now.checkpoint;
  if (then !== null && then.checkpoint.origin !== origin) {
    return {
      log,
      ...nothing,
      word: 'other-tree',
      reason: `the entry is in ${then.checkpoint.origin}, not in ${origin}`,
    };
  }
  const note = keptHead(origin);
  const kept = note === null ? null : readKept(place, origin, note);
  if (kept !== null && 'word' in kept) return { log, ...nothing, ...kept };
  const cosigned = cosigners(now.checkpoint, context.witnesses);
  const seen = { log, index, leaf, now, kept, cosigned };
  for (const head of [then, kept]) {
    if (head === null) continue;
    const joining = await joinHeads(context.http, head, now);
    const { word, reason } = joining;
    if (word === 'held') continue;
    return { ...seen, word, reason, evidence: word === 'fork' || word === 'unproven' ? joining : null };
  }
  const reason = now.frozen ?? '';
  return { ...seen, evidence: null, ...(trouble ?? { word: 'held', reason }) };
}

/** The head that the bundle has; null where it has the log's promise alone. Nothing else makes it the log's entry. */
function signedThen(place: LogPlace, entry: LogEntry): Head | Trouble | null {
  const keys = place.keys.filter(({ ids }) => ids.includes(entry.logId));
  try {
    const promise = verifyPromise(entry, keys);
    const note = entry.proof?.checkpoint ?? null;
    const head = note === null ? null : readHead({ ...place, keys }, note);
    if (head !== null && 'word' in head) return head;
    if (verifyInclusion(entry, keys, []) !== null) return head;
    return promise === null ? { word: 'malformed', reason: 'the bundle has neither promise nor proof' } : null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { word: error.reason === 'log-checkpoint' ? 'other-key' : 'malformed', reason: error.message };
  }
}

/** Today's head with the entry in its tree, or what is wrong with the entry there. */
async function todaysHead(
  context: LogContext,
  place: LogPlace,
  entry: LogEntry,
  then: Head | null,
  leaf: string,
): Promise<{ readonly head: Head; readonly trouble: Trouble | null } | Trouble> {
  if (place.api === 1) {
    const tree = then?.tree ?? null;
    const id = (tree === null ? '' : BigInt(tree).toString(16).padStart(16, '0')) + leaf;
    const found = await findEntry(context, place, id);
    if (found === null)
      return { word: 'hidden', reason: `${place.name} signed for ${id}, and says it has no such entry` };
    if ('word' in found) return found;
    // A promise names no tree, and the position in all trees of the log together.
    const isThere = entry.promise === null || found.hit.index === String(entry.logIndex);
    const reason = `it is at ${found.hit.index}, and was promised at ${entry.logIndex}`;
    return { head: found.head, trouble: isThere ? null : { word: 'other-entry', reason } };
  }
  const head = await askHead(context.http, place);
  if ('word' in head) return head;
  const index = entry.proof?.index ?? entry.logIndex;
  // A tree that is too small is older than the bundle's, as joining them says.
  if (index >= head.checkpoint.size) return { head, trouble: null };
  const at = await leafAt(context.http, head, index);
  if ('word' in at) return { head, trouble: at };
  const isThere = at.hash.toString('hex') === leaf;
  return { head, trouble: isThere ? null : { word: 'other-entry', reason: `at ${index} there is another entry` } };
}

/** What the two notes of a file come to, without asking anybody; or why they are not those of a log of the root. */
export function checkFork(places: readonly LogPlace[], file: ForkFile): Joined | Trouble {
  const heads = [file.earlier, file.later].map((note): Head | Trouble => {
    const all = places.map((place) => readHead(place, note));
    return all.find((one) => 'note' in one) ?? all[0] ?? { word: 'other-key', reason: 'there is no log' };
  });
  const [earlier, later] = heads;
  if (earlier === undefined || later === undefined) return { word: 'malformed', reason: 'there are not two notes' };
  if ('word' in earlier) return earlier;
  if ('word' in later) return later;
  if (earlier.checkpoint.origin !== later.checkpoint.origin) {
    return { word: 'malformed', reason: 'the two notes are of different trees' };
  }
  if (earlier.checkpoint.size > later.checkpoint.size) {
    return { word: 'malformed', reason: 'the earlier note is of the larger tree' };
  }
  return judgeHeads(earlier.checkpoint, later.checkpoint, file.proof);
}
