import type { Instant } from '../../src/model/time.ts';
import * as der from './der.ts';
import { newKey, sha256, type SigningKey, signWith } from './keys.ts';
import * as x509 from './x509.ts';
import type { Certified } from './x509.ts';

/** What a Fulcio certificate says of its holder. */
export interface CertificateIdentity {
  readonly subject: { readonly kind: 'uri' | 'email'; readonly value: string };
  /** Fulcio extensions by the last arc of 1.3.6.1.4.1.57264.1: raw text up to 6, DER UTF8String from 8. */
  readonly claims: Readonly<Record<number, string>>;
}

/** Deviations from what Fulcio issues. */
export interface CertificateOptions {
  /** What the certificate may be used for; default is code signing. */
  readonly usage?: 'code-signing' | 'time-stamping' | 'none';
  /** Embedded timestamps of the certificate-transparency log; default is one valid one. */
  readonly scts?: readonly ('valid' | 'invalid' | 'unknown-log')[];
  /** Milliseconds; default is Fulcio's ten minutes. */
  readonly lifetimeMs?: number;
}

/** A certificate authority as Fulcio runs one. */
export interface Fulcio {
  /** Intermediate, then root, DER. */
  readonly chain: readonly [Buffer, Buffer];
  readonly ctLog: SigningKey;
  /** A certificate for `spki`, valid from `at`. */
  issue(identity: CertificateIdentity, spki: Buffer, at: Instant, options?: CertificateOptions): Buffer;
}

const FULCIO = '1.3.6.1.4.1.57264.1';
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';
const TEN_MINUTES = 600_000;

/** Validity of an authority's own certificates. */
export interface Validity {
  readonly start: Instant;
  readonly end: Instant;
}

/** A P-384 root and an intermediate under it that may issue leaves only. */
export function newAuthority(commonName: string, validity: Validity): { root: Certified; intermediate: Certified } {
  const rootKey = newKey('P-384');
  const rootName = x509.distinguishedName('lab.test', commonName);
  const window = { notBefore: validity.start, notAfter: validity.end };
  const root = x509.issue(rootKey, {
    ...window,
    subject: rootName,
    spki: rootKey.spki,
    extensions: [
      x509.keyUsage.certificateSigning,
      x509.certificateAuthority(1),
      ...x509.keyIdentifiers(rootKey.spki, rootKey.spki),
    ],
  });
  const key = newKey('P-384');
  const request = {
    ...window,
    subject: x509.distinguishedName('lab.test', `${commonName}-intermediate`),
    spki: key.spki,
    extensions: [
      x509.keyUsage.certificateSigning,
      x509.extendedKeyUsage.codeSigning(),
      x509.certificateAuthority(0),
      ...x509.keyIdentifiers(key.spki, rootKey.spki),
    ],
  };
  return { root, intermediate: x509.issue(key, request, root) };
}

export function startFulcio(validity: Validity): Fulcio {
  const { root, intermediate } = newAuthority('sigstore', validity);
  const ctLog = newKey('P-256');
  const unknownLog = newKey('P-256');
  const issuerKeyHash = sha256(intermediate.key.spki);

  return {
    chain: [intermediate.certificate, root.certificate],
    ctLog,
    issue: (identity, spki, at, options = {}) => {
      // Certificates count whole seconds; one rounded up would not yet be valid at `at`.
      const notBefore = at - (at % 1000);
      const request = {
        subject: x509.EMPTY_NAME,
        spki,
        notBefore,
        notAfter: notBefore + (options.lifetimeMs ?? TEN_MINUTES),
        extensions: leafExtensions(identity, spki, intermediate.key.spki, options),
      };
      const serial = x509.newSerial();
      const seal = (extensions: readonly Buffer[]): Buffer =>
        x509.toBeSigned({ ...request, extensions }, serial, intermediate.key, intermediate.name);
      const scts = (options.scts ?? ['valid']).map((kind) => {
        const log = kind === 'unknown-log' ? unknownLog : ctLog;
        const tbs = kind === 'invalid' ? Buffer.from('another certificate') : seal(request.extensions);
        return signedCertificateTimestamp(log, at, issuerKeyHash, tbs);
      });
      const list =
        scts.length === 0 ? [] : [x509.extension(SCT_LIST, der.octetString(vector(Buffer.concat(scts.map(vector)))))];
      return x509.sealCertificate(seal([...request.extensions, ...list]), intermediate.key);
    },
  };
}

function leafExtensions(
  identity: CertificateIdentity,
  spki: Buffer,
  issuerSpki: Buffer,
  options: CertificateOptions,
): Buffer[] {
  const usage = {
    'code-signing': [x509.extendedKeyUsage.codeSigning()],
    'time-stamping': [x509.extendedKeyUsage.timeStamping()],
    none: [],
  }[options.usage ?? 'code-signing'];
  // GeneralName (RFC 5280, 4.2.1.6): [1] rfc822Name, [6] uniformResourceIdentifier.
  const name = der.taggedPrimitive(
    identity.subject.kind === 'uri' ? 6 : 1,
    Buffer.from(identity.subject.value, 'latin1'),
  );
  const claims = Object.entries(identity.claims).map(([arc, value]) =>
    x509.extension(`${FULCIO}.${arc}`, Number(arc) < 7 ? Buffer.from(value, 'utf8') : der.utf8String(value)),
  );
  return [
    x509.keyUsage.digitalSignature,
    ...usage,
    ...x509.keyIdentifiers(spki, issuerSpki),
    x509.extension('2.5.29.17', der.sequence(name), true),
    ...claims,
  ];
}

/** Variable-length vector with a two-byte length (RFC 5246, 4.3). */
function vector(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** SignedCertificateTimestamp of a precertificate entry (RFC 6962, 3.2), without extensions. */
function signedCertificateTimestamp(log: SigningKey, at: Instant, issuerKeyHash: Buffer, tbs: Buffer): Buffer {
  const v1 = Buffer.from([0]);
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(BigInt(Math.trunc(at)));
  const noExtensions = Buffer.from([0, 0]);
  const certificateTimestamp = Buffer.from([0]);
  const precertificateEntry = Buffer.from([0, 1]);
  const length = Buffer.alloc(3);
  length.writeUIntBE(tbs.length, 0, 3);
  const entry = Buffer.concat([precertificateEntry, issuerKeyHash, length, tbs]);
  const signature = signWith(log, Buffer.concat([v1, certificateTimestamp, timestamp, entry, noExtensions]));
  const sha256WithEcdsa = Buffer.from([4, 3]);
  return Buffer.concat([v1, sha256(log.spki), timestamp, noExtensions, sha256WithEcdsa, vector(signature)]);
}
