import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KeysError, NPM_KEYS, parseKeysDocument } from '../../src/registries/npm/keys.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const spkiOf = (namedCurve: string): string =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const P256 = spkiOf('P-256');
const type = { keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256' };
const key = { keyid: 'mine', key: P256, expires: null, ...type };
const target = {
  keyId: 'mine',
  keyUsage: 'npm:signatures',
  publicKey: { rawBytes: P256, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: '2020-01-01T00:00:00Z' } },
};

/** The OpenSSH fingerprint of a P-256 key: RFC 5656 3.1 blob of curve name and point, SHA-256, base64 unpadded. */
function fingerprint(spki: string): string {
  const { x = '', y = '' } = createPublicKey({
    key: Buffer.from(spki, 'base64'),
    format: 'der',
    type: 'spki',
  }).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const hash = createHash('sha256');
  for (const part of [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return `SHA256:${hash.digest('base64').replace(/=+$/, '')}`;
}

describe('the pinned keys', () => {
  it('have the fingerprint of their key as id', () => {
    expect(NPM_KEYS).toHaveLength(4);
    for (const { keyId, spki } of NPM_KEYS) expect(fingerprint(spki)).toBe(keyId);
  });

  it('are valid at some time', () => {
    for (const { start, end, origin } of NPM_KEYS) {
      expect(start).toBeLessThan(end ?? Infinity);
      expect(origin).toBe('pinned');
    }
  });
});

describe.skipIf(!hasSharedData)(`npm's documents${hasSharedData ? '' : ' (skipped: no recorded data)'}`, () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(sharedData(`npm/keys/${name}`), 'utf8'));

  it('of TUF are what is pinned', () => {
    expect(parseKeysDocument(read('npm-keys.tuf-target.json'), 'pinned')).toEqual(NPM_KEYS);
  });

  it('of the registry have the same keys, for both uses', () => {
    const keys = parseKeysDocument(read('npm-keys.registry-document.json'), 'registry');
    expect(keys).toHaveLength(4);
    expect(new Set(keys.map(({ spki }) => spki))).toEqual(new Set(NPM_KEYS.map(({ spki }) => spki)));
    expect(new Set(keys.map(({ origin }) => origin))).toEqual(new Set(['registry']));
  });
});

describe('parseKeysDocument', () => {
  it('gives a key of a registry for both uses, from the beginning until it expires', () => {
    const expires = '2030-01-01T00:00:00Z';
    const common = { keyId: 'mine', spki: P256, start: 0, end: Date.parse(expires), origin: 'configured' };
    expect(parseKeysDocument({ keys: [{ ...key, expires }] }, 'configured')).toEqual([
      { ...common, usage: 'npm:signatures' },
      { ...common, usage: 'npm:attestations' },
    ]);
    expect(parseKeysDocument({ keys: [key] }, 'registry')[0]?.end).toBeNull();
  });

  it('gives a key of a target for its use, in its time', () => {
    expect(parseKeysDocument({ keys: [target] }, 'configured')).toEqual([
      {
        keyId: 'mine',
        usage: 'npm:signatures',
        spki: P256,
        start: Date.parse('2020-01-01T00:00:00Z'),
        end: null,
        origin: 'configured',
      },
    ]);
  });

  it('leaves out what it has no use for, and keeps the rest', () => {
    const keys = [
      { ...key, keyid: 'new', keytype: 'ml-dsa-65', key: 'AAAA' },
      { ...target, keyUsage: 'npm:other' },
      { ...target, publicKey: { ...target.publicKey, keyDetails: 'PKIX_ED25519' } },
      key,
    ];
    expect(parseKeysDocument({ keys }, 'registry').map(({ keyId }) => keyId)).toEqual(['mine', 'mine']);
    expect(parseKeysDocument({ keys: [] }, 'registry')).toEqual([]);
  });

  const pinnedId = NPM_KEYS[0]?.keyId ?? '';
  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['no list', { keys: {} }],
    ['too many keys', { keys: Array.from({ length: 101 }, (_, i) => ({ ...key, keyid: String(i) })) }],
    ['a key that is no object', { keys: ['x'] }],
    ['no key id', { keys: [{ ...key, keyid: undefined }] }],
    ['an empty key id', { keys: [{ ...key, keyid: '' }] }],
    ['a long key id', { keys: [{ ...key, keyid: 'x'.repeat(2000) }] }],
    ['no key', { keys: [{ ...key, key: undefined }] }],
    ['a broken key', { keys: [{ ...key, key: P256.slice(0, 40) }] }],
    ['a key of another curve', { keys: [{ ...key, key: spkiOf('P-384') }] }],
    ['an expiry that is no time', { keys: [{ ...key, expires: 'soon' }] }],
    ['an expiry that is a number', { keys: [{ ...key, expires: 0 }] }],
    ['a validity that is no object', { keys: [{ ...target, publicKey: { ...target.publicKey, validFor: 'always' } }] }],
    ['an end that is no time', { keys: [{ ...target, publicKey: { ...target.publicKey, validFor: { end: 1 } } }] }],
    ['no public key', { keys: [{ ...target, publicKey: null }] }],
    ['one id for two keys', { keys: [key, { ...key, key: spkiOf('P-256') }] }],
    ['a pinned id for another key', { keys: [{ ...key, keyid: pinnedId }] }],
    ['a pinned id for another key, as a target', { keys: [{ ...target, keyId: pinnedId }] }],
  ])('refuses %s', (_name, json) => {
    expect(() => parseKeysDocument(json, 'registry')).toThrow(KeysError);
  });
});
