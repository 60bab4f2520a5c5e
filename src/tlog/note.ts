import { createPublicKey, hash as digest, verify } from 'node:crypto';
import { malformed } from './malformed.ts';

/** A signed note (https://github.com/C2SP/C2SP/blob/main/signed-note.md). */
export interface Note {
  /** The signed text, with its last newline. */
  readonly text: Buffer;
  /** Every one, of unknown keys too: whoever knows the key can count it later. */
  readonly signatures: readonly NoteSignature[];
}

/** A signature line: `— NAME BASE64(HINT || SIGNATURE)`. */
interface NoteSignature {
  readonly name: string;
  /** The key id, hex of 4 bytes. It tells keys of one name apart, and proves nothing. */
  readonly hint: string;
  readonly signature: Buffer;
}

/** A key that notes are verified with, and the signature lines it answers for. */
export interface NoteKey {
  readonly name: string;
  readonly hints: readonly string[];
  readonly verify: (text: Buffer, signature: Buffer) => boolean;
}

const MAX_LENGTH = 1_000_000;
const MAX_SIGNATURES = 64;
const MAX_SIGNATURE_BYTES = 16_384;
/** Characters that a note must not have: control characters but the newline, and halves of surrogate pairs. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const FORBIDDEN = /[\x00-\x09\x0b-\x1f\ud800-\udfff]/u;
/**
 * Names separate from what follows them by a space in notes and by a plus in keys. No White_Space of Unicode, which is
 * spelt out: properties take a good part of a short run to look up.
 */
const NAME = /^[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]+$/;

/** Parses a note. `what` is its name in messages. Throws `Malformed`. */
export function parseNote(envelope: string, what = 'note'): Note {
  if (envelope.length > MAX_LENGTH) malformed(`${what} is longer than ${MAX_LENGTH} characters`);
  if (FORBIDDEN.test(envelope)) malformed(`${what} has characters that a signed note cannot have`);
  const split = envelope.lastIndexOf('\n\n');
  if (split < 0 || !envelope.endsWith('\n')) malformed(`${what} is not a signed note`);
  const lines = envelope.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) malformed(`${what} has too many signatures`);
  const signatures = lines.map((line) => parseSignature(line, what));
  return { text: Buffer.from(envelope.slice(0, split + 1)), signatures };
}

function parseSignature(line: string, what: string): NoteSignature {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ');
  if (dash !== '\u2014' || !NAME.test(name) || rest.length > 0) {
    malformed(`${what} signature is not a note signature`);
  }
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length > MAX_SIGNATURE_BYTES) malformed(`${what} signature is not canonical base64`);
  if (bytes.length < 5) malformed(`${what} signature is too short`);
  return { name, hint: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}

/**
 * Why a note is not one of this key, or null. Every signature in the name and with a hint of the key must hold, and
 * there must be one; those of others, such as witnesses, are passed over.
 */
export function signatureFault(note: Note, key: NoteKey): 'unsigned' | 'broken' | null {
  const own = note.signatures.filter(({ name, hint }) => name === key.name && key.hints.includes(hint));
  if (own.length === 0) return 'unsigned';
  return own.every(({ signature }) => key.verify(note.text, signature)) ? null : 'broken';
}

/** Ed25519, the one algorithm of signed notes that a log's own signature has (type 0x01). */
const ED25519 = 0x01;
/** DER SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410). */
export const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Reads a key as it is handed around, `NAME+HINT+BASE64(TYPE || KEY)`; base64 may have a plus, too. Throws `Malformed`
 * for one of another type, and for one that its hint is not of.
 */
export function parseNoteKey(text: string): NoteKey {
  const { name, hint, typed } = parseKeyText(text);
  if (typed[0] !== ED25519 || typed.length !== 33) malformed('key of signed notes is not Ed25519');
  const spki = Buffer.concat([SPKI_PREFIX, typed.subarray(1)]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return { name, hints: [hint], verify: (signed, signature) => verify(null, signed, key, signature) };
}

/** The parts of a key's text, which its hint fits; `typed` begins with its type. Throws `Malformed`. */
export function parseKeyText(text: string): { readonly name: string; readonly hint: string; readonly typed: Buffer } {
  const [, name = '', hint = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? [];
  const typed = fromBase64(encoded);
  if (!NAME.test(name) || typed === null) malformed('key of signed notes is not NAME+HINT+BASE64');
  if (keyHint(name, typed) !== hint) malformed('key of signed notes is not the one that its hint names');
  return { name, hint, typed };
}

/** The key id of a name and a key with what stands before it: SHA-256(NAME || newline || TYPE || KEY), 4 bytes, hex. */
export function keyHint(name: string, typedKey: Uint8Array): string {
  return digest('sha256', Buffer.concat([Buffer.from(`${name}\n`), typedKey]), 'hex').slice(0, 8);
}

/** Standard base64 with padding and nothing else (RFC 4648 section 4), of at least one byte; null for anything else. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what it does not know; writing it back shows whether anything was skipped.
  return text !== '' && bytes.toString('base64') === text ? bytes : null;
}
