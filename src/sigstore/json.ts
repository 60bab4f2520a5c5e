import { isUtf8 } from 'node:buffer';
import { malformed, show } from './refusal.ts';

/**
 * Readers for the JSON of Sigstore messages: the canonical proto3 mapping, in which a field with its default value is
 * left out or null (https://protobuf.dev/programming-guides/json/). Each throws `Malformed` naming the path.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_INT64 = 2n ** 63n - 1n;

/** What a text is as JSON; undefined where it is none. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** True where proto3 JSON treats the field as not set. */
export function isUnset(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function object(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(`${path} is not an object`);
  return value as JsonObject;
}

/** A repeated field: not set means empty. */
export function list(value: unknown, path: string, max: number): readonly unknown[] {
  if (isUnset(value)) return [];
  if (!Array.isArray(value)) malformed(`${path} is not an array`);
  if (value.length > max) malformed(`${path} has ${value.length} elements, more than ${max}`);
  return value;
}

/** Exactly one element. */
export function single(value: unknown, path: string): unknown {
  const elements = list(value, path, Number.MAX_SAFE_INTEGER);
  if (elements.length !== 1) malformed(`${path} has ${elements.length} elements instead of one`);
  return elements[0];
}

/** A string of 1 to `max` UTF-16 units. */
export function text(value: unknown, path: string, max: number): string {
  if (typeof value !== 'string' || value === '') malformed(`${path} is not a string`);
  if (value.length > max) malformed(`${path} is longer than ${max} characters`);
  return value;
}

/** Standard base64 with padding and nothing else (RFC 4648 section 4), of at least one byte. */
export function base64(value: unknown, path: string, maxBytes: number): Buffer {
  const encoded = text(value, path, Math.ceil(maxBytes / 3) * 4);
  const bytes = Buffer.from(encoded, 'base64');
  // Node skips what it does not know; writing it back shows whether anything was skipped.
  if (bytes.toString('base64') !== encoded) malformed(`${path} is not canonical base64`);
  return bytes;
}

/** Lower-case hexadecimal of exactly `bytes` bytes. */
export function hex(value: unknown, path: string, bytes: number): Buffer {
  const encoded = text(value, path, 2 * bytes);
  if (encoded.length !== 2 * bytes || !/^[0-9a-f]+$/.test(encoded)) malformed(`${path} is not ${bytes} bytes in hex`);
  return Buffer.from(encoded, 'hex');
}

/** A non-negative int64: a decimal string or a number; not set means zero. */
export function int64(value: unknown, path: string): bigint {
  if (isUnset(value)) return 0n;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(?:0|[1-9]\d{0,18})$/.test(value)) {
    const parsed = BigInt(value);
    if (parsed <= MAX_INT64) return parsed;
  }
  malformed(`${path} is not an integer from 0 to 2^63-1: ${show(JSON.stringify(value), 24)}`);
}

/** Strict UTF-8. */
export function utf8(bytes: Buffer, path: string): string {
  if (!isUtf8(bytes)) malformed(`${path} is not UTF-8`);
  return bytes.toString('utf8');
}

/** JSON in strict UTF-8, without a byte order mark. */
export function parseJson(bytes: Buffer, path: string): unknown {
  const source = utf8(bytes, path);
  try {
    return JSON.parse(source) as unknown;
  } catch {
    malformed(`${path} is not JSON`);
  }
}
