import { hash as digest } from 'node:crypto';
import { contextTag, expect, inside, TAG, wrap, type Der } from './der.ts';
import { logHash, verifySignature } from './keys.ts';
import { malformed, reading, refuse } from './refusal.ts';
import { contains, type TrustedLog } from './trusted-root.ts';
import type { Certificate, Extension } from './x509.ts';

/** The embedded SignedCertificateTimestampList (RFC 6962 section 3.3). */
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';

/** One SignedCertificateTimestamp (RFC 6962 section 3.2). */
interface Sct {
  readonly logId: string;
  /** Milliseconds since the epoch, as in the structure. */
  readonly timestamp: Buffer;
  readonly extensions: Buffer;
  /** HashAlgorithm and SignatureAlgorithm of RFC 5246 section 7.4.1.4.1. */
  readonly algorithms: readonly [number, number];
  readonly signature: Buffer;
}

/** Verifies SCTs under certificate-transparency logs; what holds is remembered as long as the certificate is kept. */
export interface SctVerifier {
  /** What the verified SCTs of `leaf`, which `issuer` issued, count as. Throws `Refusal`. */
  readonly verify: (leaf: Certificate, issuer: Certificate) => ReadonlySet<string>;
}

export function createSctVerifier(ctlogs: readonly TrustedLog[]): SctVerifier {
  const verified = new WeakMap<Certificate, { readonly issuer: Certificate; readonly counted: ReadonlySet<string> }>();
  return {
    verify: (leaf, issuer) => {
      const known = verified.get(leaf);
      if (known?.issuer === issuer) return known.counted;
      const counted = verifyScts(leaf, issuer, ctlogs);
      verified.set(leaf, { issuer, counted });
      return counted;
    },
  };
}

/**
 * Verifies the SCTs embedded in `leaf`. One of a log the root does not know is passed over; one that a known log did
 * not sign, or signed outside the validity of its key, is refused. Returns what the verified ones count as.
 */
function verifyScts(leaf: Certificate, issuer: Certificate, ctlogs: readonly TrustedLog[]): ReadonlySet<string> {
  const extension = leaf.extensions.get(SCT_LIST);
  if (extension === undefined) return new Set();
  const scts = reading('sct', () => parseList(extension.value));
  const counted = new Set<string>();
  if (ctlogs.length === 0) return counted;
  const entry = precertEntry(leaf, extension, issuer);
  for (const sct of scts) {
    const logs = ctlogs.filter(({ ids }) => ids.includes(sct.logId));
    if (logs.length === 0) continue;
    const time = Number(sct.timestamp.readBigUInt64BE());
    const valid = logs.filter(({ validFor }) => contains(validFor, time));
    if (valid.length === 0) refuse('sct', `the key of log ${sct.logId} was not valid when it signed`);
    const signed = Buffer.concat([
      Buffer.from([0, 0]),
      sct.timestamp,
      entry,
      uint(sct.extensions.length, 2),
      sct.extensions,
    ]);
    const log = valid.find((candidate) => signedBy(candidate, sct, signed));
    if (log === undefined) refuse('sct', `log ${sct.logId} did not sign this certificate`);
    counted.add(log.countsAs);
  }
  return counted;
}

function signedBy({ key }: TrustedLog, sct: Sct, signed: Buffer): boolean {
  const [hashId, signatureId] = sct.algorithms;
  // sha256 with rsa or ecdsa (RFC 6962 section 2.1.4); Ed25519 is "intrinsic" (RFC 8422 section 5.1.3).
  const expected = { rsa: [4, 1], p256: [4, 3], p384: [5, 3], p521: [6, 3], ed25519: [8, 7] }[key.type];
  return (
    hashId === expected[0] &&
    signatureId === expected[1] &&
    verifySignature(key, logHash(key.type), signed, sct.signature)
  );
}

/** `LogEntryType` precert_entry with its `PreCert`: issuer key hash and the TBSCertificate without the SCT list. */
function precertEntry({ tbs, extensionList }: Certificate, { element: left }: Extension, issuer: Certificate): Buffer {
  const { source } = tbs;
  const { contentStart, end } = inside(extensionList);
  const kept = wrap(TAG.sequence, [source.subarray(contentStart, left.start), source.subarray(left.end, end)]);
  const body = wrap(TAG.sequence, [
    source.subarray(tbs.contentStart, extensionList.start),
    wrap(contextTag(3), [kept]),
  ]);
  return Buffer.concat([uint(1, 2), digest('sha256', issuer.spki, 'buffer'), uint(body.length, 3), body]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

function parseList(value: Der): Sct[] {
  const [bytes, rest] = opaque(expect(inside(value), TAG.octetString, 'SCT list').content, 'SCT list');
  if (rest.length > 0) malformed('SCT list has trailing bytes');
  const scts: Sct[] = [];
  for (let remaining = bytes; remaining.length > 0;) {
    const [sct, next] = opaque(remaining, 'SCT');
    scts.push(parseSct(sct));
    remaining = next;
  }
  return scts;
}

function parseSct(bytes: Buffer): Sct {
  // Version v1 (0), 32 bytes of log id, 8 of time.
  if (bytes.length < 41 || bytes[0] !== 0) malformed('SCT is not version 1');
  const [extensions, afterExtensions] = opaque(bytes.subarray(41), 'SCT extensions');
  const [hashId, signatureId] = afterExtensions;
  if (hashId === undefined || signatureId === undefined) malformed('SCT is truncated');
  const [signature, rest] = opaque(afterExtensions.subarray(2), 'SCT signature');
  if (rest.length > 0) malformed('SCT has trailing bytes');
  return {
    logId: bytes.toString('hex', 1, 33),
    timestamp: bytes.subarray(33, 41),
    extensions,
    algorithms: [hashId, signatureId],
    signature,
  };
}

/** `opaque<0..2^16-1>` of the TLS presentation language, and what follows it. */
function opaque(bytes: Buffer, what: string): [Buffer, Buffer] {
  if (bytes.length < 2) malformed(`${what} is truncated`);
  const end = 2 + bytes.readUInt16BE();
  if (end > bytes.length) malformed(`${what} is truncated`);
  return [bytes.subarray(2, end), bytes.subarray(end)];
}
