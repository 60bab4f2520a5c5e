import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { children, inside, oid, parseDer, smallInteger, time, wrap } from '../../src/sigstore/der.ts';
import { verifyDigestSignature } from '../../src/sigstore/digest-signature.ts';
import { base64, int64 } from '../../src/sigstore/json.ts';
import { parsePublicKey, verifySignature, type Hash } from '../../src/sigstore/keys.ts';
import { PUBLIC_GOOD_ROOT_DIGEST, publicGoodRoot, publicGoodRootJson } from '../../src/sigstore/public-good.ts';
import { Malformed } from '../../src/sigstore/refusal.ts';
import { verifyRegistrySignature } from '../../src/checks/npm/registry-signature.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { readJson, recordedFiles } from './support.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('DER', () => {
  it.each([
    ['an empty input', ''],
    ['a tag without a length', '30'],
    ['the indefinite form', '30 80 00 00'],
    ['a length in more bytes than needed', '30 81 01 00'],
    ['a length with a leading zero', '04 82 00 80'],
    ['an element that is longer than the input', '30 05 02 01 00'],
    ['trailing bytes', '02 01 00 00'],
    ['a multi-byte tag', '1f 81 00 00'],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseDer(hex(bytes))).toThrow(Malformed);
  });

  it('hands out slices of the original', () => {
    const bytes = hex('30 06 02 01 05 04 01 ff');
    const parts = children(parseDer(bytes));
    expect(parts.map((part) => part.bytes.toString('hex'))).toEqual(['020105', '0401ff']);
    expect(smallInteger(parts[0], 'number')).toBe(5);
    expect(parts[0]?.bytes.buffer).toBe(bytes.buffer);
  });

  it('holds an element to the end of the one around it, whatever follows in the same bytes', () => {
    const inner = (bytes: string): unknown => children(children(parseDer(hex(bytes)))[0] ?? parseDer(hex('')));
    expect(inner('30 05 30 03 02 01 05')).toHaveLength(1);
    expect(() => inner('30 07 30 03 02 03 05 06 07')).toThrow(Malformed);
    expect(() => inner('30 05 30 01 02 01 05')).toThrow(Malformed);
    expect(() => inner('30 07 30 03 02 82 00 05 06')).toThrow(Malformed);
    const [string] = children(parseDer(hex('30 08 04 03 02 01 05 05 01 00')));
    expect(string && smallInteger(inside(string), 'number')).toBe(5);
    const [longer] = children(parseDer(hex('30 08 04 04 02 01 05 00 05 00')));
    expect(() => longer && inside(longer)).toThrow('trailing bytes');
  });

  it.each(['02 01 80', '02 02 00 7f', '02 00', '02 05 01 00 00 00 00'])('refuses the integer %s', (bytes) => {
    expect(() => smallInteger(parseDer(hex(bytes)), 'number')).toThrow(Malformed);
  });

  it('reads object identifiers', () => {
    expect(oid(parseDer(hex('06 0a 2b 06 01 04 01 83 bf 30 01 08')))).toBe('1.3.6.1.4.1.57264.1.8');
    expect(oid(parseDer(hex('06 03 55 1d 11')))).toBe('2.5.29.17');
    for (const bytes of ['06 00', '06 02 2b 80', '06 03 2b 80 01']) {
      expect(() => oid(parseDer(hex(bytes)))).toThrow(Malformed);
    }
  });

  it('reads times as the platform does, for every day of two centuries', () => {
    const asDer = (tag: number, text: string): number => time(parseDer(wrap(tag, [Buffer.from(text)])));
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(2049, 11, 31) }), (instant) => {
        const iso = new Date(instant).toISOString().replace(/[-:T]|\.\d+/g, '');
        const seconds = Math.floor(instant / 1000) * 1000;
        expect(asDer(0x18, iso)).toBe(seconds);
        expect(asDer(0x17, iso.slice(2))).toBe(seconds);
      }),
    );
    expect(asDer(0x18, '20240229000000.1239Z')).toBe(Date.UTC(2024, 1, 29) + 123);
    for (const bad of [
      '20230229000000Z',
      '20231301000000Z',
      '20230101240000Z',
      '20230101000000',
      '20230101000060Z',
      '20230101000000.10Z',
    ]) {
      expect(() => asDer(0x18, bad), bad).toThrow(Malformed);
    }
  });
});

