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
export type BundleOutcome =
  | { readonly ok: true; readonly proof: BundleProof; readonly instance?: string }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string };

/** What became of one bundle of a call, or of a file that cannot be read. */
export type BundleResult =
  | {
      readonly kind: 'judged';
      readonly file: string;
      /** Which of the file's bundles it is, from 1; null where it has one. */
      readonly line: number | null;
      readonly outcome: BundleOutcome;
    }
  | { readonly kind: 'unreadable'; readonly file: string; readonly problem: string };

const SUBJECTS_SHOWN = 10;

/** What became of every bundle, for people: each under its file where there are several. Ends with a newline. */
export function renderBundles(results: readonly BundleResult[], options: RenderOptions): string {
  const [only, ...others] = results;
  if (only?.kind === 'judged' && others.length === 0) return renderBundleVerification(only.outcome, options);
  const fitted = { ...options, columns: usableColumns(options.columns) };
  return results
    .map((result) => {
      const name = wrap(shown(nameOf(result), fitted), fitted.columns, 0, 2).join('\n');
      if (result.kind === 'judged') return `${name}\n${renderBundleVerification(result.outcome, options)}`;
      const lines = verdict('unread', escapeText(result.problem, 600), 'red', fitted);
      return `${name}\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

function nameOf(result: BundleResult): string {
  const line = result.kind === 'judged' && result.line !== null ? `:${result.line}` : '';
  return `${escapeText(result.file, 300)}${line}`;
}

/** What became of several bundles as JSON (docs/schemas/bundles-1.schema.json). */
export function bundlesJson(results: readonly BundleResult[]): JsonObject {
  return {
    schema: 'assay.bundles/1',
    verified: results.every((result) => result.kind === 'judged' && result.outcome.ok),
    bundles: results.map((result) => ({
      file: result.file,
      line: result.kind === 'judged' ? result.line : null,
      problem: result.kind === 'judged' ? null : result.problem,
      bundle: result.kind === 'judged' ? bundleJson(result.outcome) : null,
    })),
  };
}

/** The result of verifying a bundle, for people: signer, times, log entries, subjects. Ends with a newline. */
export function renderBundleVerification(outcome: BundleOutcome, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const lines = outcome.ok
    ? [
        ...verdict('verified', 'the bundle holds for this artifact', 'green', fitted),
        ...table([...instanceRows(outcome.instance), ...proofRows(outcome.proof)], fitted),
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
    return {
      schema,
      verified: false,
      instance: null,
      refusal: { reason, detail, message: REFUSALS[reason] },
      proof: null,
    };
  }
  const { statement } = outcome.proof;
  return {
    schema,
    verified: true,
    instance: outcome.instance ?? null,
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

function instanceRows(instance: string | undefined): Row[] {
  return instance === undefined ? [] : [['vouched by', escapeText(instance, 100)]];
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
