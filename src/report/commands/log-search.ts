import { isFailing, type LogSearch, type SearchHit } from '../../model/log.ts';
import { groupBy } from '../../model/group-by.ts';
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
  const silent = searches.filter(({ search }) => isSilent(search));
  const others = silent.length > 1 ? searches.filter(({ search }) => !isSilent(search)) : searches;
  const parts = [
    ...others.flatMap(({ name, search }) => partsOf([name], search, options)),
    ...(silent.length > 1 ? silentParts(silent, options) : []),
  ];
  const last = problems.flatMap((problem) => wordLine('not searched', 'yellow', escapeText(problem, 600), options));
  return `${[...parts, ...(last.length === 0 ? [] : [last])].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Whether no log answered, and so there is nothing to show but that. */
function isSilent({ hits, refused, unindexed, asked }: LogSearch): boolean {
  return asked.length > 0 && asked.every(({ found }) => found === null) && [hits, refused, unindexed].every(isEmpty);
}

function isEmpty({ length }: readonly unknown[]): boolean {
  return length === 0;
}

/** What nothing is known of, every name, and each cause once. */
function silentParts(searches: readonly NamedSearch[], options: RenderOptions): string[][] {
  const [{ search: first } = { search: null }] = searches;
  if (first === null) return [];
  const whole = { ...first, asked: searches.flatMap(({ search }) => search.asked) };
  return partsOf(
    searches.map(({ name }) => name),
    whole,
    options,
  );
}

function partsOf(names: readonly string[], search: LogSearch, options: RenderOptions): string[][] {
  const { hits, refused, unindexed, beyond, asked, unsearchable } = search;
  const shownName = names.map((name) => escapeText(name, 300)).join(', ');
  const say = (text: string, indent = 0): string[] => wrap(shown(text, options), options.columns, indent, indent + 2);
  return [
    ...hits.map((one) => [...hitLine(one, shownName, options), ...table(hitRows(one.hit), options)]),
    ...refused.map(({ log, id, word, reason }) =>
      wordLine(
        word,
        'red',
        `${WORD_TEXTS[word]}: ${escapeText(log, 200)} ${escapeText(id, 100)} (${escapeText(reason, 400)})`,
        options,
      ),
    ),
    ...unindexed.map((leaf) =>
      wordLine('not in the index', 'yellow', `the entry ${leaf} of ${shownName}: do not rely on it`, options),
    ),
    ...(beyond === 0 ? [] : [say(`${count(beyond, 'more entry', 'more entries')} named and not looked at`)]),
    [
      ...say(`${shownName}: ${foundText(search)}`),
      ...askedTexts(asked).flatMap((text) => say(text, 2)),
      ...(unsearchable.length === 0
        ? []
        : say(
            `not searched: ${escapeText(unsearchable.join(', '), 600)} (no search there; assay log watch reads all)`,
            2,
          )),
    ],
  ];
}

/** Each question with its answer; those without one stand together where they have the same cause. */
function askedTexts(asked: LogSearch['asked']): readonly string[] {
  const alike = groupBy(asked, ({ log, question, found, reason }) =>
    JSON.stringify(found === null ? [log, reason] : [log, reason, question]),
  );
  return [...alike.values()].map(([{ log, question, found, reason }, ...others]) => {
    const shownLog = escapeText(log, 200);
    const cause = `(${escapeText(reason ?? '', 400)})`;
    if (found === null && others.length > 0)
      return `no answer of ${shownLog} to ${count(others.length + 1, 'question')} ${cause}`;
    return `asked ${shownLog} for ${escapeText(question, 400)}: ${found === null ? `no answer ${cause}` : String(found)}`;
  });
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
