import type { LogHit, LogWord } from '../../model/log.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { compact, type JsonObject } from '../json/stringify.ts';
import { escapeText } from '../words/escape.ts';
import { count, shown, table, wrap, type RenderOptions } from '../words/layout.ts';
import { hitJson, hitRows, WORD_TEXTS, wordLine } from './log.ts';

/** What a watch has to say, one at a time. */
export type WatchEvent =
  /** An entry that nobody expected. */
  | { readonly event: 'finding'; readonly alarm: string; readonly about: string | null; readonly hit: LogHit }
  /** A log did something else than what was asked. */
  | {
      readonly event: 'trouble';
      readonly log: string;
      readonly word: LogWord;
      readonly reason: string;
      readonly evidence: string | null;
    }
  /** How far a log was read, or what its index was asked. */
  | {
      readonly event: 'read';
      readonly log: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly questions: number;
      readonly note: string | null;
      readonly cosigned: number;
      readonly witnesses: number;
    };

const ALARM_TEXTS: Readonly<Record<string, string>> = {
  unpublished: 'signed as one of the watched repositories, and in no published bundle',
  stranger: 'about what is published, and signed by somebody else',
  unread: 'of a watched repository, and cannot be read',
  claimed: 'names a watched repository in a certificate that no authority issued: anybody can write that',
};

/** One line of JSON (docs/logs.md). */
export function eventLine(event: WatchEvent, at: Instant): string {
  const json: JsonObject =
    event.event === 'finding' ? { ...event, hit: hitJson(event.hit) } : { ...(event as JsonObject) };
  // Invisible characters are escaped by JSON's own escapes, so that a line stays one.
  return `${compact({ schema: 'assay.log-event/1', at: formatInstant(at), ...json })}\n`;
}

/** The same for people. */
export function renderEvent(event: WatchEvent, options: RenderOptions): string {
  return `${linesOf(event, options).join('\n')}\n`;
}

function linesOf(event: WatchEvent, options: RenderOptions): string[] {
  switch (event.event) {
    case 'finding': {
      const about = event.about === null ? '' : ` (${escapeText(event.about, 300)})`;
      const text = (ALARM_TEXTS[event.alarm] ?? '') + about;
      const tone = event.alarm === 'claimed' ? 'yellow' : 'red';
      return [...wordLine(event.alarm, tone, text, options), ...table(hitRows(event.hit), options)];
    }
    case 'trouble': {
      const evidence = event.evidence === null ? '' : `; assay log verify --fork ${escapeText(event.evidence, 1000)}`;
      const text = `${WORD_TEXTS[event.word]}: ${escapeText(event.log, 200)} (${escapeText(event.reason, 600)})${evidence}`;
      return wordLine(event.word, 'red', text, options);
    }
    case 'read': {
      const { log, from, to, questions, note, cosigned, witnesses } = event;
      const what =
        from === null || to === null ? `its index was asked ${count(questions, 'time')}` : `read from ${from} to ${to}`;
      const signed = witnesses === 0 ? '' : `, cosigned by ${cosigned} of ${witnesses} witnesses`;
      const text = `${escapeText(log, 200)}: ${what}${signed}${note === null ? '' : ` (${escapeText(note, 300)})`}`;
      return wrap(shown(text, options), options.columns, 0, 2);
    }
  }
}
