import { LockfileError } from './error.ts';

/** Real lockfiles reach about 10 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The text of a file: UTF-8, without the byte order mark that some editors put first. */
export function decodeText(file: string, bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_BYTES) {
    throw new LockfileError(file, null, `larger than ${MAX_BYTES / 1024 / 1024} MB; no lockfile is`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new LockfileError(file, null, 'not valid UTF-8; save it as UTF-8, or let the package manager write it again');
  }
}

/**
 * Whether a text has characters that terminals act on and readers of addresses drop. Nothing a lockfile says may have
 * them; so a line break also separates such texts safely.
 */
export function hasControlCharacters(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return /[\x00-\x1f\x7f]/.test(text);
}
