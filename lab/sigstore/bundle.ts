import type { Instant } from '../../src/model/time.ts';
import type { CertificateIdentity, CertificateOptions, Fulcio } from './fulcio.ts';
import { base64, canonicalJson, type Json } from './json.ts';
import { keyDetails, newKey, pem, sha256, type SigningKey, signWith } from './keys.ts';
import type { LogBody, LogEntryJson } from './rekor.ts';

export type BundleVersion = '0.1' | '0.2' | '0.3';

/** A Sigstore bundle as JSON. Mutable, so that a test can alter one field. */
export interface BundleJson {
  mediaType: string;
  verificationMaterial: {
    certificate?: { rawBytes: string };
    x509CertificateChain?: { certificates: { rawBytes: string }[] };
    publicKey?: { hint: string };
    tlogEntries: LogEntryJson[];
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] } | null;
  };
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
  messageSignature?: { messageDigest: { algorithm: string; digest: string }; signature: string };
}

/** Who signs: the holder of a fresh certificate, of an earlier one, or of a key that the verifier knows by its hint. */
export type SignAs =
  | { readonly identity: CertificateIdentity }
  | { readonly holder: Verifier }
  | { readonly key: SigningKey; readonly hint: string };

/** Media types by version; 0.3 changed the form. */
export function mediaType(version: BundleVersion): string {
  return version === '0.3'
    ? 'application/vnd.dev.sigstore.bundle.v0.3+json'
    : `application/vnd.dev.sigstore.bundle+json;version=${version}`;
}

/** What a bundle was signed with, in the forms that log entries and bundles need. */
export interface Verifier {
  readonly key: SigningKey;
  readonly der: Buffer;
  readonly label: 'CERTIFICATE' | 'PUBLIC KEY';
  readonly hint: string;
}

export function newVerifier(as: SignAs, fulcio: Fulcio, at: Instant, options: CertificateOptions): Verifier {
  if ('holder' in as) return as.holder;
  if ('key' in as) return { key: as.key, der: as.key.spki, label: 'PUBLIC KEY', hint: as.hint };
  const key = newKey('P-256');
  return { key, der: fulcio.issue(as.identity, key.spki, at, options), label: 'CERTIFICATE', hint: '' };
}

/** `verificationMaterial` without log entries and timestamps. Version 0.1 carries the whole chain, as npm's did. */
export function keyMaterial(
  verifier: Verifier,
  chain: readonly Buffer[],
  version: BundleVersion,
): Omit<BundleJson['verificationMaterial'], 'tlogEntries' | 'timestampVerificationData'> {
  if (verifier.label === 'PUBLIC KEY') return { publicKey: { hint: verifier.hint } };
  if (version === '0.3') return { certificate: { rawBytes: base64(verifier.der) } };
  const certificates = version === '0.1' ? [verifier.der, ...chain] : [verifier.der];
  return { x509CertificateChain: { certificates: certificates.map((der) => ({ rawBytes: base64(der) })) } };
}

/** A signature with what it is over: a DSSE envelope, or the digest of a message. */
export type Signed =
  | { readonly kind: 'envelope'; readonly payloadType: string; readonly payload: Buffer; readonly signature: Buffer }
  | { readonly kind: 'message'; readonly digest: Buffer; readonly signature: Buffer };

/** Pre-authentication encoding (DSSE protocol). */
function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.byteLength(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type} ${payloadType} ${payload.length} `), payload]);
}

export function signEnvelope(verifier: Verifier, payloadType: string, payload: Buffer): Signed {
  const signature = signWith(verifier.key, preAuthEncoding(payloadType, payload));
  return { kind: 'envelope', payloadType, payload, signature };
}

export function signMessage(verifier: Verifier, message: Uint8Array): Signed {
  return { kind: 'message', digest: sha256(message), signature: signWith(verifier.key, message) };
}

/** `dsseEnvelope` or `messageSignature`. */
export function content(signed: Signed, verifier: Verifier): Pick<BundleJson, 'dsseEnvelope' | 'messageSignature'> {
  if (signed.kind === 'message') {
    const messageDigest = { algorithm: 'SHA2_256', digest: base64(signed.digest) };
    return { messageSignature: { messageDigest, signature: base64(signed.signature) } };
  }
  const { payload, payloadType, signature } = signed;
  const signatures = [{ sig: base64(signature), keyid: verifier.hint }];
  return { dsseEnvelope: { payload: base64(payload), payloadType, signatures } };
}

/** Digest that a hashedrekord entry names: of the message, or of the envelope's pre-authentication encoding. */
function signedDigest(signed: Signed): Buffer {
  return signed.kind === 'message' ? signed.digest : sha256(preAuthEncoding(signed.payloadType, signed.payload));
}

/** The entry types of Rekor v1. A message can only be a hashedrekord. */
export type EntryKind = 'intoto' | 'dsse' | 'hashedrekord';

export function rekorV1Body(signed: Signed, verifier: Verifier, kind: EntryKind): LogBody {
  const verifierPem = pem(verifier.label, verifier.der);
  const signature = base64(signed.signature);
  if (signed.kind === 'message' || kind === 'hashedrekord') {
    return {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: signedDigest(signed).toString('hex') } },
        signature: { content: signature, publicKey: { content: base64(verifierPem) } },
      },
    };
  }
  const payloadHash = hexDigest(signed.payload);
  const keyid = verifier.hint === '' ? undefined : verifier.hint;
  const { payloadType } = signed;
  const payload = base64(signed.payload);
  if (kind === 'dsse') {
    return {
      apiVersion: '0.0.1',
      kind,
      spec: {
        envelopeHash: hexDigest(JSON.stringify({ payload, payloadType, signatures: [{ sig: signature, keyid }] })),
        payloadHash,
        signatures: [{ signature, verifier: base64(verifierPem) }],
      },
    };
  }
  // intoto hashes the envelope with the plain key in it, but keeps signature and key encoded once more.
  const publicKey = verifierPem.trimEnd();
  const envelope = canonicalJson({ payload, payloadType, signatures: [{ keyid, publicKey, sig: signature }] });
  const signatures = [{ keyid, publicKey: base64(publicKey), sig: base64(signature) }];
  return {
    apiVersion: '0.0.2',
    kind,
    spec: { content: { envelope: { payloadType, signatures }, hash: hexDigest(envelope), payloadHash } },
  };
}

function hexDigest(data: Buffer | string): Json {
  return { algorithm: 'sha256', value: sha256(Buffer.from(data as Buffer)).toString('hex') };
}

export function rekorV2Body(signed: Signed, verifier: Verifier): LogBody {
  const rawBytes = base64(verifier.der);
  const key = verifier.label === 'CERTIFICATE' ? { x509Certificate: { rawBytes } } : { publicKey: { rawBytes } };
  return {
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: {
      hashedRekordV002: {
        data: { algorithm: 'SHA2_256', digest: base64(signedDigest(signed)) },
        signature: {
          content: base64(signed.signature),
          verifier: { ...key, keyDetails: keyDetails(verifier.key) },
        },
      },
    },
  };
}
