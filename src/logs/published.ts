import { hash as digest } from 'node:crypto';
import type { Digest } from '../model/dependency.ts';
import type { Statement } from '../model/proof.ts';
import { parseBundle, type Bundle, type LogEntry } from '../sigstore/bundle.ts';
import { preAuthEncoding } from '../sigstore/pae.ts';
import { readIdentity } from '../sigstore/identity.ts';
import { Malformed, Refusal } from '../sigstore/refusal.ts';
import { parseStatement } from '../sigstore/statement.ts';
import { parseCertificate } from '../sigstore/x509.ts';
import { leafHash } from '../tlog/merkle.ts';

/** What somebody publishes: a bundle, as far as a log may have entries for it. Nothing in it is verified. */
export interface PublishedBundle {
  readonly entries: readonly LogEntry[];
  /** The hashes of these as leaves, hex, with the ids of their logs. */
  readonly leaves: readonly { readonly leaf: string; readonly logId: string }[];
  readonly statement: Statement | null;
  /** The name in its certificate; null where a key signed. */
  readonly subject: string | null;
  /** What an entry may name it by: payload, encoded envelope, certificate as Rekor writes it. Each with its name. */
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

function publishedOf({ content, signer, logEntries }: Bundle): PublishedBundle {
  const sha256 = (bytes: Uint8Array | string): Digest => ({ algorithm: 'sha256', hex: digest('sha256', bytes, 'hex') });
  const envelope = content.kind === 'dsse' ? content : null;
  return {
    entries: logEntries,
    leaves: logEntries.map(({ body, logId }) => ({ leaf: leafHash(body).toString('hex'), logId })),
    subject: signer.kind === 'key' ? null : readIdentity(parseCertificate(signer.raw)).subject,
    statement: envelope === null ? null : parseStatement(envelope.payload),
    digests: [
      ...(envelope === null
        ? []
        : ([
            ['payload', sha256(envelope.payload)],
            ['envelope', sha256(preAuthEncoding(envelope.payloadType, envelope.payload))],
          ] as const)),
      ...(signer.kind === 'key' ? [] : ([['certificate', sha256(pemOf(signer.raw))]] as const)),
    ],
  };
}

/** As Rekor writes a certificate, whose hash is in its index. */
function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
