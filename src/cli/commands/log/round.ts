import { cosigners, lackingWitnesses } from '../../../tlog/cosignature.ts';
import { askTrees, joinHeads, readKept, type Head, type Trouble } from '../../../logs/heads.ts';
import type { LogPlace } from '../../../logs/places.ts';
import { createScan } from '../../../logs/scan.ts';
import { NOT_ASKED, searchEach } from '../../../logs/search.ts';
import { tailLog } from '../../../logs/tail.ts';
import { alarmOf, type Alarm, type Ours } from '../../../logs/watched.ts';
import { isFailing } from '../../../model/log.ts';
import type { WatchEvent } from '../../../report/commands/log-watch.ts';
import type { LogState } from '../../../store/log-state.ts';
import { EXIT } from '../../exit.ts';
import type { OpenLogs } from './open.ts';
import { byIdentity, type NamedTarget } from './target.ts';
import { keepFork } from './verify.ts';

/** Everything that one round of a watch needs. */
export interface Round {
  readonly logs: OpenLogs;
  readonly state: LogState;
  readonly ours: Ours;
  readonly targets: readonly NamedTarget[];
  /** Whether all is known of what is watched. Else what is read may be theirs without being seen, and is read again. */
  readonly isWhole: boolean;
  /** Who is watched, in one word: other watches may use the same state. */
  readonly watch: string;
  /** Where a log is begun of which nothing is kept; null for its newest entry. */
  readonly from: bigint | null;
  /** Of this run. */
  readonly isFirst: boolean;
  /** Resolves when whoever is to know of them has them; what was read counts as read only then. */
  readonly deliver: (events: readonly WatchEvent[]) => Promise<boolean>;
}

interface Outcome {
  status: number;
}

/** Reads on in every log, and asks every index. Returns the exit status. */
export async function watchRound(round: Round): Promise<number> {
  const outcome: Outcome = { status: EXIT.holds };
  const { places, keyless } = round.logs;
  for (const log of keyless) {
    const reason = 'a signing configuration names it, and the trusted root has no key of it';
    await tell(round, outcome, [{ event: 'trouble', log, word: 'other-key', reason, evidence: null }]);
  }
  const tiled = places.filter(({ api }) => api === 2);
  const known = tiled.some(({ name }) => round.state.position(name) !== null);
  // Shards in the order of their keys, each to its end before the next is begun.
  const start = ({ keys }: LogPlace): number => Math.min(...keys.map(({ validFor }) => validFor.start));
  for (const place of [...tiled].sort((a, b) => start(a) - start(b))) await readOn(place, known, round, outcome);
  for (const place of places.filter(({ api }) => api === 1)) await askOn(place, round, outcome);
  return outcome.status;
}

/** What a log did outranks what it did not do. */
function mark(outcome: Outcome, status: number): void {
  if (outcome.status !== EXIT.fails && status !== EXIT.holds) outcome.status = status;
}

/** Delivers, and says whether that went well. */
async function tell(round: Round, outcome: Outcome, events: readonly WatchEvent[]): Promise<boolean> {
  const isDelivered = await round.deliver(events);
  if (!isDelivered) mark(outcome, EXIT.noStatement);
  for (const event of events) {
    if (event.event === 'finding' && event.alarm !== 'claimed') mark(outcome, EXIT.fails);
    if (event.event === 'trouble') mark(outcome, isFailing(event.word) ? EXIT.fails : EXIT.noStatement);
  }
  return isDelivered;
}

/** Today's heads of a log, of the tree that grows first, if they go on from all that was kept of it. */
interface NextHeads {
  readonly head: Head;
  /** Where nothing was kept of the tree that grows, but of others of the log. */
  readonly isOtherShard: boolean;
  /** Keeps them. */
  readonly keep: () => void;
}

