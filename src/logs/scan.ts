import type { Digest } from '../model/dependency.ts';
import { readRecord } from '../sigstore/log-record.ts';
import { Malformed } from '../sigstore/refusal.ts';

/** Of which repositories and digests entries are wanted. */
export interface Watched {
  /** Ids as the issuer gives them (Fulcio's extension .15). */
  readonly repositoryIds: readonly string[];
  /** Whole names in certificates. */
  readonly subjects: readonly string[];
  readonly digests: readonly Digest[];
}

/** DER of Fulcio's extension .15, up to the length of its value: 1.3.6.1.4.1.57264.1.15 and an OCTET STRING. */
const SOURCE_REPOSITORY_ID = Buffer.from('060a2b0601040183bf30010f04', 'hex');

const VERIFIER =
  '"verifier":\\{"keyDetails":"\\w+","(?:x509Certificate|publicKey)":\\{"rawBytes":"([A-Za-z0-9+/=]+)"\\}\\}';
const SIGNATURE = `\\{"content":"[A-Za-z0-9+/=]+",${VERIFIER}\\}`;
const HASH = '\\{"algorithm":"\\w+","digest":"([A-Za-z0-9+/=]+)"\\}';
/** The entries of Rekor v2, each exactly as it writes them (RFC 8785): whoever reads one of these reads the same. */
const CANONICAL = [
  `\\{"apiVersion":"0\\.0\\.2","kind":"hashedrekord","spec":\\{"hashedRekordV002":\\{"data":${HASH},"signature":${SIGNATURE}\\}\\}\\}`,
  `\\{"apiVersion":"0\\.0\\.2","kind":"dsse","spec":\\{"dsseV002":\\{"payloadHash":${HASH},"signatures":\\[${SIGNATURE}\\]\\}\\}\\}`,
].map((entry) => new RegExp(`^${entry}$`));

/**
 * Whether an entry may be wanted, by its bytes alone: nearly all are others', and parsing a certificate takes longer
 * than all else. An entry that is not exactly as Rekor writes them is read whole, by every reading of it. Its verdict
 * is never the last word: what passes is decoded.
 */
export function createScan({ repositoryIds, subjects, digests }: Watched): (entry: Buffer) => boolean {
  const ids = repositoryIds.map((id) => {
    const value = Buffer.from(id);
    const text = Buffer.concat([Buffer.from([0x0c, value.length]), value]);
    return Buffer.concat([SOURCE_REPOSITORY_ID, Buffer.from([text.length]), text]);
  });
  const needles = [...ids, ...subjects.map((subject) => Buffer.from(subject))];
  const wanted = new Set(digests.map(({ hex }) => Buffer.from(hex, 'hex').toString('base64')));
  const wantedHex = new Set(digests.map(({ hex }) => hex));
  const isOurs = (der: Buffer): boolean => needles.some((needle) => der.includes(needle));

  return (entry) => {
    const text = entry.toString('latin1');
    for (const pattern of CANONICAL) {
      const [, digest, signer] = pattern.exec(text) ?? [];
      if (digest !== undefined && signer !== undefined) return isWanted(decode(digest)) || isOurs(decode(signer));
    }
    return isWantedWhole(entry);
  };

  function isWanted(hash: Buffer): boolean {
    return wanted.has(hash.toString('base64'));
  }

  function isWantedWhole(entry: Buffer): boolean {
    // Another reader may see another signer or hash, and this one may see none: what is anywhere in it counts.
    const words = wordsIn(entry);
    if (words.some((word) => wantedHex.has(word.toLowerCase()) || isWanted(decode(word)))) return true;
    if (words.flatMap(certificatesIn).some(isOurs) || isOurs(entry)) return true;
    try {
      const { signer, hash } = readRecord(entry);
      return isWanted(hash.bytes) || isOurs(signer.der);
    } catch (error) {
      if (error instanceof Malformed) return false;
      throw error;
    }
  }
}

function decode(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** Everything in an entry that may be a hash or a certificate, as it is written and as a reader of JSON has it. */
function wordsIn(entry: Buffer): readonly string[] {
  const texts = [entry.toString('latin1').replaceAll('\\/', '/'), ...readAnew(entry)];
  return texts.flatMap((text) => text.match(/[A-Za-z0-9+/=]{40,}/g) ?? []);
}

/** Without escapes; none where it is no JSON. */
function readAnew(entry: Buffer): readonly string[] {
  try {
    return [JSON.stringify(JSON.parse(entry.toString('utf8')))];
  } catch {
    return [];
  }
}

/** What base64 of a certificate stands for, and base64 of its PEM text. */
function certificatesIn(word: string): readonly Buffer[] {
  const once = decode(word);
  return [once, decode(once.toString('latin1').replace(/-----[A-Z ]+-----|\s/g, ''))];
}
