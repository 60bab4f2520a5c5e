import { hash as digest } from 'node:crypto';
import type { Digest } from '../model/dependency.ts';
import type { Statement } from '../model/proof.ts';
import { openArtifact } from '../sigstore/artifact.ts';
import { parseBundle, type Bundle, type LogEntry } from '../sigstore/bundle.ts';
import { parsePublicKey } from '../sigstore/keys.ts';
import { matchBody } from '../sigstore/log-body.ts';
import { readRecord } from '../sigstore/log-record.ts';
import { preAuthEncoding } from '../sigstore/pae.ts';
import { readIdentity } from '../sigstore/identity.ts';
import { Malformed, Refusal } from '../sigstore/refusal.ts';
import { parseStatement } from '../sigstore/statement.ts';
import { parseCertificate } from '../sigstore/x509.ts';
import { leafHash } from '../tlog/merkle.ts';

/** An entry that a bundle lists. Whoever writes a bundle lists what they like. */
export interface ListedEntry {
  readonly entry: LogEntry;
  /** Why it is not one for this signature over this content, by this signer; null where it is. */
  readonly fault: string | null;
}

/** What somebody publishes: a bundle, as far as a log may have entries for it. Nothing in it is verified. */
export interface PublishedBundle {
  readonly entries: readonly ListedEntry[];
  /** The hashes as leaves, hex, of those that are entries for this bundle, with the ids of their logs. */
  readonly leaves: readonly { readonly leaf: string; readonly logId: string }[];
  readonly statement: Statement | null;
  /** The name in its certificate; null where a key signed. */
  readonly subject: string | null;
  /**
   * What an entry may name it by: the artifact of a message, or payload and encoded envelope; the certificate as Rekor
   * writes it. Each with its name.
   */
  readonly digests: readonly (readonly [what: string, digest: Digest])[];
}

/** Reads a bundle; null for what is none. */
export function readPublished(json: unknown): PublishedBundle | null {
  try {
    return publishedOf(parseBundle(json));
  } catch (error) {
    if (error instanceof Refusal || error instanceof Malformed) return null;
    throw error;
  }
}

function publishedOf(bundle: Bundle): PublishedBundle {
  const { content, signer } = bundle;
  const entries = bundle.logEntries.map((entry) => ({ entry, fault: faultOf(entry, bundle) }));
  const sha256 = (bytes: Uint8Array | string): Digest => ({ algorithm: 'sha256', hex: digest('sha256', bytes, 'hex') });
  const envelope = content.kind === 'dsse' ? content : null;
  return {
    entries,
    leaves: entries.flatMap(({ entry: { body, logId }, fault }) =>
      fault === null ? { leaf: leafHash(body).toString('hex'), logId } : [],
    ),
    subject: signer.kind === 'key' ? null : readIdentity(parseCertificate(signer.raw)).subject,
    statement: envelope === null ? null : parseStatement(envelope.payload),
    digests: [
      ...(envelope === null
        ? []
        : ([
            ['payload', sha256(envelope.payload)],
            ['envelope', sha256(preAuthEncoding(envelope.payloadType, envelope.payload))],
          ] as const)),
      ...artifactOf(content),
      ...(signer.kind === 'key' ? [] : ([['certificate', sha256(pemOf(signer.raw))]] as const)),
    ],
  };
}

/** What a message says that it is of, as far as an index knows such hashes. */
function artifactOf(content: Bundle['content']): readonly (readonly ['artifact', Digest])[] {
  if (content.kind === 'dsse' || content.digest === null) return [];
  const { algorithm, bytes } = content.digest;
  return algorithm === 'sha384' ? [] : [['artifact', { algorithm, hex: bytes.toString('hex') }]];
}

function faultOf(entry: LogEntry, { content, signer }: Bundle): string | null {
  try {
    const certificate = signer.kind === 'key' ? null : signer.raw;
    const { signer: recorded, hash } = readRecord(entry.body);
    // A key is not in a bundle, nor is what a message is of: the entry says both, under the same signature.
    const key = parsePublicKey(certificate === null ? recorded.der : parseCertificate(certificate).spki);
    const pae = content.kind === 'dsse' ? preAuthEncoding(content.payloadType, content.payload) : null;
    const claimed = content.kind === 'message' && content.digest?.algorithm === hash.algorithm ? content.digest : hash;
    const artifact = openArtifact({ digests: [{ algorithm: hash.algorithm, hex: claimed.bytes.toString('hex') }] });
    matchBody(entry, { key, certificate, content, pae, artifact });
    return null;
  } catch (error) {
    if (error instanceof Refusal || error instanceof Malformed) return error.message;
    throw error;
  }
}

/** As Rekor writes a certificate, whose hash is in its index. */
function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
