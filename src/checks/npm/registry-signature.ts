import { Malformed } from '../../sigstore/refusal.ts';
import { parsePublicKey, verifySignature, type PublicKey } from '../../sigstore/keys.ts';

/** Registries have a handful of keys; the bound is for hostile ones. */
const MAX_KEYS = 256;
const keys = new Map<string, PublicKey | null>();

/**
 * Verifies one signature of npm's `dist.signatures`: ECDSA on P-256 with SHA-256, DER in base64, over the UTF-8 of
 * `message` (https://docs.npmjs.com/about-registry-signatures). `spki` is a DER SubjectPublicKeyInfo in base64; parsed
 * keys are remembered. False for anything that is not such a key or signature.
 */
export function verifyRegistrySignature(message: string, signatureBase64: string, spkiBase64: string): boolean {
  const key = parseKey(spkiBase64);
  if (key === null) return false;
  const signature = Buffer.from(signatureBase64, 'base64');
  if (signature.toString('base64') !== signatureBase64) return false;
  return verifySignature(key, 'sha256', Buffer.from(message), signature);
}

function parseKey(spkiBase64: string): PublicKey | null {
  let key = keys.get(spkiBase64);
  if (key === undefined) {
    key = tryParse(spkiBase64);
    if (keys.size >= MAX_KEYS) keys.clear();
    keys.set(spkiBase64, key);
  }
  return key;
}

function tryParse(spkiBase64: string): PublicKey | null {
  const spki = Buffer.from(spkiBase64, 'base64');
  if (spki.toString('base64') !== spkiBase64) return null;
  try {
    const key = parsePublicKey(spki);
    return key.type === 'p256' ? key : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}
