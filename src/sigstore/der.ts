import type { Instant } from '../model/time.ts';
import { malformed } from './refusal.ts';

/**
 * A strict reader for the Distinguished Encoding Rules (ITU-T X.690). It hands out slices of the original bytes, so
 * that signatures are verified over what was signed and not over a re-encoding. Everything throws `Malformed`.
 *
 * An element is a place in those bytes, and a slice is made where it is asked for: making one takes several times as
 * long as reading the element, and of most elements nobody asks for any.
 */
export class Der {
  readonly tag: number;
  /** What the element was read from, and where it begins, its content begins, and both end. */
  readonly source: Buffer;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;

  constructor(tag: number, source: Buffer, start: number, contentStart: number, end: number) {
    this.tag = tag;
    this.source = source;
    this.start = start;
    this.contentStart = contentStart;
    this.end = end;
  }

  /** Identifier, length and content. */
  get bytes(): Buffer {
    return this.source.subarray(this.start, this.end);
  }

  get content(): Buffer {
    return this.source.subarray(this.contentStart, this.end);
  }
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

/** The element that begins at `offset` and ends before `limit`. */
function readAt(source: Buffer, offset: number, limit: number): Der {
  let start = offset + 2;
  if (start > limit) malformed('DER: truncated element');
  const tag = source[offset] ?? 0;
  let length = source[offset + 1] ?? 0;
  if ((tag & 0x1f) === 0x1f) malformed('DER: multi-byte tag');
  if (length >= 0x80) {
    const count = length & 0x7f;
    // Zero is the indefinite form; four bytes are more than any bounded input has.
    if (count === 0 || count > 4 || start + count > limit) malformed('DER: bad length');
    length = source.readUIntBE(start, count);
    start += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) malformed('DER: length is not minimal');
  }
  const end = start + length;
  if (end > limit) malformed('DER: element runs past its end');
  return new Der(tag, source, offset, start, end);
}

function readOnly(source: Buffer, start: number, end: number): Der {
  const element = readAt(source, start, end);
  if (element.end !== end) malformed('DER: trailing bytes');
  return element;
}

/** The single element that `bytes` is; trailing bytes are malformed. */
export function parseDer(bytes: Buffer): Der {
  return readOnly(bytes, 0, bytes.length);
}

/** The single element inside an element that wraps DER: an explicit tag, an octet string. */
export function inside(der: Der): Der {
  return readOnly(der.source, der.contentStart, der.end);
}

/** The elements inside a constructed element, or inside a string that wraps DER. */
export function children({ source, contentStart, end }: Der): Der[] {
  const elements: Der[] = [];
  for (let offset = contentStart; offset < end;) {
    const element = readAt(source, offset, end);
    elements.push(element);
    offset = element.end;
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
  const { source, contentStart, end } = expect(der, TAG.oid, 'object identifier');
  if (end - contentStart > 64) malformed('DER: object identifier is too long');
  let dotted = '';
  let arc = 0;
  let continued = false;
  for (let offset = contentStart; offset < end; offset++) {
    const byte = source[offset] ?? 0;
    if (!continued && byte === 0x80) malformed('DER: object identifier is not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) malformed('DER: object identifier arc is too large');
    continued = byte >= 0x80;
    if (continued) continue;
    if (dotted === '') {
      // The first two arcs are written as one.
      const root = Math.min(Math.floor(arc / 40), 2);
      dotted = `${root}.${arc - root * 40}`;
    } else {
      dotted += `.${arc}`;
    }
    arc = 0;
  }
  if (continued || dotted === '') malformed('DER: truncated object identifier');
  return dotted;
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

const TIME = /^\d{14}(?:\.\d{0,8}[1-9])?Z$/;

/**
 * UTCTime or GeneralizedTime, in UTC and with seconds (RFC 5280 section 4.1.2.5). Fractions, which RFC 3161 section
 * 2.4.2 allows for GeneralizedTime, are cut to milliseconds.
 */
export function time(der: Der | undefined): Instant {
  if (der?.tag !== TAG.utcTime && der?.tag !== TAG.generalizedTime) malformed('DER: no time');
  let written = der.content.toString('latin1');
  if (der.tag === TAG.utcTime) written = `${Number(written.slice(0, 2)) < 50 ? '20' : '19'}${written}`;
  const field = (start: number, end = start + 2): number => Number(written.slice(start, end));
  const [year, month, day] = [field(0, 4), field(4), field(6)];
  const [hour, minute, second] = [field(8), field(10), field(12)];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (!TIME.test(written) || day < 1 || day > monthDays || hour > 23 || minute > 59 || second > 59) {
    malformed('DER: bad time');
  }
  // Behind the seconds and a dot, before the Z; none is 0.
  const ms = Number(written.slice(15, -1).slice(0, 3).padEnd(3, '0'));
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