describe('base64 and integers', () => {
  it.each(['QQ', 'QQ==\n', 'QR==', 'Q-_=', '=QQ=', 'QQ=='.repeat(2), ''])('refuses %j', (text) => {
    expect(() => base64(text, 'field', 100)).toThrow(Malformed);
  });

  it('reads what it writes, up to the bound', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 90 }), (bytes) => {
        const encoded = Buffer.from(bytes).toString('base64');
        expect(base64(encoded, 'field', 90)).toEqual(Buffer.from(bytes));
      }),
    );
    expect(() => base64(Buffer.alloc(93).toString('base64'), 'field', 90)).toThrow(Malformed);
  });

  it('reads integers beyond 2^53 exactly', () => {
    expect(int64('9223372036854775807', 'field')).toBe(2n ** 63n - 1n);
    expect(int64(undefined, 'field')).toBe(0n);
    for (const bad of ['9223372036854775808', '-1', '01', '1.0', ' 1', '', 2 ** 53, -1, 0.5, {}, true]) {
      expect(() => int64(bad, 'field'), JSON.stringify(bad)).toThrow(Malformed);
    }
  });
});

describe('signatures by digest', () => {
  const kinds = [
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
    ['P-384', 'sha256'],
    ['P-521', 'sha512'],
    ['P-521', 'sha256'],
    ['rsa', 'sha256'],
  ] as const satisfies readonly (readonly [string, Hash])[];

  it.each(kinds)('%s with %s: what the platform signs holds, and nothing else', (curve, hash) => {
    const { privateKey, publicKey } =
      curve === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: curve });
    const key = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), (message, place) => {
        const signature = sign(hash, message, privateKey);
        const digest = createHash(hash).update(message).digest();
        expect(verifyDigestSignature(key, hash, digest, signature)).toBe(true);
        const flip = (bytes: Buffer): Buffer => {
          const copy = Buffer.from(bytes);
          const at = place % copy.length;
          copy[at] = (copy[at] ?? 0) ^ 1;
          return copy;
        };
        expect(verifyDigestSignature(key, hash, flip(digest), signature)).toBe(false);
        expect(verifyDigestSignature(key, hash, digest, flip(signature))).toBe(false);
        expect(verifyDigestSignature(key, hash, digest.subarray(1), signature)).toBe(false);
      }),
      { numRuns: 8 },
    );
  });

  it.each(['3006020100020101', '3006020101020100', '300602010102017f00', '30060201ff020101', ''])(
    'refuses the ECDSA signature %s',
    (bytes) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const key = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));
      expect(verifyDigestSignature(key, 'sha256', Buffer.alloc(32, 1), hex(bytes))).toBe(false);
    },
  );
});