/** Today's heads, if they go on from the kept ones and enough witnesses signed; else the trouble was told. */
async function nextHeads(place: LogPlace, round: Round, outcome: Outcome): Promise<NextHeads | null> {
  const { context, witnesses } = round.logs;
  const { state } = round;
  const trouble = async (one: Trouble, evidence: string | null = null): Promise<null> => {
    await tell(round, outcome, [{ event: 'trouble', log: place.name, ...one, evidence }]);
    return null;
  };
  const trees = await askTrees(context.http, place);
  const [head] = trees;
  if ('word' in head) return trouble(head);
  const goneOn = new Map([[head.checkpoint.origin, head]]);
  const keptNotes = new Map<string, string>();
  const origins = originsOf(place, state);
  for (const origin of origins) {
    const last = state.head(origin);
    if (last === null) continue;
    keptNotes.set(origin, last.note);
    const kept = readKept(place, origin, last);
    if ('word' in kept) return trouble(kept);
    const now = trees.find((one) => 'note' in one && one.checkpoint.origin === origin);
    if (now === undefined || 'word' in now) {
      // A tree that is complete is still one of the log.
      const reason = `it no longer signs for ${origin}, of which it signed ${kept.checkpoint.size} entries`;
      return trouble(trees.find((one) => 'word' in one) ?? { word: 'other-tree', reason });
    }
    const joining = await joinHeads(context.http, kept, now);
    const { word, reason } = joining;
    if (word !== 'held') {
      const shows = word === 'fork' || word === 'unproven';
      return trouble({ word, reason }, shows ? keepFork(joining, state) : null);
    }
    goneOn.set(origin, now);
  }
  const lacking = lackingWitnesses(witnesses, cosigners(head.checkpoint, context.witnesses));
  if (lacking !== '') return trouble({ word: 'unwitnessed', reason: lacking });
  return {
    head,
    isOtherShard: origins.length > 0 && !origins.includes(head.checkpoint.origin),
    keep: () => {
      for (const [origin, { note }] of goneOn) state.keepHead(origin, note, keptNotes.get(origin) ?? null);
    },
  };
}

/** Trees of the log of which a head is kept. */
function originsOf({ name, api }: LogPlace, state: LogState): readonly string[] {
  return state.origins().filter((origin) => origin === name || (api === 1 && origin.startsWith(`${name} - `)));
}

function readEvent(place: LogPlace, head: Head, round: Round, rest: Partial<WatchEvent>): WatchEvent {
  const { witnesses } = round.logs.context;
  const cosigned = cosigners(head.checkpoint, witnesses).size;
  const event = { event: 'read', log: place.name, from: null, to: null, questions: 0, note: head.frozen } as const;
  return { ...event, cosigned, witnesses: witnesses.length, ...rest } as WatchEvent;
}

async function readOn(place: LogPlace, known: boolean, round: Round, outcome: Outcome): Promise<void> {
  const { ours, logs } = round;
  const next = await nextHeads(place, round, outcome);
  if (next === null) return;
  const { head } = next;
  const { origin, size } = head.checkpoint;
  // What another watch read past is nothing to one that is told where to begin.
  const isTold = round.from !== null && round.state.position(`${origin} ${round.watch}`) === null;
  const kept = isTold ? null : positionOf(placeOf(round, origin));
  // A log that came after the first run is read from its beginning: nothing of it was seen.
  const first = round.from ?? (known ? 0n : size);
  const from = kept ?? first;
  if (from > size) {
    const reason = `the position ${from} that was kept is beyond its ${size} entries`;
    await tell(round, outcome, [{ event: 'trouble', log: place.name, word: 'smaller', reason, evidence: null }]);
    return;
  }
  const keep = (to: bigint): void => {
    next.keep();
    const position = String(round.isWhole ? to : from);
    keepPlace(round, origin, `${JSON.stringify({ schema: 'assay.log-position/1', position })}\n`);
  };
  // A round that is not the first goes on from where that came to.
  const isBefore = round.isFirst && round.from !== null && round.from < from;
  const passedOver = isBefore ? `went on from what was kept: --state with a new folder begins at ${round.from}` : null;
  const began = kept === null ? `begins at ${from}` : passedOver;
  const note = head.frozen ?? began;
  if (from === size) {
    const event = readEvent(place, head, round, { from: String(from), to: String(size), note });
    if (await tell(round, outcome, [event])) keep(size);
    return;
  }
  let at = from;
  for await (const chunk of tailLog(logs.context, head, from, createScan(ours))) {
    if ('word' in chunk) {
      await tell(round, outcome, [{ event: 'trouble', log: place.name, ...chunk, evidence: null }]);
      return;
    }
    const findings = chunk.hits.flatMap((hit): WatchEvent[] => {
      const alarm = alarmOf(hit, ours);
      return alarm === null ? [] : [{ event: 'finding', alarm, about: null, hit }];
    });
    const event = readEvent(place, head, round, { from: String(at), to: String(chunk.to), note });
    if (!(await tell(round, outcome, [...findings, event]))) return;
    keep(chunk.to);
    at = chunk.to;
  }
}

