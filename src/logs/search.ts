import type { Digest } from '../model/dependency.ts';
import type { LogHit, LogSearch, SearchHit } from '../model/log.ts';
import type { LogContext } from './context.ts';
import type { LogPlace } from './places.ts';
import type { PublishedBundle } from './published.ts';
import { askIndex, type Rekor1Query } from './rekor-1.ts';
import { findEntry } from './show.ts';

/** What is searched: the questions, what it is, and what is published of it. */
export interface SearchTarget {
  readonly questions: readonly Question[];
  /** Hashes and names of which an entry must have one to be about it. */
  readonly digests: readonly Digest[];
  readonly subject: string | null;
  /** Null where nobody says what there should be. */
  readonly published: readonly PublishedBundle[] | null;
  /** Whether that is all that its registry publishes of it, so that what is not among it is not published. */
  readonly isWhole: boolean;
}

export interface Question {
  /** For people: `sha512 of the tarball`. */
  readonly name: string;
  readonly query: Rekor1Query;
}

/** Entries that are looked at in one search of one log. */
const MAX_HITS = 200;

/** The questions that lead to the entries of what is published. */
export function questionsOf(published: readonly PublishedBundle[]): readonly Question[] {
  const all = published.flatMap(({ digests }) => digests.map(([what, hash]) => ({ name: what, query: { hash } })));
  return [...new Map(all.map((question) => [question.query.hash.hex, question])).values()];
}

/** Why a question was not put to a log. */
export const NOT_ASKED = 'not asked, as it answered no question before';

/**
 * Searches for one target after the other: an index is shared by everybody. A log that answers no question about one
 * of them is asked about no other. Entries whose leaves (hex) are known are looked at last: many of them hide no other.
 */
export async function searchEach<T extends SearchTarget>(
  context: LogContext,
  places: readonly LogPlace[],
  targets: readonly T[],
  isKnown: (leaf: string) => boolean = () => false,
): Promise<readonly { readonly target: T; readonly search: LogSearch }[]> {
  const gone = new Set<string>();
  const searches: { readonly target: T; readonly search: LogSearch }[] = [];
  for (const target of targets) {
    const search = await searchLogs(context, places, target, { gone, isKnown });
    searches.push({ target, search });
    for (const { name } of places) {
      const asked = search.asked.filter(({ log }) => log === name);
      if (asked.length > 0 && asked.every(({ silent }) => silent)) gone.add(name);
    }
  }
  return searches;
}

/** Asks every index, verifies all that is named, and says how it goes with what is published. */
async function searchLogs(
  context: LogContext,
  places: readonly LogPlace[],
  target: SearchTarget,
  { gone, isKnown }: { readonly gone: ReadonlySet<string>; readonly isKnown: (leaf: string) => boolean },
): Promise<LogSearch> {
  const searchable = places.filter(({ api }) => api === 1);
  const searches = await Promise.all(
    searchable.map((place) =>
      gone.has(place.name) ? Promise.resolve(unasked(place, target)) : searchOne(context, place, target, isKnown),
    ),
  );
  return {
    asked: searches.flatMap(({ asked }) => asked),
    hits: searches.flatMap(({ hits }) => hits),
    refused: searches.flatMap(({ refused }) => refused),
    unindexed: searches.flatMap(({ unindexed }) => unindexed),
    beyond: searches.reduce((sum, { beyond }) => sum + beyond, 0),
    unsearchable: places.filter(({ api }) => api === 2).map(({ name }) => name),
  };
}

function unasked({ name: log }: LogPlace, { questions }: SearchTarget): Omit<LogSearch, 'unsearchable'> {
  const asked = questions.map((question) => ({
    ...{ log, question: questionText(question), found: null, reason: NOT_ASKED, silent: true },
  }));
  return { asked, hits: [], refused: [], unindexed: [], beyond: 0 };
}

