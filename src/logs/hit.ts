import { hash as digest } from 'node:crypto';
import type { LogHit, LogHitRecord, LogSigner } from '../model/log.ts';
import type { Instant } from '../model/time.ts';
import { readIdentity } from '../sigstore/identity.ts';
import { readRecord, type LogRecord } from '../sigstore/log-record.ts';
import { Malformed, Refusal } from '../sigstore/refusal.ts';
import { parseStatement } from '../sigstore/statement.ts';
import { parseCertificate } from '../sigstore/x509.ts';
import { cosigners } from '../tlog/cosignature.ts';
import { leafHash } from '../tlog/merkle.ts';
import type { LogContext } from './context.ts';
import type { Head } from './heads.ts';

/** An entry that was verified to be in the tree of a head. */
export interface ProvenEntry {
  readonly head: Head;
  readonly body: Buffer;
  readonly uuid: string | null;
  readonly index: bigint;
  readonly treeIndex: bigint;
  readonly time: Instant | null;
  /** What the log keeps beside the entry: the statement, if it is the one whose hash the entry has. */
  readonly attestation: Buffer | null;
}

/** What is to be known of a verified entry, whatever its kind. */
export function hitOf(proven: ProvenEntry, context: LogContext): LogHit {
  const { head, body, uuid, index, treeIndex, time, attestation } = proven;
  const { checkpoint, place } = head;
  const read = recordOf(body, attestation, context);
  return {
    log: place.name,
    origin: checkpoint.origin,
    uuid,
    index: String(index),
    treeIndex: String(treeIndex),
    treeSize: String(checkpoint.size),
    leaf: leafHash(body).toString('hex'),
    time,
    ...read,
    cosigned: [...cosigners(checkpoint, context.witnesses)],
    witnesses: context.witnesses.length,
  };
}

function recordOf(
  body: Buffer,
  attestation: Buffer | null,
  context: LogContext,
): Pick<LogHit, 'kind' | 'version' | 'record' | 'unread'> {
  const named = kindOf(body);
  try {
    const record = readRecord(body);
    return { ...named, record: decode(record, attestation, context), unread: null };
  } catch (error) {
    if (error instanceof Malformed || error instanceof Refusal)
      return { ...named, record: null, unread: error.message };
    throw error;
  }
}

/** Of an entry that is not read, too. */
function kindOf(body: Buffer): { readonly kind: string; readonly version: string } {
  const text = (value: unknown): string => (typeof value === 'string' && value.length <= 100 ? value : '');
  try {
    const { kind, apiVersion } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return { kind: text(kind), version: text(apiVersion) };
  } catch {
    return { kind: '', version: '' };
  }
}

function decode(record: LogRecord, attestation: Buffer | null, context: LogContext): LogHitRecord {
  const { algorithm, bytes } = record.hash;
  const statement = [record.payload, attestation].find((one) => one !== null && hasHash(one, record));
  return {
    signer: signerOf(record, context),
    of: record.of,
    digest: { algorithm, hex: bytes.toString('hex') },
    statement: statement === undefined || statement === null ? null : { ...parseStatement(statement), from: 'log' },
  };
}

/** Whether an entry for a payload is for this one. */
function hasHash(payload: Buffer, { of, hash: { algorithm, bytes } }: Pick<LogRecord, 'of' | 'hash'>): boolean {
  return of === 'payload' && digest(algorithm, payload, 'buffer').equals(bytes);
}

function signerOf({ signer: { kind, der } }: LogRecord, { paths }: LogContext): LogSigner {
  const fingerprint = digest('sha256', der, 'hex');
  if (kind === 'key') return { kind, keyId: fingerprint };
  const certificate = parseCertificate(der);
  const { notBefore } = certificate;
  return { kind, identity: readIdentity(certificate), fingerprint, notBefore, issued: isIssued() };

  function isIssued(): boolean {
    try {
      // A log takes any certificate; when it was used, only the certificate itself says.
      paths.verify(certificate, [notBefore]);
      return true;
    } catch (error) {
      if (error instanceof Malformed || error instanceof Refusal) return false;
      throw error;
    }
  }
}
