import { hash as digest } from 'node:crypto';
import { formatInstant, type Instant } from '../model/time.ts';
import { createPathVerifier } from './chain.ts';
import { ATTRIBUTE, hashAlgorithm, namesSigner, parseSignedData, type SignedData } from './cms.ts';
import {
  children,
  contextTag,
  expect,
  inside,
  oid,
  parseDer,
  sequence,
  smallInteger,
  TAG,
  time,
  octets,
} from './der.ts';
import { HASH_BYTES, parsePublicKey, verifyWith, type Hash, type PublicKey } from './keys.ts';
import { Malformed, malformed, reading, Refusal, refuse } from './refusal.ts';
import { contains, type Authority } from './trusted-root.ts';
import { EXTENSION, parseCertificate, parseExtensions, PURPOSE, type Certificate } from './x509.ts';

/** A time a timestamp authority vouches for. */
export interface AuthorityTime {
  readonly time: Instant;
  /** What it counts as towards a threshold. */
  readonly countsAs: string;
}

export interface TimestampVerifier {
  /** Verifies a DER TimeStampResp (RFC 3161) over `signature`. Throws `Refusal`. */
  readonly verify: (response: Buffer, signature: Buffer) => AuthorityTime;
}

interface Token {
  readonly data: SignedData;
  readonly imprint: { readonly hash: Hash; readonly value: Buffer };
  readonly time: Instant;
}

const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const SUBJECT_KEY_ID = '2.5.29.14';

/** Verifies tokens of one authority. */
interface TokenVerifier {
  readonly countsAs: string;
  /** The certificate that signed the token, where it is this authority's. */
  readonly signerOf: (data: SignedData) => Certificate | null;
  /** Throws `Refusal` where the signer was not this authority's at that time. */
  readonly verifySigner: (signer: Certificate, time: Instant) => void;
}

export function createTimestampVerifier(authorities: readonly Authority[]): TimestampVerifier {
  const verifiers = authorities.map(openAuthority);
  const keyOf = rememberKeys();
  return {
    verify: (response, signature) =>
      reading('timestamp', () => {
        const token = parseToken(response);
        const { data, imprint } = token;
        if (!digest(imprint.hash, signature, 'buffer').equals(imprint.value)) {
          refuse('timestamp', 'the timestamp is of another signature');
        }
        let fault = 'no timestamp authority of the trusted root signed the timestamp';
        for (const { countsAs, signerOf, verifySigner } of verifiers) {
          const signer = signerOf(data);
          if (signer === null) continue;
          try {
            verifySigner(signer, token.time);
            verifySignedData(data, signer, keyOf(signer));
            return { time: token.time, countsAs };
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            fault = `timestamp authority: ${error.message}`;
          }
        }
        refuse('timestamp', fault);
      }),
  };
}

function rememberKeys(): (certificate: Certificate) => PublicKey {
  const keys = new WeakMap<Certificate, PublicKey>();
  return (certificate) => {
    let key = keys.get(certificate);
    if (key === undefined) keys.set(certificate, (key = parsePublicKey(certificate.spki)));
    return key;
  };
}

/**
 * An authority of a trusted root either ends in its timestamping certificate, and then only that one signs for it, or
 * consists of issuers only, and then the token brings its certificate along.
 */
