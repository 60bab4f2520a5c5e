import { randomBytes } from 'node:crypto';
import type { Instant } from '../../src/model/time.ts';
import * as der from './der.ts';
import type { Validity } from './fulcio.ts';
import { newKey, sha256, signatureAlgorithm, signWith } from './keys.ts';
import * as x509 from './x509.ts';
import type { Certified } from './x509.ts';

/** A timestamp authority (RFC 3161). */
export interface TimestampAuthority {
  /** Signing certificate, then the root that issued it, DER. */
  readonly chain: readonly [Buffer, Buffer];
  readonly baseUrl: string;
  /** A TimeStampResp over the bytes, without the authority's certificates. */
  timestamp(data: Uint8Array, at: Instant): Buffer;
}

const SHA256 = '2.16.840.1.101.3.4.2.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
/** Sigstore's timestamp policy. */
const POLICY = '1.3.6.1.4.1.57264.2';

/** A root, and under it the certificate that signs timestamps. */
export function newTimestampCertificates(validity: Validity): { readonly root: Certified; readonly leaf: Certified } {
  const window = { notBefore: validity.start, notAfter: validity.end };
  const rootKey = newKey('P-256');
  const root = x509.issue(rootKey, {
    ...window,
    subject: x509.distinguishedName('lab.test', 'sigstore-tsa-root'),
    spki: rootKey.spki,
    extensions: [
      x509.keyUsage.certificateSigning,
      x509.certificateAuthority(0),
      ...x509.keyIdentifiers(rootKey.spki, rootKey.spki),
    ],
  });
  const key = newKey('P-256');
  const request = {
    ...window,
    subject: x509.distinguishedName('lab.test', 'sigstore-tsa'),
    spki: key.spki,
    extensions: [
      x509.keyUsage.digitalSignature,
      ...x509.keyIdentifiers(key.spki, rootKey.spki),
      x509.extendedKeyUsage.timeStamping(),
    ],
  };
  return { root, leaf: x509.issue(key, request, root) };
}

export function startTimestampAuthority(validity: Validity): TimestampAuthority {
  const { root, leaf } = newTimestampCertificates(validity);
  const { key } = leaf;
  const sha256Identifier = der.sequence(der.oid(SHA256));
  const attribute = (type: string, value: Buffer): Buffer => der.sequence(der.oid(type), der.set(value));

  return {
    chain: [leaf.certificate, root.certificate],
    baseUrl: 'https://timestamp.lab.test/api/v1/timestamp',
    timestamp: (data, at) => {
      const info = der.sequence(
        der.integer(1),
        der.oid(POLICY),
        der.sequence(der.sequence(der.oid(SHA256), der.nothing()), der.octetString(sha256(data))),
        der.integer(randomBytes(16)),
        der.generalizedTime(at),
      );
      const attributes = der.set(
        attribute(CONTENT_TYPE, der.oid(TST_INFO)),
        attribute(MESSAGE_DIGEST, der.octetString(sha256(info))),
        // ESSCertIDv2 with its default hash, SHA-256 (RFC 5035, 4).
        attribute(
          SIGNING_CERTIFICATE_V2,
          der.sequence(der.sequence(der.sequence(der.octetString(sha256(leaf.certificate))))),
        ),
      );
      // Signed as a SET, sent as [0] IMPLICIT (RFC 5652, 5.4).
      const sent = Buffer.from(attributes);
      sent[0] = 0xa0;
      const signerInfo = der.sequence(
        der.integer(1),
        der.sequence(root.name, der.integer(leaf.serial)),
        sha256Identifier,
        sent,
        signatureAlgorithm(key),
        der.octetString(signWith(key, attributes)),
      );
      const signedData = der.sequence(
        der.integer(3),
        der.set(sha256Identifier),
        der.sequence(der.oid(TST_INFO), der.tagged(0, der.octetString(info))),
        der.set(signerInfo),
      );
      return der.sequence(der.sequence(der.integer(0)), der.sequence(der.oid(SIGNED_DATA), der.tagged(0, signedData)));
    },
  };
}
