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
const RAW_BYTES = Buffer.from('"rawBytes":"');
const DIGEST = Buffer.from('"digest":"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether an entry may be wanted, by its bytes alone: nearly all are others', and parsing a certificate takes longer
 * than all else. An entry that is not written as Rekor writes them is read whole. Its verdict is never the last word:
 * what passes is decoded.
 */
export function createScan({ repositoryIds, subjects, digests }: Watched): (entry: Buffer) => boolean {
  const ids = repositoryIds.map((id) => {
    const value = Buffer.from(id);
    const text = Buffer.concat([Buffer.from([0x0c, value.length]), value]);
    return Buffer.concat([SOURCE_REPOSITORY_ID, Buffer.from([text.length]), text]);
  });
  const needles = [...ids, ...subjects.map((subject) => Buffer.from(subject))];
  const wanted = new Set(digests.map(({ hex }) => Buffer.from(hex, 'hex').toString('base64')));
  const isOurs = (der: Buffer): boolean => needles.some((needle) => der.includes(needle));

  return (entry) => {
    const signer = onlyValue(entry, RAW_BYTES);
    const digest = onlyValue(entry, DIGEST);
    if (signer === null || digest === null || entry.includes(BACKSLASH)) return isWantedWhole(entry);
    return wanted.has(digest) || isOurs(Buffer.from(signer, 'base64'));
  };

  function isWantedWhole(entry: Buffer): boolean {
    try {
      const { signer, hash } = readRecord(entry);
      return wanted.has(hash.bytes.toString('base64')) || isOurs(signer.der);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      // What cannot be read is ours where anything in it is.
      return encodedIn(entry).some(isOurs) || isOurs(entry);
    }
  }
}

/** The text behind the one place where the name stands; null where there are none or several. */
function onlyValue(entry: Buffer, name: Buffer): string | null {
  const at = entry.indexOf(name);
  if (at < 0 || entry.includes(name, at + 1)) return null;
  const start = at + name.length;
  const end = entry.indexOf(QUOTE, start);
  return end < 0 ? null : entry.toString('latin1', start, end);
}

/** Everything in an entry that may be base64 of a certificate, and base64 of its PEM text. */
function encodedIn(entry: Buffer): readonly Buffer[] {
  const texts =
    entry
      .toString('latin1')
      .replaceAll('\\/', '/')
      .match(/[A-Za-z0-9+/=]{40,}/g) ?? [];
  return texts.flatMap((text) => {
    const once = Buffer.from(text, 'base64');
    return [once, Buffer.from(once.toString('latin1').replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')];
  });
}
