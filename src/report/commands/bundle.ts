import { hashText } from '../../model/hash.ts';
import type { Digest } from '../../model/dependency.ts';
import type { RefusalReason } from '../../model/finding.ts';
import type { BundleProof, Identity, LogEntryProof, Signer } from '../../model/proof.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import { bundleProofJson } from '../json/proofs.ts';
import { count, paint, shown, table, usableColumns, wrap, type RenderOptions, type Row } from '../words/layout.ts';
import { REFUSALS } from '../words/refusals.ts';
import type { JsonObject } from '../json/stringify.ts';

/** What verifying one bundle gave: a proof, or the first step that did not hold. */
type BundleOutcome =
  | { readonly ok: true; readonly proof: BundleProof }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string };

const SUBJECTS_SHOWN = 10;

/** The result of verifying a bundle, for people: signer, times, log entries, subjects. Ends with a newline. */
export function renderBundleVerification(outcome: BundleOutcome, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const lines = outcome.ok
    ? [
        ...verdict('verified', 'the bundle holds for this artifact', 'green', fitted),
        ...table(proofRows(outcome.proof), fitted),
      ]
    : [
        ...verdict('refused', REFUSALS[outcome.reason], 'red', fitted),
        ...table(
          [
            ['reason', outcome.reason],
            ['detail', quoteText(outcome.detail, 600)],
          ],
          fitted,
        ),
      ];
  return `${lines.join('\n')}\n`;
}

/** The outcome as JSON (docs/schemas/bundle-1.schema.json). */
export function bundleJson(outcome: BundleOutcome): JsonObject {
  const schema = 'assay.bundle/1';
  if (!outcome.ok) {
    const { reason, detail } = outcome;
    return { schema, verified: false, refusal: { reason, detail, message: REFUSALS[reason] }, proof: null };
  }
  const { statement } = outcome.proof;
  return {
    schema,
    verified: true,
    refusal: null,
    proof: {
      ...bundleProofJson(outcome.proof),
      statement:
        statement === null
          ? null
          : {
              type: statement.type,
              predicateType: statement.predicateType,
              subjects: statement.subjects.map(({ name, digests }) => ({ name, digests: digests.map(hashText) })),
            },
    },
  };
}

function verdict(word: string, rest: string, tone: 'green' | 'red', options: RenderOptions): string[] {
  return wrap(shown(`${word}: ${rest}`, options), options.columns, 0, 2).map((line, i) =>
    i === 0 ? paint(tone, line.slice(0, word.length), options) + line.slice(word.length) : line,
  );
}

function proofRows({ mediaType, signer, times, log, scts, statement }: BundleProof): Row[] {
  const subjects = statement?.subjects ?? [];
  const more = subjects.length - SUBJECTS_SHOWN;
  return [
    ...signerRows(signer),
    ...times.map(({ source, time }): Row => ['signed at', `${formatInstant(time)} (${TIME_SOURCES[source]})`]),
    ...log.map((entry): Row => ['log entry', logText(entry)]),
    ...(signer.kind === 'certificate'
      ? ([['certificate', `in ${count(scts, 'certificate-transparency log')}`]] as Row[])
      : []),
    ...(statement === null ? [] : ([['statement', escapeText(statement.predicateType, 200)]] as Row[])),
    ...subjects.slice(0, SUBJECTS_SHOWN).map(({ name, digests }): Row => ['subject', subjectText(name, digests)]),
    ...(more > 0 ? ([['', `and ${count(more, 'more subject')} (--json lists all)`]] as Row[]) : []),
    ['bundle', escapeText(mediaType, 100)],
  ];
}

const TIME_SOURCES = { log: 'transparency log', timestamp: 'timestamp authority' } as const;

export function signerRows(signer: Signer): Row[] {
  if (signer.kind === 'key') return [['signed by', `key ${escapeText(signer.keyId, 100)}`]];
  return [
    ['signed by', escapeText(signer.identity.subject, 300)],
    ...IDENTITY_ROWS.flatMap(([label, field]): Row[] => {
      const value = signer.identity[field];
      return value === null ? [] : [[label, escapeText(value, 300)]];
    }),
  ];
}

const IDENTITY_ROWS: readonly (readonly [string, Exclude<keyof Identity, 'subject'>])[] = [
  ['issuer', 'issuer'],
  ['repository', 'repository'],
  ['owner', 'owner'],
  ['workflow', 'workflow'],
  ['ref', 'ref'],
  ['commit', 'commit'],
  ['trigger', 'trigger'],
  ['runner', 'runner'],
  ['run', 'run'],
  ['signer', 'signer'],
];

function logText({ origin, logIndex, kind, version, promise, inclusion }: LogEntryProof): string {
  const held = [...(inclusion ? ['inclusion proven'] : []), ...(promise ? ['promised by the log'] : [])];
  const what = `${escapeText(kind, 40)} ${escapeText(version, 20)}`;
  return `${escapeText(logIndex, 40)} in ${escapeText(origin, 120)}, ${what}${held.map((text) => `, ${text}`).join('')}`;
}

export function subjectText(name: string, digests: readonly Digest[]): string {
  const hashes = digests.slice(0, 4).map(({ algorithm, hex }) => `${algorithm}:${escapeText(hex, 140)}`);
  return `${escapeText(name, 160)} ${hashes.join(' ')}`;
}
