import { isFailing, type LogSearch, type SearchHit } from '../../model/log.ts';
import type { JsonObject } from '../json/stringify.ts';
import { escapeText } from '../words/escape.ts';
import { count, table, wrap, shown, type RenderOptions } from '../words/layout.ts';
import { hitJson, hitRows, WORD_TEXTS, wordLine } from './log.ts';

/** A search for one thing. */
export interface NamedSearch {
  readonly name: string;
  readonly search: LogSearch;
}

/** An entry about this, that nothing published has. */
function isUnpublished({ published, matches }: SearchHit): boolean {
  return published === false && matches !== 'no';
}

/** An entry that the index named, and that is about something else. */
function isForeign({ matches }: SearchHit): boolean {
  return matches === 'no';
}

/** What a search comes to: something nobody published, an answer that contradicts itself, or one that is not whole. */
export function outcomeOf({ hits, refused, unindexed, beyond, asked }: LogSearch): 'fails' | 'holds' | 'unknown' {
  if (hits.some(isUnpublished)) return 'fails';
  if (refused.some(({ word }) => word !== 'absent' && isFailing(word))) return 'fails';
  const isWhole = refused.length === 0 && unindexed.length === 0 && beyond === 0;
  return isWhole && !hits.some(isForeign) && asked.every(({ found }) => found !== null) ? 'holds' : 'unknown';
}

/** `assay log search`, for people: each entry, then what was asked and what that does not show. */
export function renderSearches(
  searches: readonly NamedSearch[],
  problems: readonly string[],
  options: RenderOptions,
): string {
  const parts = searches.flatMap(({ name, search }) => partsOf(name, search, options));
  const last = problems.flatMap((problem) => wordLine('not searched', 'yellow', escapeText(problem, 600), options));
  return `${[...parts, ...(last.length === 0 ? [] : [last])].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function partsOf(name: string, search: LogSearch, options: RenderOptions): string[][] {
  const { hits, refused, unindexed, beyond, asked, unsearchable } = search;
  const shownName = escapeText(name, 300);
  const say = (text: string): string[] => wrap(shown(text, options), options.columns, 0, 2);
  return [
    ...hits.map((one) => [...hitLine(one, shownName, options), ...table(hitRows(one.hit), options)]),
    ...refused.map(({ log, id, word, reason }) =>
      wordLine(word, 'red', `${WORD_TEXTS[word]}: ${escapeText(log, 200)} ${id} (${escapeText(reason, 400)})`, options),
    ),
    ...unindexed.map((leaf) =>
      wordLine(
        'not in the index',
        'yellow',
        `the entry ${leaf}, which ${shownName} publishes: do not rely on it`,
        options,
      ),
    ),
    ...(beyond === 0 ? [] : [say(`${count(beyond, 'more entry', 'more entries')} named and not looked at`)]),
    [
      ...say(`${shownName}: ${foundText(search)}`),
      ...asked.flatMap(({ log, question, found, reason }) => {
        const answer = found === null ? `no answer (${escapeText(reason ?? '', 400)})` : String(found);
        return say(`  asked ${escapeText(log, 200)} for ${escapeText(question, 400)}: ${answer}`);
      }),
      ...(unsearchable.length === 0
        ? []
        : say(
            `  not searched: ${escapeText(unsearchable.join(', '), 600)} (no search there; assay log watch reads all)`,
          )),
    ],
  ];
}

function foundText({ hits, asked }: LogSearch): string {
  const answered = asked.filter(({ found }) => found !== null).length;
  if (answered === 0) return 'nothing is known, as no log answered.';
  const where = answered === asked.length ? '' : ', and not every question was answered';
  return `${count(hits.length, 'entry', 'entries')} found${where}. Nothing found would prove nothing.`;
}

function hitLine(one: SearchHit, name: string, options: RenderOptions): string[] {
  if (isForeign(one))
    return wordLine('of another', 'yellow', `the index named an entry that is not about ${name}`, options);
  if (isUnpublished(one))
    return wordLine('unpublished', 'red', `an entry that the registry of ${name} does not publish`, options);
  const what = one.published === true ? `an entry that is published with ${name}` : `an entry for ${name}`;
  const sure = one.matches === 'unknown' ? ', by the word of the index alone' : '';
  return wordLine(one.published === true ? 'published' : 'found', 'green', what + sure, options);
}

export function searchesJson(searches: readonly NamedSearch[], problems: readonly string[]): JsonObject {
  return {
    schema: 'assay.log/1',
    action: 'search',
    problems: [...problems],
    searches: searches.map(({ name, search }) => ({
      name,
      outcome: outcomeOf(search),
      hits: search.hits.map(({ hit, by, published, matches }) => ({
        published,
        matches,
        by: [...by],
        hit: hitJson(hit),
      })),
      refused: search.refused.map(({ log, id, word, reason }) => ({ log, id, word, reason })),
      unindexed: [...search.unindexed],
      beyond: search.beyond,
      asked: search.asked.map(({ log, question, found, reason }) => ({ log, question, found, reason })),
      unsearchable: [...search.unsearchable],
    })),
  };
}
