import type { Evidence } from '../model/evidence.ts';
import type { LogWord } from '../model/log.ts';
import type { HttpClient } from '../net/request.ts';
import { checkpointFault, treeOf } from '../sigstore/log.ts';
import { parseCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts';
import { isPerfect, judgeHeads, type JoinProof } from '../tlog/joined.ts';
import { Malformed } from '../tlog/malformed.ts';
import { tilesFor } from '../tlog/tiles.ts';
import type { LogPlace } from './places.ts';
import { askHeads, askProof } from './rekor-1.ts';
import { askCheckpoint, askTiles } from './rekor-2.ts';

/** What a log signed of its tree, under a key of the trusted root. */
export interface Head {
  readonly place: LogPlace;
  readonly checkpoint: Checkpoint;
  /** Rekor v1's id of the tree, decimal; null where the log is one tree. */
  readonly tree: string | null;
  /** The whole note as it was served, with the signatures of others. */
  readonly note: string;
  /** What the log says where it takes no more entries. */
  readonly frozen: string | null;
}

/** A head as it was kept, and where. */
export interface KeptHead {
  readonly note: string;
  readonly file: string;
}

/** Something else than what was asked for: in a word, and in a line. */
export interface Trouble {
  readonly word: Exclude<LogWord, 'held'>;
  readonly reason: string;
}

/** Verifies a checkpoint of the log, of a tree of the log. */
export function readHead(place: LogPlace, note: string): Head | Trouble {
  try {
    const checkpoint = parseCheckpoint(note);
    const faults = place.keys.map((log) => checkpointFault(checkpoint, log, place.api === 2));
    if (!faults.includes(null)) {
      const misnamed = faults.find((fault) => fault?.kind === 'origin');
      const { reason } = misnamed ?? faults[0] ?? { reason: 'there is no key of it' };
      return { word: misnamed === undefined ? 'other-key' : 'other-tree', reason };
    }
    const frozen = checkpoint.extensions.find((line) => line.startsWith('Log frozen')) ?? null;
    return { place, checkpoint, tree: treeOf(checkpoint.origin, place.name), note, frozen };
  } catch (error) {
    if (error instanceof Malformed) return { word: 'malformed', reason: error.message };
    throw error;
  }
}

/** The head of a tree of the log that was kept in a file, which the keys of today must verify. */
export function readKept(place: LogPlace, origin: string, { note, file }: KeptHead): Head | Trouble {
  const kept = readHead(place, note);
  if ('note' in kept && kept.checkpoint.origin === origin) return kept;
  const why = 'word' in kept ? kept.reason : `it is of ${kept.checkpoint.origin}`;
  const reason =
    `the kept checkpoint of ${origin} cannot be used: ${why} (${file}); where whoever runs ${place.name} says that it ` +
    'was set up anew, remove that file';
  return { word: 'malformed', reason };
}

/** The trouble that an answer without a document is. */
export function troubleOf(answer: Exclude<Evidence<unknown>, { state: 'present' }>, absent: Trouble['word']): Trouble {
  if (answer.state === 'absent') return { word: absent, reason: `${answer.url} is not there` };
  return { word: answer.state, reason: `${answer.url}: ${answer.reason}` };
}

/** Today's head of the log; of Rekor v1, of the tree that grows. */
export async function askHead(http: HttpClient, place: LogPlace): Promise<Head | Trouble> {
  const [head] = await askTrees(http, place);
  return head;
}

/** Today's head of each tree of the log: of the one that grows, then of those before it, which only Rekor v1 has. */
export async function askTrees(
  http: HttpClient,
  place: LogPlace,
): Promise<readonly [Head | Trouble, ...(Head | Trouble)[]]> {
  if (place.api === 2) {
    const answer = await askCheckpoint(http, place.url);
    return [answer.state === 'present' ? readHead(place, answer.value) : troubleOf(answer, 'unavailable')];
  }
  const answer = await askHeads(http, place.url);
  if (answer.state !== 'present') return [troubleOf(answer, 'unavailable')];
  const { active, inactive } = answer.value;
  return [readHead(place, active), ...inactive.map((note) => readHead(place, note))];
}

/** How two heads of one log go together, and what the log answered when it was asked. */
export interface Joining {
  readonly word: LogWord;
  readonly reason: string;
  readonly earlier: Head;
  readonly later: Head;
  readonly proof: JoinProof | null;
}

/** Holds the head of a log to one that was seen before. Both are of the same origin. */
export async function joinHeads(http: HttpClient, kept: Head, now: Head): Promise<Joining> {
  const isSmaller = now.checkpoint.size < kept.checkpoint.size;
  const [earlier, later] = isSmaller ? [now, kept] : [kept, now];
  const sizes = `${earlier.checkpoint.size} and ${later.checkpoint.size} entries`;
  const asked = await askJoin(http, earlier, later);
  const proof = asked.state === 'present' ? asked.value : null;
  const joining = { earlier, later, proof };
  const smaller = `the tree of ${now.checkpoint.size} entries is older than one of ${kept.checkpoint.size} seen before`;
  if (asked.state !== 'present') {
    const trouble = troubleOf(asked, kept.place.api === 2 ? 'pruned' : 'unavailable');
    return { ...joining, ...(isSmaller ? { word: 'smaller', reason: smaller } : trouble) };
  }
  switch (judgeHeads(earlier.checkpoint, later.checkpoint, proof)) {
    case 'joined':
      return { ...joining, word: isSmaller ? 'smaller' : 'held', reason: isSmaller ? smaller : sizes };
    case 'parted':
      return { ...joining, word: 'fork', reason: `${kept.checkpoint.origin} signed two histories, of ${sizes}` };
    case 'unproven':
      if (isSmaller) return { ...joining, word: 'smaller', reason: smaller };
      return { ...joining, word: 'unproven', reason: `what was answered does not join the trees of ${sizes}` };
  }
}

async function askJoin(http: HttpClient, earlier: Head, later: Head): Promise<Evidence<JoinProof>> {
  const { place, tree } = later;
  const [first, last] = [earlier.checkpoint.size, later.checkpoint.size];
  const none: JoinProof = { kind: 'hashes', hashes: [] };
  if (first === last || first === 0n) return { state: 'present', value: none };
  if (place.api === 1) {
    // From a perfect tree on, a proof shows no fork: it begins with that tree's own root.
    const isAfter = isPerfect(first) && first + 1n < last;
    const answer = await askProof(http, place.url, { first: isAfter ? first + 1n : first, last, tree: tree ?? '' });
    if (answer.state !== 'present') return answer;
    return { ...answer, value: { kind: isAfter ? 'after' : 'hashes', hashes: answer.value } };
  }
  const answer = await askTiles(http, place.url, tilesFor(last, { leaves: [], sizes: [first] }));
  return answer.state === 'present' ? { ...answer, value: { kind: 'tiles', tiles: answer.value } } : answer;
}
