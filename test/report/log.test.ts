import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderShown, shownJson } from '../../src/report/commands/log.ts';
import { renderSearches, searchesJson, type NamedSearch } from '../../src/report/commands/log-search.ts';
import { forkJson, renderFork, renderVerified, verifiedJson } from '../../src/report/commands/log-verify.ts';
import { eventLine, renderEvent, type WatchEvent } from '../../src/report/commands/log-watch.ts';
import { compact, type Json } from '../../src/report/json/stringify.ts';
import { LOG_WORDS, type LogHit } from '../../src/model/log.ts';
import { bundleProofWith, NOON } from './fixtures.ts';
import { HOSTILE, hostileText } from './hostile.ts';
import { expectInert } from './inert.ts';

/** An entry with `text` wherever whoever logs it, or a witness, could put words of their own. */
function hitsWith(text: string): readonly LogHit[] {
  const proof = bundleProofWith(text);
  const { signer: own } = proof;
  if (own.kind !== 'certificate') throw new Error('the fixture has a certificate');
  const known = { fingerprint: 'ab'.repeat(32), notBefore: NOON };
  const of = { of: 'payload', digest: { algorithm: 'sha256', hex: 'ab'.repeat(32) } } as const;
  const statement = proof.statement === null ? null : { ...proof.statement, from: 'log' as const };
  const hit: LogHit = {
    log: 'rekor.lab.test',
    origin: text,
    uuid: null,
    index: '1',
    treeIndex: '1',
    treeSize: '2',
    leaf: 'ab'.repeat(32),
    time: NOON,
    kind: text,
    version: text,
    record: null,
    unread: text,
    cosigned: [text],
    witnesses: 1,
  };
  const signers = [
    ...[true, false].map((issued) => ({ kind: 'certificate', identity: own.identity, ...known, issued }) as const),
    { kind: 'key', keyId: text } as const,
  ];
  return [hit, ...signers.map((signer) => ({ ...hit, unread: null, record: { signer, ...of, statement } }))];
}

function eventsWith(text: string): readonly WatchEvent[] {
  const findings = hitsWith(text).flatMap((hit): WatchEvent[] =>
    ['unpublished', 'claimed'].map((alarm) => ({ event: 'finding', alarm, about: text, hit })),
  );
  const troubles = LOG_WORDS.map((word): WatchEvent => {
    return { event: 'trouble', log: 'rekor.lab.test', word, reason: text, evidence: text };
  });
  const read = { event: 'read', log: 'rekor.lab.test', note: text, cosigned: 0, witnesses: 1, questions: 1 } as const;
  return [...findings, ...troubles, { ...read, from: '1', to: '2' }, { ...read, from: null, to: null }];
}

function searchWith(text: string): NamedSearch {
  const asked = { log: 'rekor.lab.test', question: text, silent: false };
  return {
    name: text,
    search: {
      asked: [
        { ...asked, found: 1, reason: null },
        { ...asked, found: null, reason: text },
      ],
      hits: hitsWith(text).flatMap((hit) =>
        ([true, false, null] as const).flatMap((published) =>
          (['yes', 'no', 'unknown'] as const).map((matches) => ({ hit, by: [text], published, matches })),
        ),
      ),
      refused: [{ log: 'rekor.lab.test', id: text, word: 'malformed', reason: text }],
      unindexed: ['ab'.repeat(32)],
      beyond: 1,
      unsearchable: [text],
    },
  };
}

const verified = (text: string): Parameters<typeof renderVerified>[0] =>
  LOG_WORDS.map((word) => ({
    bundle: text,
    log: 'rekor.lab.test',
    word,
    reason: text,
    index: '1',
    leaf: 'ab'.repeat(32),
    origin: text,
    size: '2',
    kept: null,
    otherTrees: [text],
    frozen: text,
    cosigned: [text],
    witnesses: 1,
    evidence: text,
  }));

const shownWith = (text: string): Parameters<typeof renderShown>[0] =>
  [null, ...hitsWith(text)].flatMap((hit) =>
    (['held', 'absent'] as const).map((word) => ({ log: 'rekor.lab.test', word, reason: text, hit })),
  );

/** What a line of ours begins with: a word and a colon, or the name of a log of the trusted root. */
const OURS = /^(?:[a-z][a-z -]*:(?: |$)|rekor\.lab\.test: |\d+ more entr)/;
const columnsOf = fc.constantFrom(40, 80, 120);

describe('what a log says, shown', () => {
  test('is inert for people, whatever is in it', () => {
    fc.assert(
      fc.property(hostileText, columnsOf, fc.boolean(), (text, columns, unicode) => {
        const suits = { columns, unicode };
        for (const event of eventsWith(text)) expectInert((options) => renderEvent(event, options), suits, OURS);
        expectInert((options) => renderShown(shownWith(text), options), suits, OURS);
        expectInert((options) => renderVerified(verified(text), options), suits, OURS);
        expectInert((options) => renderFork(text, { word: 'malformed', reason: text }, options), suits, OURS);
        expectInert((options) => renderSearches([], [text], options), suits, OURS);
      }),
      { numRuns: 40 },
    );
  });

  test('is inert for people in a search, whose name the user gave', () => {
    fc.assert(
      fc.property(hostileText, columnsOf, fc.boolean(), (text, columns, unicode) => {
        const { search } = searchWith(text);
        const searches = [{ name: 'acme-lib', search }];
        const ours = /^(?:[a-z][a-z -]*:(?: |$)|\d+ more entr)/;
        expectInert((options) => renderSearches(searches, [text], options), { columns, unicode }, ours);
      }),
      { numRuns: 40 },
    );
  });

  test('is one line of JSON for each event, of visible characters, with all of the text', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const event of eventsWith(text)) {
          const line = eventLine(event, NOON);
          expect(line.indexOf('\n')).toBe(line.length - 1);
          expectVisible(line.slice(0, -1));
          const json = JSON.parse(line) as {
            readonly about?: string;
            readonly reason?: string;
            readonly note?: string;
          };
          expect([json.about, json.reason, json.note]).toContain(text);
        }
        for (const json of [
          shownJson(shownWith(text)),
          verifiedJson(verified(text), [text]),
          forkJson(text, { word: 'malformed', reason: text }),
          searchesJson([searchWith(text)], [text]),
        ] satisfies Json[]) {
          expectVisible(compact(json));
        }
      }),
      { numRuns: 100 },
    );
  });
});

function expectVisible(line: string): void {
  expect([HOSTILE.test(line), line.includes('##'), line]).toEqual([false, false, line]);
}