/** How far this watch came; of one that is new to the state, how far any came: each sees what else was watched. */
function placeOf({ state, watch }: Round, name: string): string | null {
  return state.position(`${name} ${watch}`) ?? state.position(name);
}

function keepPlace({ state, watch }: Round, name: string, text: string): void {
  state.keepPosition(`${name} ${watch}`, text);
  state.keepPosition(name, text);
}

/** Null where nothing was kept, or it cannot be read: then the log is begun anew. */
function positionOf(text: string | null): bigint | null {
  const [, digits] = /^\{"schema":"assay\.log-position\/1","position":"(\d{1,19})"\}\n$/.exec(text ?? '') ?? [];
  return digits === undefined ? null : BigInt(digits);
}

/** The index of Rekor v1: it grows too fast to be read, so each version that is published is asked for. */
async function askOn(place: LogPlace, round: Round, outcome: Outcome): Promise<void> {
  const { logs, ours, targets } = round;
  const next = await nextHeads(place, round, outcome);
  if (next === null) return;
  const told = new Set((placeOf(round, `${place.name} findings`) ?? '').split('\n').filter((leaf) => leaf !== ''));
  let questions = 0;
  let unasked = 0;
  const events: WatchEvent[] = [];
  const isKnown = (leaf: string): boolean => ours.leaves.has(leaf) || told.has(leaf) || told.has(claimOf(leaf));
  const searches = await searchEach(logs.context, [place], [...targets, ...subjectsOf(targets)], isKnown);
  for (const { target, search } of searches) {
    const { name } = target;
    const put = search.asked.filter(({ reason }) => reason !== NOT_ASKED);
    questions += put.length;
    unasked += search.asked.length - put.length;
    const reasons = [
      ...put.flatMap(({ question, reason }) => (reason === null ? [] : [`${question}: ${reason}`])),
      ...search.unindexed.map((leaf) => `the index does not have ${leaf}, which ${name} publishes`),
      ...(search.beyond === 0 ? [] : [`${search.beyond} more entries for ${name} were not looked at`]),
    ];
    for (const reason of reasons) {
      events.push({ event: 'trouble', log: place.name, word: 'unavailable', reason, evidence: null });
    }
    for (const { id, word, reason } of search.refused) {
      const shownWord = word === 'absent' ? 'unavailable' : word;
      events.push({ event: 'trouble', log: place.name, word: shownWord, reason: `${id}: ${reason}`, evidence: null });
    }
    for (const { hit, matches } of search.hits) {
      const isStrange = target.subject === null && matches !== 'no' && !ours.leaves.has(hit.leaf);
      const alarm = gravest(alarmOf(hit, ours), isStrange);
      if (alarm === null || told.has(hit.leaf)) continue;
      // What was a claim may turn out to be more, as under a newer root, or to another watch.
      const line = alarm === 'claimed' ? claimOf(hit.leaf) : hit.leaf;
      if (told.has(line)) continue;
      told.add(line);
      events.push({ event: 'finding', alarm, about: name, hit });
    }
  }
  if (unasked > 0) {
    const reason = `${unasked} more questions were ${NOT_ASKED}`;
    events.push({ event: 'trouble', log: place.name, word: 'unavailable', reason, evidence: null });
  }
  const { origin } = next.head.checkpoint;
  const rest = next.isOtherShard ? { questions, note: `goes on in another shard, ${origin}` } : { questions };
  if (!(await tell(round, outcome, [...events, readEvent(place, next.head, round, rest)]))) return;
  next.keep();
  keepPlace(round, `${place.name} findings`, [...told, ''].join('\n'));
}

/** What is kept of an entry that was told as a claim; of any other its leaf is. */
function claimOf(leaf: string): string {
  return `${leaf} claimed`;
}

/** Of what is theirs by its name alone, and about something of theirs, that is what counts. */
function gravest(alarm: Alarm | null, isStrange: boolean): Alarm | null {
  return isStrange && (alarm === null || alarm === 'claimed') ? 'stranger' : alarm;
}

/** The names in the certificates of what is published: somebody who signs as them is found by these. */
function subjectsOf(targets: readonly NamedTarget[]): readonly NamedTarget[] {
  const subjects = new Set(
    targets.flatMap(({ published }) => (published ?? []).flatMap(({ subject }) => subject ?? [])),
  );
  return [...subjects].map(byIdentity);
}