function openAuthority(authority: Authority): TokenVerifier {
  const { chain, validFor, countsAs } = authority;
  const [first, second, ...above] = chain;
  const pinned = first.basicConstraints?.ca === true ? null : first;
  const issuers: Authority | null =
    pinned === null ? authority : second === undefined ? null : { ...authority, chain: [second, ...above] };
  const path = createPathVerifier(issuers === null ? [] : [issuers], PURPOSE.timeStamping);
  return {
    countsAs,
    signerOf: (data) => {
      const embedded = data.certificates.flatMap((raw) => tryParse(raw) ?? []).filter((one) => isSigner(one, data));
      if (pinned === null) return embedded[0] ?? null;
      const same = embedded.every(({ raw }) => raw.equals(pinned.raw));
      return same && isSigner(pinned, data) ? pinned : null;
    },
    verifySigner: (signer, at) => {
      // RFC 3161 section 2.3: one purpose, and it is critical.
      const purposes = signer.extendedKeyUsage ?? [];
      const critical = signer.extensions.get(EXTENSION.extendedKeyUsage)?.critical === true;
      if (purposes.length !== 1 || purposes[0] !== PURPOSE.timeStamping || !critical) {
        refuse('timestamp', 'its certificate is not for timestamping');
      }
      if (signer.keyUsage?.digitalSignature === false) refuse('timestamp', 'its certificate is not for signing');
      if (issuers !== null) path.verify(signer, [at]);
      else if (!contains(validFor, at) || at < signer.notBefore || at > signer.notAfter) {
        refuse('timestamp', `its certificate is not valid at ${formatInstant(at)}`);
      }
    },
  };
}

/** Certificates that come along may be of any kind; one that cannot be read signs nothing here. */
function tryParse(raw: Buffer): Certificate | null {
  try {
    return parseCertificate(raw);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function isSigner(certificate: Certificate, { signer: { id } }: SignedData): boolean {
  if ('serial' in id) return certificate.serial.equals(id.serial) && certificate.issuer.equals(id.issuer);
  const keyId = certificate.extensions.get(SUBJECT_KEY_ID)?.value;
  return keyId !== undefined && octets(inside(keyId), 'subject key identifier').equals(id.keyId);
}

/** RFC 5652 section 5.4 and RFC 3161 section 2.4.2. */
function verifySignedData(data: SignedData, signer: Certificate, key: PublicKey): void {
  const { attributes, digestAlgorithm, algorithm, signed, signature } = data.signer;
  const messageDigest = octets(attributes.get(ATTRIBUTE.messageDigest), 'message digest');
  if (!messageDigest.equals(digest(digestAlgorithm, data.content, 'buffer'))) {
    refuse('timestamp', 'the signed digest is not of the timestamp');
  }
  if (oid(attributes.get(ATTRIBUTE.contentType)) !== TST_INFO) refuse('timestamp', 'another kind of content is signed');
  if (!namesSigner(data.signer, signer.raw)) refuse('timestamp', 'the timestamp names another certificate');
  if (!verifyWith(algorithm, key, signed, signature)) refuse('timestamp', 'its signature does not hold');
}

/** Reads a TimeStampResp that was granted, down to the TSTInfo. Throws `Malformed`. */
function parseToken(response: Buffer): Token {
  const [status, contentInfo, ...rest] = sequence(parseDer(response), 'timestamp response');
  // PKIStatus: granted (0) or granted with modifications (1).
  if (smallInteger(sequence(status, 'status')[0], 'status') > 1) malformed('timestamp was not granted');
  if (contentInfo === undefined || rest.length > 0) malformed('timestamp response has not two parts');
  const data = parseSignedData(contentInfo);
  if (data.contentType !== TST_INFO) malformed('timestamp token does not hold a timestamp');
  const [version, policy, imprint, serial, genTime, ...optional] = sequence(parseDer(data.content), 'timestamp');
  if (smallInteger(version, 'timestamp version') !== 1) malformed('timestamp is not version 1');
  oid(policy);
  const [algorithm, value] = sequence(imprint, 'message imprint');
  const hash = hashAlgorithm(algorithm);
  const hashed = octets(value, 'message imprint');
  if (hashed.length !== HASH_BYTES[hash]) malformed('message imprint has the wrong length');
  expect(serial, TAG.integer, 'timestamp serial number');
  // Accuracy, ordering, nonce and name add nothing here; a critical extension could change the meaning.
  const extensions = optional.find(({ tag }) => tag === contextTag(1));
  if (
    extensions !== undefined &&
    [...parseExtensions(children(extensions)).values()].some(({ critical }) => critical)
  ) {
    malformed('timestamp has a critical extension');
  }
  return { data, imprint: { hash, value: hashed }, time: time(expect(genTime, TAG.generalizedTime, 'time')) };
}
