import type { RefusalReason } from '../../src/model/finding.ts';
import { replaceAt } from './support.ts';

type Path = readonly (string | number)[];

/**
 * What a change of one field must be refused for: the first step that reads it, or a later one where the first still
 * understands the changed value. `inert` fields are covered by no signature and decide nothing: a change of one either
 * is refused for one of the reasons or leaves the very same proof.
 */
interface Rule {
  readonly reasons: readonly RefusalReason[];
  readonly inert?: true;
}

const CERTIFICATE: readonly RefusalReason[] = [
  'certificate-malformed',
  'certificate-chain',
  'certificate-validity',
  'certificate-usage',
];

/** By the end of the path, most specific first. */
const RULES: readonly (readonly [RegExp, Rule])[] = [
  // Another version has other demands.
  [/^mediaType$/, { reasons: ['bundle-media-type', 'bundle-malformed'] }],
  [/certificate\.rawBytes$/, { reasons: CERTIFICATE }],
  [/certificates\.0\.rawBytes$/, { reasons: CERTIFICATE }],
  // Issuers come from the trusted root.
  [/certificates\.\d+\.rawBytes$/, { reasons: [], inert: true }],
  [/publicKey\.hint$/, { reasons: ['envelope', 'key-unknown'] }],
  [/inclusionProof\.logIndex$/, { reasons: ['log-inclusion'] }],
  [/inclusionProof\.(rootHash|treeSize)$/, { reasons: ['log-checkpoint'] }],
  [/inclusionProof\.hashes\.\d+$/, { reasons: ['log-inclusion'] }],
  [/checkpoint\.envelope$/, { reasons: ['log-checkpoint'] }],
  [/logIndex$/, { reasons: ['log-promise', 'log-entry-mismatch'] }],
  [/logId\.keyId$/, { reasons: ['log-unknown'] }],
  [/kindVersion\.(kind|version)$/, { reasons: ['log-entry-mismatch'] }],
  [/integratedTime$/, { reasons: ['log-promise'] }],
  [/signedEntryTimestamp$/, { reasons: ['log-promise'] }],
  [/canonicalizedBody$/, { reasons: ['log-promise', 'log-inclusion'] }],
  // The response around the signed token says nothing that is signed: its status, lists of algorithms, certificates.
  [/signedTimestamp$/, { reasons: ['timestamp'], inert: true }],
  [/messageDigest\.algorithm$/, { reasons: ['bundle-malformed'] }],
  [/messageDigest\.digest$/, { reasons: ['artifact-mismatch'] }],
  [/(messageSignature\.signature|\.sig)$/, { reasons: ['timestamp', 'log-entry-mismatch', 'signature'] }],
  [/payloadType$/, { reasons: ['payload-type'] }],
  [/dsseEnvelope\.payload$/, { reasons: ['log-entry-mismatch', 'signature'] }],
  [/keyid$/, { reasons: ['envelope'], inert: true }],
];

export interface Flip {
  readonly path: string;
  readonly reasons: readonly RefusalReason[];
  readonly inert: boolean;
  readonly bundle: unknown;
}

/**
 * Every field of a bundle with one bit changed, at up to `perField` places of it. Binary fields are changed in their
 * bytes, integers and texts in their characters. Throws for a field no rule speaks of.
 */
export function* flips(bundle: unknown, perField: number): Generator<Flip> {
  for (const { path, value } of leaves(bundle)) {
    const name = path.join('.');
    const rule = RULES.find(([pattern]) => pattern.test(name))?.[1];
    if (rule === undefined) throw new Error(`no rule for ${name}`);
    const [length, change] = mutation(name, value);
    const step = Math.max(1, Math.floor(length / perField));
    for (let at = 0; at < length; at += step) {
      const inert = rule.inert === true || isOfWitness(name, value, at);
      yield { path: `${name} @${at}`, reasons: rule.reasons, inert, bundle: replaceAt(bundle, path, () => change(at)) };
    }
  }
}

/** A log signs its checkpoints first; witnesses sign behind it, and nobody here knows them. */
function isOfWitness(name: string, value: string, at: number): boolean {
  const [, own] = /\n\n(.*\n)/.exec(value) ?? [];
  return name.endsWith('checkpoint.envelope') && own !== undefined && at >= value.indexOf(own) + own.length;
}

function* leaves(json: unknown, path: Path = []): Generator<{ path: Path; value: string }> {
  if (typeof json === 'string') {
    if (json !== '') yield { path, value: json };
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, value] of Object.entries(json)) yield* leaves(value, [...path, key]);
  }
}

const TEXT = /(mediaType|hint|keyid|payloadType|kind|version|envelope|algorithm)$/;
const INTEGER = /(logIndex|treeSize|integratedTime)$/;

/** How many places a value has, and the value with the one at a position changed. */
function mutation(name: string, value: string): [number, (at: number) => string] {
  if (INTEGER.test(name)) return [1, () => String(BigInt(value) ^ 1n)];
  if (TEXT.test(name)) {
    return [
      value.length,
      (at) => value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1),
    ];
  }
  const bytes = Buffer.from(value, 'base64');
  return [
    bytes.length,
    (at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      return changed.toString('base64');
    },
  ];
}
