import { constants, publicDecrypt } from 'node:crypto';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { parseDer, sequence, unsignedInteger } from './der.ts';
import { HASH_BYTES, type Hash, type PublicKey } from './keys.ts';

/**
 * Verifies a signature where only the digest of what was signed is known. node:crypto hashes for ECDSA whether asked to
 * or not, so the curve arithmetic comes from @noble/curves; a curve is built when it is first used.
 */
export function verifyDigestSignature(key: PublicKey, hash: Hash, digest: Buffer, signature: Buffer): boolean {
  if (digest.length !== HASH_BYTES[hash] || key.type === 'ed25519') return false;
  try {
    return key.type === 'rsa'
      ? verifyRsa(key, hash, digest, signature)
      : verifyEcdsa(key.type, key.raw, digest, signature);
  } catch {
    return false;
  }
}

/** DER DigestInfo before the digest (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<Hash, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** RFC 8017 section 8.2.2: the platform checks and removes the padding; what is left must be the DigestInfo. */
function verifyRsa(key: PublicKey, hash: Hash, digest: Buffer, signature: Buffer): boolean {
  const info = publicDecrypt({ key: key.object, padding: constants.RSA_PKCS1_PADDING }, signature);
  return info.equals(Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest]));
}

type CurveName = 'p256' | 'p384' | 'p521';

/** FIPS 186-4 section 6.4.2. The digest is at most as long as the order, so none of its bits are cut. */
function verifyEcdsa(name: CurveName, publicKey: Buffer, digest: Buffer, signature: Buffer): boolean {
  const [first, second, ...rest] = sequence(parseDer(signature), 'ECDSA signature');
  const r = unsignedInteger(first, 'r');
  const s = unsignedInteger(second, 's');
  const { n } = CURVES[name];
  if (rest.length > 0 || r === 0n || s === 0n || r >= n || s >= n) return false;
  const point = pointOf(name);
  const inverse = point.Fn.inv(s);
  const u1 = (BigInt(`0x${digest.toString('hex')}`) * inverse) % n;
  const u2 = (r * inverse) % n;
  const sum = point.BASE.multiplyUnsafe(u1).add(point.fromBytes(publicKey).multiplyUnsafe(u2));
  return !sum.is0() && sum.toAffine().x % n === r;
}

type Point = ReturnType<typeof weierstrass<bigint>>;
const points = new Map<CurveName, Point>();

function pointOf(name: CurveName): Point {
  let point = points.get(name);
  if (point === undefined) {
    const curve = CURVES[name];
    points.set(name, (point = weierstrass<bigint>({ ...curve, a: curve.p - 3n, h: 1n })));
  }
  return point;
}

/** Domain parameters of FIPS 186-4 appendix D.1.2; for all of them a is p - 3 and the cofactor 1. */
const CURVES = {
  p256: {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
  p384: {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    Gx: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    Gy: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
  p521: {
    p: 0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    Gx: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    Gy: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  },
} as const;