describe('public keys', () => {
  it('refuses points that are not on their curve, compressed points, other curves and short RSA keys', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(parsePublicKey(spki).type).toBe('p256');
    const off = Buffer.from(spki);
    off[off.length - 1] = (off[off.length - 1] ?? 0) ^ 1;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' });
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
    const compressed = Buffer.concat([spki.subarray(0, 26), Buffer.from([2]), spki.subarray(27, 59)]);
    compressed[1] = compressed.length - 2;
    compressed[24] = 34;
    expect(createPublicKey({ key: compressed, format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec');
    for (const bad of [off, rsa, other.export({ type: 'spki', format: 'der' }), compressed, Buffer.from('x')]) {
      expect(() => parsePublicKey(bad)).toThrow(Malformed);
    }
  });

  it('of Ed25519 are 32 bytes, and verify', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const data = Buffer.from('data');
    const key = parsePublicKey(spki);
    expect(key.object.equals(publicKey)).toBe(true);
    expect(verifySignature(key, null, data, sign(null, data, privateKey))).toBe(true);
    for (const raw of [spki.subarray(-31), Buffer.concat([Buffer.from([0]), spki.subarray(-32)]), Buffer.alloc(0)]) {
      const bits = wrap(0x03, [Buffer.from([0]), raw]);
      expect(() => parsePublicKey(wrap(0x30, [Buffer.from('300506032b6570', 'hex'), bits]))).toThrow(Malformed);
    }
  });
});

describe('registry signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const message = 'p@1.0.0:sha512-AAAA';
  const signature = sign('sha256', Buffer.from(message), privateKey).toString('base64');

  it('holds for the message that was signed, and for no other input', () => {
    expect(verifyRegistrySignature(message, signature, spki)).toBe(true);
    expect(verifyRegistrySignature(`${message} `, signature, spki)).toBe(false);
    expect(verifyRegistrySignature(message, `${signature}=`, spki)).toBe(false);
    expect(verifyRegistrySignature(message, signature.replace(/=*$/, ''), `${spki}\n`)).toBe(false);
    expect(verifyRegistrySignature(message, '', spki)).toBe(false);
    expect(verifyRegistrySignature(message, signature, 'AAAA')).toBe(false);
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const other = p384.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(
      verifyRegistrySignature(message, sign('sha256', Buffer.from(message), p384.privateKey).toString('base64'), other),
    ).toBe(false);
  });

  it.skipIf(!hasSharedData)('holds for every recorded packument (skipped where there is no recorded data)', () => {
    const { keys } = readJson('npm/keys/npm-keys.registry-document.json') as {
      keys: readonly { keyid: string; key: string }[];
    };
    const byId = new Map(keys.map(({ keyid, key }) => [keyid, key]));
    let verified = 0;
    for (const path of recordedFiles('npm/packuments').filter((file) => file.endsWith('.json'))) {
      const { name, versions } = readJson(path) as PackumentJson;
      for (const [version, { dist }] of Object.entries(versions ?? {})) {
        for (const { keyid, sig } of dist?.signatures ?? []) {
          const key = byId.get(keyid) ?? expect.fail(`${path}: ${keyid}`);
          expect(verifyRegistrySignature(`${name ?? ''}@${version}:${dist?.integrity ?? ''}`, sig, key), path).toBe(
            true,
          );
          verified += 1;
        }
        // One version of a packument is enough: there are tens of thousands.
        if (verified % 5 === 4) break;
      }
    }
    expect(verified).toBeGreaterThan(100);
  });
});

interface PackumentJson {
  readonly name?: string;
  readonly versions?: Readonly<
    Record<
      string,
      {
        readonly dist?: {
          readonly integrity?: string;
          readonly signatures?: readonly { keyid: string; sig: string }[];
        };
      }
    >
  >;
}

describe('the pinned public-good root', () => {
  it('is read', () => {
    const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = publicGoodRoot();
    expect(tlogs.map(({ name }) => name)).toEqual(['rekor.sigstore.dev', 'log2025-1.rekor.sigstore.dev']);
    expect([ctlogs.length, certificateAuthorities.length, timestampAuthorities.length]).toEqual([2, 2, 1]);
  });

  it('names its logs by the key ids that their keys have', () => {
    for (const { ids, hints } of publicGoodRoot().tlogs) {
      expect(new Set(hints)).toEqual(new Set([ids[0]?.slice(0, 8)]));
    }
  });

  it.skipIf(!hasSharedData)('says what the published one says (skipped where there is no recorded data)', () => {
    const path = 'sigstore/trusted-root/prod-newest.json';
    expect(publicGoodRootJson()).toEqual(readJson(path));
    const bytes = readFileSync(sharedData(path));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(PUBLIC_GOOD_ROOT_DIGEST);
  });
});
