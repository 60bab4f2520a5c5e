import { malformed } from '../refusal.ts';

/** TUF's own metadata nests six deep. */
const MAX_DEPTH = 32;

/**
 * The canonical JSON that TUF signs (http://wiki.laptop.org/go/Canonical_JSON): sorted names, no white space, whole
 * numbers, and in strings only quotation mark and backslash escaped. Throws `Malformed` for what it cannot write.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) malformed(`nested deeper than ${MAX_DEPTH}`);
  if (typeof value === 'string') {
    // In UTF-8 half a character is the same as any other half, and a signature is over bytes.
    if (/\p{Surrogate}/u.test(value)) malformed('a string has half a character');
    return `"${value.replace(/["\\]/g, '\\$&')}"`;
  }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? String(value) : malformed('a number is not whole, or too large');
  }
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element, depth + 1)).join(',')}]`;
  const members = Object.entries(value as object)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}
