import type { Instant } from '../../src/model/time.ts';

/** A DER element under construction (X.690); every function here returns complete tag-length-value bytes. */
export type Der = Buffer;

/** Tag bytes of the universal and context classes used by X.509 and CMS. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element with any tag byte. */
function element(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = unsigned(BigInt(length));
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function unsigned(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

export const sequence = (...items: readonly Uint8Array[]): Der => element(TAG.sequence, ...items);
/** SET OF: DER orders the elements by their encoding (X.690, 11.6). */
export const set = (...items: readonly Uint8Array[]): Der =>
  element(TAG.set, ...[...items].sort((a, b) => Buffer.compare(a, b)));
export const octetString = (bytes: Uint8Array): Der => element(TAG.octetString, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Der =>
  element(TAG.bitString, Buffer.from([unusedBits]), bytes);
export const boolean = (value: boolean): Der => element(TAG.boolean, Buffer.from([value ? 0xff : 0]));
export const nothing = (): Der => element(TAG.null);
export const utf8String = (text: string): Der => element(TAG.utf8String, Buffer.from(text, 'utf8'));
export const printableString = (text: string): Der => element(TAG.printableString, Buffer.from(text, 'latin1'));
/** A constructed context-specific element, `[n]`. */
export const tagged = (n: number, ...content: readonly Uint8Array[]): Der => element(0xa0 | n, ...content);
/** A primitive context-specific element, `[n] IMPLICIT`. */
export const taggedPrimitive = (n: number, content: Uint8Array): Der => element(0x80 | n, content);

/**
 * INTEGER of a non-negative number, or of the magnitude in `value`, with a leading zero where the sign bit needs it.
 */
export function integer(value: number | Uint8Array): Der {
  const bytes = typeof value === 'number' ? unsigned(BigInt(value)) : Buffer.from(value);
  const start = Math.max(
    0,
    bytes.findIndex((byte) => byte !== 0),
  );
  const magnitude = bytes.subarray(start);
  const padded = ((magnitude[0] ?? 0) & 0x80) === 0 ? magnitude : Buffer.concat([Buffer.from([0]), magnitude]);
  return element(TAG.integer, padded);
}

/** OBJECT IDENTIFIER from dotted decimal. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return element(TAG.oid, Buffer.from(bytes));
}

/** Digits of a UTC time to the second, `YYYYMMDDhhmmssZ`. */
function digits(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
}

export const generalizedTime = (instant: Instant): Der =>
  element(TAG.generalizedTime, Buffer.from(digits(instant), 'latin1'));

/** Time of a certificate: UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). */
export function certificateTime(instant: Instant): Der {
  const text = digits(instant);
  return text < '2050' ? element(TAG.utcTime, Buffer.from(text.slice(2), 'latin1')) : generalizedTime(instant);
}
