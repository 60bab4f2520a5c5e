import type { Instant } from '../model/time.ts';
import {
  boolean,
  children,
  contextTag,
  expect,
  inside,
  namedBits,
  oid,
  parseDer,
  sequence,
  smallInteger,
  TAG,
  time,
  bitBytes,
  type Der,
} from './der.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './keys.ts';
import { malformed, Unsupported } from './refusal.ts';

export interface Extension {
  readonly critical: boolean;
  /** The extnValue octet string. */
  readonly value: Der;
  /** The whole Extension. */
  readonly element: Der;
}

/** A view of an X.509 v3 certificate (RFC 5280); every buffer is a slice of the original. */
export interface Certificate {
  readonly raw: Buffer;
  /** The TBSCertificate: what the signature covers. */
  readonly tbs: Der;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** Content of the INTEGER. */
  readonly serial: Buffer;
  /** DER names. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly spki: Buffer;
  /** The element of the TBSCertificate that holds the extensions, its last one. */
  readonly extensionList: Der;
  /** By dotted object identifier, in the order of the certificate. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  /** Null where the certificate has no such extension. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | null;
  readonly extendedKeyUsage: readonly string[] | null;
}

export const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const;

export const PURPOSE = {
  any: '2.5.29.37.0',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

/** Extensions whose meaning is judged; any other one that is critical makes the certificate unusable. */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** Parses one DER certificate. Throws `Malformed`. */
export function parseCertificate(raw: Buffer): Certificate {
  const [tbs, algorithm, signature, ...rest] = sequence(parseDer(raw), 'certificate');
  if (tbs === undefined || algorithm === undefined || rest.length > 0) malformed('certificate has not three parts');
  const fields = sequence(tbs, 'certificate body');
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki] = fields;
  const versionNumber = smallInteger(inside(expect(version, contextTag(0), 'version')), 'version');
  if (versionNumber !== 2) malformed('certificate is not X.509 version 3');
  if (innerAlgorithm?.bytes.equals(algorithm.bytes) !== true) malformed('certificate names two signature algorithms');
  const [notBefore, notAfter] = sequence(validity, 'validity');
  const extensionList = expect(fields.at(-1), contextTag(3), 'certificate extensions');
  const extensions = parseExtensions(sequence(inside(extensionList), 'certificate extensions'));

  return {
    raw,
    tbs,
    algorithm: signatureAlgorithm(algorithm),
    signature: bitBytes(signature, 'certificate signature'),
    serial: expect(serial, TAG.integer, 'serial number').content,
    issuer: expect(issuer, TAG.sequence, 'issuer').bytes,
    subject: expect(subject, TAG.sequence, 'subject').bytes,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    spki: expect(spki, TAG.sequence, 'public key').bytes,
    extensionList,
    extensions,
    basicConstraints: parseBasicConstraints(extensions.get(EXTENSION.basicConstraints)),
    keyUsage: parseKeyUsage(extensions.get(EXTENSION.keyUsage)),
    extendedKeyUsage: parseExtendedKeyUsage(extensions.get(EXTENSION.extendedKeyUsage)),
  };
}

/** Object identifier of a critical extension this verifier does not judge, or null. */
export function unknownCritical(certificate: Certificate): string | null {
  for (const [id, extension] of certificate.extensions) {
    if (extension.critical && !UNDERSTOOD.has(id)) return id;
  }
  return null;
}

/** The algorithm an AlgorithmIdentifier names. Throws `Unsupported`. */
function signatureAlgorithm(identifier: Der): SignatureAlgorithm {
  const id = oid(sequence(identifier, 'signature algorithm')[0]);
  const known = SIGNATURE_ALGORITHMS.get(id);
  if (known === undefined) throw new Unsupported(`signature algorithm ${id} is not supported`);
  return known;
}

/** Reads the elements of `Extensions`, by object identifier. Throws `Malformed`. */
export function parseExtensions(elements: readonly Der[]): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const element of elements) {
    const parts = sequence(element, 'extension');
    const [id, flag] = parts;
    if (parts.length < 2 || parts.length > 3) malformed('extension has not two or three parts');
    const critical = parts.length === 3 && flag !== undefined && boolean(flag);
    const name = oid(id);
    // RFC 5280 section 4.2: not more than one instance of a particular extension.
    if (extensions.has(name)) malformed(`extension ${name} occurs twice`);
    extensions.set(name, {
      critical,
      value: expect(parts.at(-1), TAG.octetString, 'extension value'),
      element,
    });
  }
  return extensions;
}

function parseBasicConstraints(extension: Extension | undefined): Certificate['basicConstraints'] {
  if (extension === undefined) return null;
  const parts = sequence(inside(extension.value), 'basic constraints');
  const [first] = parts;
  const ca = first?.tag === TAG.boolean && boolean(first);
  const [pathLength, ...rest] = first?.tag === TAG.boolean ? parts.slice(1) : parts;
  if (rest.length > 0) malformed('basic constraints have too many parts');
  return { ca, pathLength: pathLength === undefined ? null : smallInteger(pathLength, 'path length') };
}

function parseKeyUsage(extension: Extension | undefined): Certificate['keyUsage'] {
  if (extension === undefined) return null;
  const bit = namedBits(inside(extension.value), 'key usage');
  return { digitalSignature: bit(0), keyCertSign: bit(5) };
}

function parseExtendedKeyUsage(extension: Extension | undefined): readonly string[] | null {
  if (extension === undefined) return null;
  return children(expect(inside(extension.value), TAG.sequence, 'extended key usage')).map(oid);
}