async function searchOne(
  context: LogContext,
  place: LogPlace,
  target: SearchTarget,
  isKnown: (leaf: string) => boolean,
): Promise<Omit<LogSearch, 'unsearchable'>> {
  const log = place.name;
  const answers = await Promise.all(
    target.questions.map(async (one) => ({
      question: questionText(one),
      answer: await askIndex(context.http, place.url, one.query),
    })),
  );
  const asked = answers.map(({ question, answer }) =>
    answer.state === 'present'
      ? { log, question, found: answer.value.length, reason: null, silent: false }
      : {
          ...{ log, question, found: null, reason: answer.state === 'absent' ? 'there is no index' : answer.reason },
          silent: answer.state !== 'malformed',
        },
  );
  /** By the hash of the leaf: an id may come with its tree or without. */
  const named = new Map<string, { readonly id: string; readonly by: string[] }>();
  for (const { question, answer } of answers) {
    for (const id of answer.state === 'present' ? answer.value : []) {
      const one = named.get(id.slice(-64)) ?? { id, by: [] };
      one.by.push(question);
      named.set(id.slice(-64), one);
    }
  }
  const unknown = [...named].filter(([leaf]) => !isKnown(leaf));
  const known = [...named].filter(([leaf]) => isKnown(leaf));
  const looked = [...unknown, ...known].slice(0, MAX_HITS).map(([, one]) => one);
  const found = await Promise.all(
    looked.map(async ({ id, by }) => ({ id, by, entry: await findEntry(context, place, id) })),
  );
  const refused: LogSearch['refused'][number][] = [];
  const hits: SearchHit[] = [];
  for (const { id, by, entry } of found) {
    if (entry === null) refused.push({ log, id, word: 'absent', reason: 'the index names it' });
    else if ('word' in entry) refused.push({ log, id, ...entry });
    else hits.push({ by, ...compare(entry.hit, target) });
  }
  const ids = new Set(place.keys.flatMap((key) => key.ids));
  const own = (target.published ?? []).flatMap(({ leaves }) => leaves.filter(({ logId }) => ids.has(logId)));
  const unindexed = asked.some(({ found: number }) => number === null)
    ? []
    : own.map(({ leaf }) => leaf).filter((leaf) => !named.has(leaf));
  return { asked, hits, refused, unindexed: [...new Set(unindexed)], beyond: Math.max(0, unknown.length - MAX_HITS) };
}

function questionText({ name, query }: Question): string {
  return `${name} ${'hash' in query ? `${query.hash.algorithm}:${query.hash.hex}` : query.subject}`;
}

/** Puts the statement to an entry, where what is published has it, and says whether it is about the target. */
function compare(hit: LogHit, { digests, subject, published, isWhole }: SearchTarget): Omit<SearchHit, 'by'> {
  const isKnownToBe = published?.some(({ leaves }) => leaves.some(({ leaf }) => leaf === hit.leaf)) === true;
  // Of what was not compared with all that a registry publishes, nobody knows that it is not published.
  const own = isKnownToBe || isWhole ? isKnownToBe : null;
  if (hit.record === null) return { hit, published: own, matches: 'unknown' };
  const { record } = hit;
  const bundle = published?.find((one) =>
    one.digests.some(([what, { hex }]) => what === 'payload' && record.of === 'payload' && hex === record.digest.hex),
  );
  const statement = record.statement ?? (bundle?.statement ? { ...bundle.statement, from: 'registry' as const } : null);
  const names = [record.digest, ...(statement?.subjects.flatMap((one) => one.digests) ?? [])];
  const isNamed = digests.some((one) =>
    names.some(({ algorithm, hex }) => algorithm === one.algorithm && hex === one.hex),
  );
  const isSubject =
    subject !== null && record.signer.kind === 'certificate' && same(record.signer.identity.subject, subject);
  const isKnown = subject !== null || statement !== null || record.of === 'signed';
  const matches = own === true || isNamed || isSubject ? 'yes' : isKnown ? 'no' : 'unknown';
  return { hit: { ...hit, record: { ...record, statement } }, published: own, matches };
}

/** Rekor's index does not tell letters' cases apart. */
function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
