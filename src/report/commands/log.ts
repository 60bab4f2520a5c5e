import type { LogHit, LogHitRecord, LogWord } from '../../model/log.ts';
import { formatInstant } from '../../model/time.ts';
import { identityJson } from '../json/proofs.ts';
import { instantJson, type JsonObject } from '../json/stringify.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import { paint, shown, table, wrap, type RenderOptions, type Row, type Tone } from '../words/layout.ts';
import { signerRows, subjectText } from './bundle.ts';

const SUBJECTS_SHOWN = 10;

/** A line that begins with a word in a tone. */
export function wordLine(word: string, tone: Tone, rest: string, options: RenderOptions): string[] {
  return wrap(shown(`${word}: ${rest}`, options), options.columns, 0, 2).map((line, i) =>
    i === 0 ? paint(tone, line.slice(0, word.length), options) + line.slice(word.length) : line,
  );
}

/** Words for what a log did, as people read them. */
export const WORD_TEXTS: Readonly<Record<LogWord | 'absent', string>> = {
  held: 'verified in the tree of the log',
  fork: 'the log signed two histories',
  unproven: 'the log answered with a proof of another tree',
  'other-tree': 'the log answered out of another tree than the one it signed for',
  'other-entry': 'the log answered with another entry',
  hidden: 'the log signed that it has the entry, and says that it has none',
  unwitnessed: 'fewer witnesses signed its checkpoint than are demanded',
  smaller: 'the tree is smaller than one that the log signed before',
  'other-key': 'no key of a trusted root in use is behind it',
  pruned: 'the log no longer serves that part of itself',
  malformed: 'what the log answered cannot be read',
  unavailable: 'the log gave no answer to rely on',
  absent: 'the log has no such entry',
};

/** What is known of an entry, one row each. */
export function hitRows(hit: LogHit): Row[] {
  const { uuid, record, unread, time } = hit;
  return [
    ['entry', `${escapeText(hit.index, 40)} in ${escapeText(hit.origin, 200)}, ${kindText(hit)}`],
    ...(uuid === null ? [] : [['uuid', uuid] as const]),
    ['tree', `position ${hit.treeIndex} of ${hit.treeSize}, leaf ${hit.leaf}`],
    ...(time === null ? [] : [['logged at', `${formatInstant(time)} (promised by the log)`] as const]),
    ...witnessRows(hit),
    ...(record === null ? [['not read', quoteText(unread ?? '')] as const] : recordRows(record)),
  ];
}

/** Nothing where no witness is known. */
export function witnessRows({ cosigned, witnesses }: Pick<LogHit, 'cosigned' | 'witnesses'>): Row[] {
  const names = cosigned.length === 0 ? '' : `: ${escapeText(cosigned.join(', '), 300)}`;
  return witnesses === 0 ? [] : [['witnesses', `${cosigned.length} of ${witnesses}${names}`]];
}

function kindText({ kind, version }: LogHit): string {
  return kind === '' ? 'of an unknown kind' : `${escapeText(kind, 40)} ${escapeText(version, 20)}`;
}

function recordRows({ signer, of, digest, statement }: LogHitRecord): Row[] {
  const issued = signer.kind === 'key' || signer.issued;
  const subjects = statement?.subjects ?? [];
  return [
    ...signerRows(signer),
    ...(issued ? [] : [['issued by', 'no authority of the trusted root: anybody may have written this name'] as const]),
    [of === 'payload' ? 'statement' : 'signed', `${digest.algorithm}:${digest.hex}`],
    ...(statement === null ? [] : [['predicate', escapeText(statement.predicateType, 200)] as const]),
    ...subjects.slice(0, SUBJECTS_SHOWN).map(({ name, digests }): Row => ['subject', subjectText(name, digests)]),
    ...(subjects.length > SUBJECTS_SHOWN ? [['', `and ${subjects.length - SUBJECTS_SHOWN} more`] as const] : []),
  ];
}

/** An entry as JSON (docs/schemas/log-1.schema.json). */
export function hitJson(hit: LogHit): JsonObject {
  const { record, time, cosigned, ...rest } = hit;
  return {
    ...rest,
    time: instantJson(time),
    cosigned: [...cosigned],
    record: record === null ? null : recordJson(record),
  };
}

function recordJson({ signer, of, digest, statement }: LogHitRecord): JsonObject {
  return {
    signer:
      signer.kind === 'key'
        ? { kind: signer.kind, keyId: signer.keyId }
        : {
            kind: signer.kind,
            identity: identityJson(signer.identity),
            fingerprint: signer.fingerprint,
            notBefore: instantJson(signer.notBefore),
            issued: signer.issued,
          },
    of,
    digest: `${digest.algorithm}:${digest.hex}`,
    statement:
      statement === null
        ? null
        : {
            from: statement.from,
            type: statement.type,
            predicateType: statement.predicateType,
            subjects: statement.subjects.map(({ name, digests }) => ({
              name,
              digests: digests.map(({ algorithm, hex }) => `${algorithm}:${hex}`),
            })),
          },
  };
}

/** What one log answered for one entry that was asked for. */
export interface ShownEntry {
  readonly log: string;
  readonly word: LogWord | 'absent';
  readonly reason: string;
  readonly hit: LogHit | null;
}

/** `assay log show`, for people. */
export function renderShown(entries: readonly ShownEntry[], options: RenderOptions): string {
  const parts = entries.map(({ log, word, reason, hit }) => [
    ...wordLine(word, word === 'held' ? 'green' : 'red', headText(log, word, reason), options),
    ...(hit === null ? [] : table(hitRows(hit), options)),
  ]);
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headText(log: string, word: LogWord | 'absent', reason: string): string {
  const detail = reason === '' ? '' : ` (${escapeText(reason, 600)})`;
  return `${WORD_TEXTS[word]}: ${escapeText(log, 200)}${detail}`;
}

export function shownJson(entries: readonly ShownEntry[]): JsonObject {
  return {
    schema: 'assay.log/1',
    action: 'show',
    entries: entries.map(({ hit, ...rest }) => ({ ...rest, hit: hit === null ? null : hitJson(hit) })),
  };
}
