import { escapeText } from './escape.ts';

/** SHA-256 in hex, as lockfiles that have it write it, so that it can be found there. */
export function hash(text: string): string {
  const [, base64] = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(text) ?? [];
  if (base64 !== undefined) return `sha256:${Buffer.from(base64, 'base64').toString('hex')}`;
  return text === '' ? 'nothing' : escapeText(text, 40);
}
