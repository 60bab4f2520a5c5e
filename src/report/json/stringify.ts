import { formatInstant, type Instant } from '../../model/time.ts';

/** A value JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * What may not stand in JSON as it is, because JSON is also shown in terminals and logs: invisible code points, those
 * that attach to others, and `##`, which CI runners read commands after (see escape.ts).
 */
const HIDDEN = String.raw`[\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]|#(?=#)`;
let hidden: RegExp | null = null;

/** Elements that are written at once: one at a time takes longer, all of them take more memory. */
const BATCH = 32;

/** Writes a value as indented JSON, ending with a newline. Parsing gives the value back, whatever is in it. */
export function stringify(value: Json): string {
  return `${indented(value, '')}\n`;
}

/** Writes a value as JSON in one line, with the same escapes. */
export function compact(value: Json): string {
  return shown(JSON.stringify(value));
}

/**
 * The members of an object; a long list may be a function, whose elements are made one at a time as they are written.
 */
export type Members = Readonly<Record<string, Json | (() => Iterable<Json>)>>;

/** The object of these members. */
export function objectOf(members: Members): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, typeof value === 'function' ? [...value()] : value]),
  );
}

/** What `stringify` writes of that object, in pieces: a few elements of a long list in each. */
export function* stringifyMembers(members: Members): Generator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(members)) {
    yield `${before}\n  ${indented(name, '')}: `;
    if (typeof value === 'function') yield* listed(value());
    else yield indented(value, '  ');
    before = ',';
  }
  yield before === '{' ? '{}\n' : '\n}\n';
}

function* listed(elements: Iterable<Json>): Generator<string> {
  let before = '[';
  let batch: Json[] = [];
  const written = (): string => {
    const text = `${before}\n${elementsOf(batch)}`;
    before = ',';
    batch = [];
    return text;
  };
  for (const element of elements) {
    if (batch.push(element) === BATCH) yield written();
  }
  if (batch.length > 0) yield written();
  yield before === '[' ? '[]' : '\n  ]';
}

/** The elements of a list that a member of the outermost object holds. Within two lists they are as deep as there. */
function elementsOf(batch: readonly Json[]): string {
  return shown(JSON.stringify([batch], null, 2).slice('[\n  [\n'.length, -'\n  ]\n]'.length));
}

/** `indent` is that of the line the value begins in. */
function indented(value: Json, indent: string): string {
  // Line breaks here are those of the indentation: JSON escapes them within strings.
  return shown(JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`));
}

function shown(json: string): string {
  if (isPlain(json)) return json;
  // Made when it is first needed: properties of Unicode take a millisecond.
  hidden ??= new RegExp(HIDDEN, 'gu');
  return json.replace(hidden, (found) => (found === '\n' ? found : escaped(found)));
}

/**
 * A fast check for text without hidden characters, as nearly all text is. JSON escapes the control characters of ASCII
 * except DEL.
 */
function isPlain(json: string): boolean {
  return Buffer.byteLength(json) === json.length && !json.includes('##') && !json.includes('\x7f');
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
