import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../lab/sigstore/json.ts';
import { pinRoot } from '../../src/sigstore/tuf/repository.ts';

/** A key as a role lists it, and how it signs. */
interface Signer {
  readonly listed: { readonly keytype: string; readonly scheme: string; readonly keyval: { readonly public: string } };
  readonly sign: (message: Buffer) => Buffer;
}

/** A root that is its own proof: `keys` by id, of which `threshold` have to sign it; all of `signers` do. */
function root(
  keys: Readonly<Record<string, Signer>>,
  threshold: number,
  signers: Readonly<Record<string, Signer>> = keys,
  change: (signature: Buffer) => Buffer = (signature) => signature,
): Buffer {
  const role = { keyids: Object.keys(keys), threshold };
  const signed = {
    _type: 'root',
    spec_version: '1.0.31',
    version: 1,
    expires: '2046-01-01T00:00:00Z',
    consistent_snapshot: true,
    keys: Object.fromEntries(Object.entries(keys).map(([id, { listed }]) => [id, listed])),
    roles: { root: role, timestamp: role, snapshot: role, targets: role },
  } satisfies Json;
  // TUF's canonical JSON escapes no line ends, which PEM has.
  const message = Buffer.from(canonicalJson(signed).replaceAll('\\n', '\n'));
  const signatures = Object.entries(signers).map(([keyid, signer]) => ({
    keyid,
    sig: change(signer.sign(message)).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signed, signatures }));
}

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const pem = ({ publicKey }: Pair): string => publicKey.export({ type: 'spki', format: 'pem' }).toString();
const der = ({ publicKey }: Pair): Buffer => publicKey.export({ type: 'spki', format: 'der' });
const tail =
  (bytes: number) =>
  (pair: Pair): string =>
    der(pair).subarray(-bytes).toString('hex');

const ec = (namedCurve: string): Pair => generateKeyPairSync('ec', { namedCurve });
const P256 = ec('P-256');
const P384 = ec('P-384');
const ED25519 = generateKeyPairSync('ed25519');
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING };
function signer(
  pair: Pair,
  [keytype, scheme]: readonly [string, string],
  hash: string | null,
  { written = pem, ...how }: { written?: (pair: Pair) => string; padding?: number; saltLength?: number } = {},
): Signer {
  return {
    listed: { keytype, scheme, keyval: { public: written(pair) } },
    sign: (message) => sign(hash, message, { key: pair.privateKey, ...how }),
  };
}

const SIGNERS: Readonly<Record<string, Signer>> = {
  'Ed25519 in hex': signer(ED25519, ['ed25519', 'ed25519'], null, { written: tail(32) }),
  'Ed25519 in PEM': signer(ED25519, ['ed25519', 'ed25519'], null),
  'P-256 in PEM': signer(P256, ['ecdsa', 'ecdsa-sha2-nistp256'], 'sha256'),
  'P-256 in PEM, with the older name of its type': signer(
    P256,
    ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
    'sha256',
  ),
  'P-256 in hex': signer(P256, ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'], 'sha256', { written: tail(65) }),
  'P-384 in PEM': signer(P384, ['ecdsa', 'ecdsa-sha2-nistp384'], 'sha384'),
  'P-384 in hex': signer(P384, ['ecdsa', 'ecdsa-sha2-nistp384'], 'sha384', { written: tail(97) }),
  'RSA with PSS and SHA-256': signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', PSS),
  'RSA with PSS and SHA-384': signer(RSA, ['rsa', 'rsassa-pss-sha384'], 'sha384', PSS),
  'RSA with PSS and SHA-512': signer(RSA, ['rsa', 'rsassa-pss-sha512'], 'sha512', PSS),
  'RSA with PSS and no salt': signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', { ...PSS, saltLength: 0 }),
  'RSA with PSS and a salt like its hash': signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', {
    ...PSS,
    saltLength: 32,
  }),
  'RSA with PKCS #1 v1.5 and SHA-256': signer(RSA, ['rsa', 'rsa-pkcs1v15-sha256'], 'sha256'),
  'RSA with PKCS #1 v1.5 and SHA-512': signer(RSA, ['rsa', 'rsa-pkcs1v15-sha512'], 'sha512'),
};

