import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '../../src/model/time.ts';
import * as der from './der.ts';
import { signatureAlgorithm, type SigningKey, signWith } from './keys.ts';

/** A certificate with the key it is for. */
export interface Certified {
  readonly key: SigningKey;
  readonly certificate: Buffer;
  readonly name: Buffer;
  readonly serial: Buffer;
}

export interface CertificateRequest {
  /** DER Name; empty for a Fulcio leaf. */
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly extensions: readonly Buffer[];
}

/** Name of an organization and a common name. */
export function distinguishedName(organization: string, commonName: string): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    der.set(der.sequence(der.oid(type), der.printableString(value)));
  return der.sequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', commonName));
}

export const EMPTY_NAME = der.sequence();

export function extension(oid: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** RFC 5280, 4.2.1.3: bit 0 is digitalSignature, bits 5 and 6 are keyCertSign and cRLSign. */
export const keyUsage = {
  digitalSignature: extension('2.5.29.15', der.bitString(Buffer.from([0x80]), 7), true),
  certificateSigning: extension('2.5.29.15', der.bitString(Buffer.from([0x06]), 1), true),
};

export const extendedKeyUsage = {
  codeSigning: (critical = false): Buffer =>
    extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.3')), critical),
  /** RFC 3161, 2.3: critical, and the only purpose. */
  timeStamping: (): Buffer => extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.8')), true),
};

export function certificateAuthority(pathLength: number): Buffer {
  return extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(pathLength)), true);
}

/** RFC 5280, 4.2.1.2 asks for a unique value only. */
function keyIdentifier(spki: Buffer): Buffer {
  return createHash('sha1').update(spki).digest();
}

export function keyIdentifiers(spki: Buffer, issuerSpki: Buffer): Buffer[] {
  return [
    extension('2.5.29.14', der.octetString(keyIdentifier(spki))),
    extension('2.5.29.35', der.sequence(der.taggedPrimitive(0, keyIdentifier(issuerSpki)))),
  ];
}

/** 20 octets, the most RFC 5280, 4.1.2.2 allows, positive and without a leading zero. */
export function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** TBSCertificate, the bytes an issuer signs. */
export function toBeSigned(
  request: CertificateRequest,
  serial: Buffer,
  issuer: SigningKey,
  issuerName: Buffer,
): Buffer {
  return der.sequence(
    der.tagged(0, der.integer(2)),
    der.integer(serial),
    signatureAlgorithm(issuer),
    issuerName,
    der.sequence(der.certificateTime(request.notBefore), der.certificateTime(request.notAfter)),
    request.subject,
    request.spki,
    der.tagged(3, der.sequence(...request.extensions)),
  );
}

export function sealCertificate(tbs: Buffer, issuer: SigningKey): Buffer {
  return der.sequence(tbs, signatureAlgorithm(issuer), der.bitString(signWith(issuer, tbs)));
}

/** Issues a certificate; without `issuer` it is self-signed. */
export function issue(key: SigningKey, request: CertificateRequest, issuer?: Certified): Certified {
  const serial = newSerial();
  const signer = issuer?.key ?? key;
  const tbs = toBeSigned(request, serial, signer, issuer?.name ?? request.subject);
  return { key, certificate: sealCertificate(tbs, signer), name: request.subject, serial };
}
