import type { Instant } from '../src/model/time.ts';
import { keyDetails, newKey, npmKeyId, type SigningKey, signWith } from './sigstore/keys.ts';

/** `GET /-/npm/v1/keys`. */
export interface KeysJson {
  keys: { expires: string | null; keyid: string; keytype: string; scheme: string; key: string }[];
}

/** npm's TUF target `registry.npmjs.org/keys.json`: one element per key and use. */
export interface TufKeysJson {
  keys: {
    keyId: string;
    keyUsage: 'npm:signatures' | 'npm:attestations';
    publicKey: { rawBytes: string; keyDetails: string; validFor: { start: string; end?: string } };
  }[];
}

export interface RegistryKey {
  readonly id: string;
  readonly signing: SigningKey;
  readonly start: Instant;
  /** Null while the key is in use. */
  readonly expires: Instant | null;
}

/** Which key to sign with: the one in use, one that expired before `at`, or one that the registry does not serve. */
export type KeyChoice = 'current' | 'expired-key' | 'unknown-key';

/** The signing keys of a registry over time. */
export interface RegistryKeys {
  choose(choice: KeyChoice, at: Instant): RegistryKey;
  /** Ends the current key at `expires`; the next signature is made with a new one, valid from `start`. */
  rotate(options: { readonly expires: Instant; readonly start: Instant }): void;
  document(): KeysJson;
  tufTarget(): TufKeysJson;
}

const DAY = 86_400_000;

export function newRegistryKeys(start: Instant): RegistryKeys {
  const make = (from: Instant, expires: Instant | null): RegistryKey => {
    const signing = newKey('P-256');
    return { id: npmKeyId(signing), signing, start: from, expires };
  };
  const retired: RegistryKey[] = [];
  let current = make(start, null);
  let unknown: RegistryKey | null = null;
  const served = (): RegistryKey[] => [...retired, current];

  return {
    choose: (choice, at) => {
      if (choice === 'current') return current;
      if (choice === 'unknown-key') return (unknown ??= make(start, null));
      const expired = retired.find((key) => key.expires !== null && key.expires < at);
      if (expired !== undefined) return expired;
      const key = make(start, at - DAY);
      retired.push(key);
      return key;
    },
    rotate: (options) => {
      retired.push({ ...current, expires: options.expires });
      current = make(options.start, null);
    },
    document: () => ({
      keys: served().map(({ id, signing, expires }) => ({
        expires: expires === null ? null : new Date(expires).toISOString(),
        keyid: id,
        keytype: 'ecdsa-sha2-nistp256',
        scheme: 'ecdsa-sha2-nistp256',
        key: signing.spki.toString('base64'),
      })),
    }),
    tufTarget: () => ({
      keys: served().flatMap(({ id, signing, start: from, expires }) =>
        (['npm:signatures', 'npm:attestations'] as const).map((keyUsage) => ({
          keyId: id,
          keyUsage,
          publicKey: {
            rawBytes: signing.spki.toString('base64'),
            keyDetails: keyDetails(signing),
            validFor: {
              start: new Date(from).toISOString(),
              ...(expires === null ? {} : { end: new Date(expires).toISOString() }),
            },
          },
        })),
      ),
    }),
  };
}

/** One element of `dist.signatures`: ECDSA over `name@version:integrity`. */
export function registrySignature(key: RegistryKey, message: string): { keyid: string; sig: string } {
  return { keyid: key.id, sig: signWith(key.signing, Buffer.from(message)).toString('base64') };
}
