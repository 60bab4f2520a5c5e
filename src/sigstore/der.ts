import type { Instant } from '../model/time.ts';
import { malformed } from './refusal.ts';

/**
 * A strict reader for the Distinguished Encoding Rules (ITU-T X.690). It hands out slices of the original bytes, so that
 * signatures are verified over what was signed and not over a re-encoding. Everything throws `Malformed`.
 */
export interface Der {
  readonly tag: number;
  /** Identifier, length and content. */
  readonly bytes: Buffer;
  readonly content: Buffer;
}

/** Identifier octets used by X.509, CMS and RFC 3161. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific element. */
export function contextTag(number: number, constructed = true): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

function readAt(bytes: Buffer, offset: number): Der {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) malformed('DER: truncated element');
  if ((tag & 0x1f) === 0x1f) malformed('DER: multi-byte tag');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // Zero is the indefinite form; four bytes are more than any bounded input has.
    if (count === 0 || count > 4 || start + count > bytes.length) malformed('DER: bad length');
    length = bytes.readUIntBE(start, count);
    start += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) malformed('DER: length is not minimal');
  }
  const end = start + length;
  if (end > bytes.length) malformed('DER: element runs past its end');
  return { tag, bytes: bytes.subarray(offset, end), content: bytes.subarray(start, end) };
}

/** The single element that `bytes` is; trailing bytes are malformed. */
export function parseDer(bytes: Buffer): Der {
  const element = readAt(bytes, 0);
  if (element.bytes.length !== bytes.length) malformed('DER: trailing bytes');
  return element;
}

/** The elements inside a constructed element, or inside a string that wraps DER. */
export function children(der: Der): Der[] {
  const elements: Der[] = [];
  for (let offset = 0; offset < der.content.length;) {
    const element = readAt(der.content, offset);
    elements.push(element);
    offset += element.bytes.length;
  }
  return elements;
}

/** The element, if it has this tag. */
export function expect(der: Der | undefined, tag: number, what: string): Der {
  if (der?.tag !== tag) malformed(`DER: no ${what}`);
  return der;
}

export function sequence(der: Der | undefined, what: string): Der[] {
  return children(expect(der, TAG.sequence, what));
}

/** Dotted object identifier. */
export function oid(der: Der | undefined): string {
  const { content } = expect(der, TAG.oid, 'object identifier');
  if (content.length > 64) malformed('DER: object identifier is too long');
  const arcs: number[] = [];
  let arc = 0;
  let continued = false;
  for (const byte of content) {
    if (!continued && byte === 0x80) malformed('DER: object identifier is not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) malformed('DER: object identifier arc is too large');
    continued = byte >= 0x80;
    if (continued) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(arc / 40), 2);
      arcs.push(root, arc - root * 40);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  if (continued || arcs.length === 0) malformed('DER: truncated object identifier');
  return arcs.join('.');
}

/** A non-negative integer of any size. */
export function unsignedInteger(der: Der | undefined, what: string): bigint {
  const { content } = expect(der, TAG.integer, what);
  const [first, second] = content;
  if (first === undefined || first >= 0x80) malformed(`DER: ${what} is out of range`);
  if (first === 0 && second !== undefined && second < 0x80) malformed(`DER: ${what} is not minimal`);
  return BigInt(`0x${content.toString('hex')}`);
}

/** A non-negative integer below 2^31. */
export function smallInteger(der: Der | undefined, what: string): number {
  const value = unsignedInteger(der, what);
  if (value >= 2n ** 31n) malformed(`DER: ${what} is out of range`);
  return Number(value);
}

/** Content of an octet string. */
export function octets(der: Der | undefined, what: string): Buffer {
  return expect(der, TAG.octetString, what).content;
}

export function boolean(der: Der): boolean {
  const { content } = expect(der, TAG.boolean, 'boolean');
  const [value] = content;
  if (content.length !== 1 || (value !== 0 && value !== 0xff)) malformed('DER: bad boolean');
  return value === 0xff;
}

/** A bit string of whole bytes, as keys and signatures are. */
export function bitBytes(der: Der | undefined, what: string): Buffer {
  const { content } = expect(der, TAG.bitString, what);
  if (content[0] !== 0) malformed(`DER: ${what} is not whole bytes`);
  return content.subarray(1);
}

/** A bit string of named bits: bit 0 is the first. */
export function namedBits(der: Der, what: string): (bit: number) => boolean {
  const { content } = expect(der, TAG.bitString, what);
  const unused = content[0];
  if (unused === undefined || unused > 7 || (content.length === 1 && unused !== 0)) malformed(`DER: bad ${what}`);
  return (bit) => {
    const byte = content[1 + (bit >> 3)];
    return byte !== undefined && (byte & (0x80 >> (bit & 7))) !== 0;
  };
}

const TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{0,8}[1-9]))?Z$/;

/**
 * UTCTime or GeneralizedTime, in UTC and with seconds (RFC 5280 section 4.1.2.5). Fractions, which RFC 3161 section 2.4.2
 * allows for GeneralizedTime, are cut to milliseconds.
 */
export function time(der: Der | undefined): Instant {
  if (der?.tag !== TAG.utcTime && der?.tag !== TAG.generalizedTime) malformed('DER: no time');
  let written = der.content.toString('latin1');
  if (der.tag === TAG.utcTime) written = `${Number(written.slice(0, 2)) < 50 ? '20' : '19'}${written}`;
  const [match, year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] =
    TIME.exec(written)?.map(Number) ?? [];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (match === undefined || day < 1 || day > monthDays || hour > 23 || minute > 59 || second > 59) {
    malformed('DER: bad time');
  }
  const fraction = /\.(\d+)/.exec(written)?.[1] ?? '';
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return ((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar: years start in March, so that leap days come last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

/** Writes a constructed element around parts that are DER already. */
export function wrap(tag: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = [tag];
  if (length < 0x80) {
    header.push(length);
  } else {
    const digits: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
    header.push(0x80 | digits.length, ...digits);
  }
  return Buffer.concat([Buffer.from(header), ...parts]);
}