function named(name: string): Signer {
  const found = SIGNERS[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const refusal = /not signed by enough of its own keys/;

describe.each(Object.entries(SIGNERS))('a key for %s', (_, key) => {
  it('signs, and nobody else does for it', () => {
    expect(pinRoot(root({ key }, 1)).root.version).toBe(1);
    const flipped = (signature: Buffer): Buffer => {
      signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
      return signature;
    };
    expect(() => pinRoot(root({ key }, 1, { key }, flipped))).toThrow(refusal);
    expect(() => pinRoot(root({ key }, 1, { key }, () => Buffer.alloc(64, 0x30)))).toThrow(refusal);
    expect(() => pinRoot(root({ key }, 1, { key }, () => Buffer.alloc(0)))).toThrow(refusal);
    expect(() => pinRoot(root({ key }, 1, { other: key }))).toThrow(refusal);
  });
});

describe('a key that signs in another way than it is listed for', () => {
  it.each([
    ['rsassa-pss-sha256', signer(RSA, ['rsa', 'rsa-pkcs1v15-sha256'], 'sha256')],
    ['rsassa-pss-sha256', signer(RSA, ['rsa', 'rsassa-pss-sha512'], 'sha512', PSS)],
    ['rsa-pkcs1v15-sha256', signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', PSS)],
    ['rsa-pkcs1v15-sha256', signer(RSA, ['rsa', 'rsa-pkcs1v15-sha512'], 'sha512')],
    ['ecdsa-sha2-nistp384', signer(P384, ['ecdsa', 'ecdsa-sha2-nistp384'], 'sha256')],
  ])('does not count (%s)', (scheme, { listed, ...rest }) => {
    expect(() => pinRoot(root({ key: { listed: { ...listed, scheme }, ...rest } }, 1))).toThrow(refusal);
  });

  it.each([
    ['rsassa-pss-sha256', P256, /is not rsassa-pss-sha256/],
    ['ecdsa-sha2-nistp256', RSA, /is not ecdsa-sha2-nistp256/],
    ['ecdsa-sha2-nistp256', P384, /is not ecdsa-sha2-nistp256/],
    ['ed25519', P256, /is not ed25519/],
    ['rsassa-pss-sha256', generateKeyPairSync('rsa', { modulusLength: 1024 }), /RSA key of 1024 bits/],
  ] as const)('cannot be listed (%s)', (scheme, pair, why) => {
    const key = { listed: { keytype: 'any', scheme, keyval: { public: pem(pair) } }, sign: () => Buffer.alloc(64) };
    expect(() => pinRoot(root({ key }, 1))).toThrow(why);
  });

  it('cannot be listed as bytes of RSA in hex', () => {
    const key = signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', { ...PSS, written: tail(256) });
    expect(() => pinRoot(root({ key }, 1))).toThrow(/is not in PEM/);
  });

  it('is left out where its scheme is not known, beside others that count', () => {
    const known = named('P-256 in PEM');
    const unknown = { ...known, listed: { ...known.listed, scheme: 'ml-dsa-65' } };
    expect(pinRoot(root({ known, unknown }, 1)).root.version).toBe(1);
    expect(() => pinRoot(root({ known, unknown }, 2))).toThrow(refusal);
  });
});

describe('one key under two ids counts once', () => {
  /** The same bytes of an RSA key with a length that is longer than it need be. */
  const longer = (pair: Pair): string => {
    const spki = der(pair);
    const at = spki.indexOf(Buffer.from('003082', 'hex')) + 2;
    const inner = Buffer.concat([Buffer.from('8300', 'hex'), spki.subarray(at + 1)]);
    const bits = Buffer.concat([Buffer.from([0, 0x30]), inner]);
    const head = spki.subarray(4, 19);
    const wrapped = Buffer.concat([head, Buffer.from([0x03, 0x82, bits.length >> 8, bits.length & 255]), bits]);
    const all = Buffer.concat([Buffer.from([0x30, 0x82, wrapped.length >> 8, wrapped.length & 255]), wrapped]);
    return `-----BEGIN PUBLIC KEY-----\n${all.toString('base64')}\n-----END PUBLIC KEY-----\n`;
  };

  it.each([
    ['P-256 in PEM', 'P-256 in PEM'],
    ['P-256 in PEM', 'P-256 in hex'],
    ['Ed25519 in PEM', 'Ed25519 in hex'],
    ['P-384 in PEM', 'P-384 in hex'],
    ['RSA with PSS and SHA-256', 'RSA with PSS and SHA-256'],
    ['RSA with PSS and SHA-256', 'RSA with PKCS #1 v1.5 and SHA-512'],
  ])('%s and %s', (first, second) => {
    const [a, b] = [named(first), named(second)];
    expect(() => pinRoot(root({ a, b }, 2))).toThrow(refusal);
    const other = signer(ec('P-256'), ['ecdsa', 'ecdsa-sha2-nistp256'], 'sha256');
    expect(pinRoot(root({ a, b, other }, 2)).root.roles.root.keys.size).toBe(3);
    expect(() => pinRoot(root({ a, b, other }, 3))).toThrow(refusal);
  });

  it('RSA, also where its bytes are written in another way', () => {
    const a = named('RSA with PSS and SHA-256');
    const b = signer(RSA, ['rsa', 'rsassa-pss-sha256'], 'sha256', { ...PSS, written: longer });
    expect(b.listed.keyval.public).not.toBe(a.listed.keyval.public);
    expect(pinRoot(root({ b }, 1)).root.version).toBe(1);
    expect(() => pinRoot(root({ a, b }, 2))).toThrow(refusal);
  });
});

describe('a root that is pinned', () => {
  const key = named('P-256 in PEM');

  it('has the SHA-256 that goes with it, if one does', () => {
    const bytes = root({ key }, 1);
    const wrong = '0'.repeat(64);
    expect(() => pinRoot(bytes, wrong)).toThrow(new RegExp(`its SHA-256 is [0-9a-f]{64} instead of ${wrong}`));
    expect(pinRoot(bytes, createHash('sha256').update(bytes).digest('hex')).root.version).toBe(1);
  });

  it('is signed by its own keys', () => {
    expect(() => pinRoot(root({ key }, 1, {}))).toThrow(refusal);
    expect(() => pinRoot(root({ key }, 2))).toThrow(refusal);
  });
});
