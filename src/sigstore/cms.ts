import { hash as digest } from 'node:crypto';
import { children, contextTag, expect, inside, oid, sequence, smallInteger, TAG, octets, type Der } from './der.ts';
import { HASH_BYTES, SIGNATURE_ALGORITHMS, type Hash, type SignatureAlgorithm } from './keys.ts';
import { malformed } from './refusal.ts';

/** The parts of a CMS SignedData (RFC 5652 section 5) with one signer, as timestamp tokens are. Nothing is verified. */
export interface SignedData {
  readonly contentType: string;
  readonly content: Buffer;
  /** DER certificates that came along. */
  readonly certificates: readonly Buffer[];
  readonly signer: SignerInfo;
}

export interface SignerInfo {
  readonly id:
    | { readonly issuer: Buffer; readonly serial: Buffer }
    /** Subject key identifier. */
    | { readonly keyId: Buffer };
  readonly digestAlgorithm: Hash;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** What the signature covers: the attributes as a SET. */
  readonly signed: Buffer;
  /** The one value of each signed attribute, by object identifier. */
  readonly attributes: ReadonlyMap<string, Der>;
}

export const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

const SIGNED_DATA = '1.2.840.113549.1.7.2';

/** RFC 5754 section 2. */
const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/** Hash function an AlgorithmIdentifier names. Throws `Malformed` for anything but SHA-2. */
export function hashAlgorithm(identifier: Der | undefined): Hash {
  const id = oid(sequence(identifier, 'hash algorithm')[0]);
  return HASHES.get(id) ?? malformed(`hash algorithm ${id} is not supported`);
}

/** Parses a DER ContentInfo that holds SignedData. Throws `Malformed`. */
export function parseSignedData(contentInfo: Der): SignedData {
  const [type, wrapper] = sequence(contentInfo, 'content info');
  if (oid(type) !== SIGNED_DATA) malformed('timestamp token is not signed data');
  const fields = sequence(children(expect(wrapper, contextTag(0), 'signed data'))[0], 'signed data');
  const [version, , encapsulated, ...rest] = fields;
  // Version 3 by the letter; authorities have written 1, and nothing here depends on it.
  smallInteger(version, 'signed data version');
  const [contentType, content] = sequence(encapsulated, 'encapsulated content');
  const signers = children(expect(rest.at(-1), TAG.set, 'signer infos'));
  if (signers.length !== 1) malformed(`timestamp token has ${signers.length} signers instead of one`);
  const certificates = rest.find(({ tag }) => tag === contextTag(0));
  return {
    contentType: oid(contentType),
    content: octets(inside(expect(content, contextTag(0), 'content')), 'content'),
    certificates: certificates === undefined ? [] : children(certificates).map(({ bytes }) => bytes),
    signer: parseSigner(signers[0]),
  };
}

function parseSigner(der: Der | undefined): SignerInfo {
  const [version, id, digestAlgorithm, attributes, algorithm, signature] = sequence(der, 'signer info');
  const signerId = parseSignerId(id);
  // RFC 5652 section 5.3: the version says how the signer is identified.
  if (smallInteger(version, 'signer version') !== ('keyId' in signerId ? 3 : 1))
    malformed('signer info of bad version');
  const signed = expect(attributes, contextTag(0), 'signed attributes');
  const hash = hashAlgorithm(digestAlgorithm);
  const algorithmId = oid(sequence(algorithm, 'signature algorithm')[0]);
  return {
    id: signerId,
    digestAlgorithm: hash,
    // With plain rsaEncryption the hash is the digest algorithm's (RFC 5754 section 3.2).
    algorithm:
      algorithmId === RSA_ENCRYPTION
        ? { hash, keys: ['rsa'] }
        : (SIGNATURE_ALGORITHMS.get(algorithmId) ?? malformed(`signature algorithm ${algorithmId} is not supported`)),
    signature: octets(signature, 'signature'),
    // RFC 5652 section 5.4: signed with the tag of a SET instead of the context-specific one.
    signed: Buffer.concat([Buffer.from([TAG.set]), signed.bytes.subarray(1)]),
    attributes: parseAttributes(signed),
  };
}

function parseSignerId(der: Der | undefined): SignerInfo['id'] {
  if (der?.tag === contextTag(0, false)) return { keyId: der.content };
  const [issuer, serial] = sequence(der, 'signer identifier');
  return {
    issuer: expect(issuer, TAG.sequence, 'issuer').bytes,
    serial: expect(serial, TAG.integer, 'serial number').content,
  };
}

function parseAttributes(signed: Der): ReadonlyMap<string, Der> {
  const attributes = new Map<string, Der>();
  for (const attribute of children(signed)) {
    const [type, values] = sequence(attribute, 'attribute');
    const id = oid(type);
    const [value, ...others] = children(expect(values, TAG.set, 'attribute values'));
    if (value === undefined || others.length > 0 || attributes.has(id)) malformed(`attribute ${id} has not one value`);
    attributes.set(id, value);
  }
  return attributes;
}

/**
 * True where the token's signing-certificate attribute names this certificate (RFC 3161 section 2.4.2: it has to be
 * there; RFC 5816 for the second version, whose default hash is SHA-256).
 */
export function namesSigner({ attributes }: SignerInfo, certificate: Buffer): boolean {
  const second = attributes.get(ATTRIBUTE.signingCertificateV2);
  const first = attributes.get(ATTRIBUTE.signingCertificate);
  const id = sequence(
    sequence(sequence(second ?? first, 'signing certificate')[0], 'certificate ids')[0],
    'certificate id',
  );
  const [head] = id;
  if (second === undefined) return octets(head, 'certificate hash').equals(digest('sha1', certificate, 'buffer'));
  const named = head?.tag === TAG.sequence;
  const hash: Hash = named ? hashAlgorithm(head) : 'sha256';
  const value = octets(named ? id[1] : head, 'certificate hash');
  return value.length === HASH_BYTES[hash] && value.equals(digest(hash, certificate, 'buffer'));
}
