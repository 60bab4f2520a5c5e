import { formatInstant, type Instant } from '../model/time.ts';

/** A value JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * What may not stand in JSON as it is, because JSON is also shown in terminals and logs: invisible code points, those
 * that attach to others, and `##`, which CI runners read commands after (see escape.ts).
 */
const HIDDEN = /[\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]|#(?=#)/gu;

/** Writes a value as indented JSON, ending with a newline. Parsing gives the value back, whatever is in it. */
export function stringify(value: Json): string {
  // Line breaks here are those of the indentation: JSON escapes them within strings.
  const text = JSON.stringify(value, null, 2).replace(HIDDEN, (found) => (found === '\n' ? found : escaped(found)));
  return `${text}\n`;
}

/** RFC 3339, or null. */
export function instantJson(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

/** Each UTF-16 code unit as \uXXXX (RFC 8259 section 7). */
function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
