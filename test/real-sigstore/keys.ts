import { sign, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as der from '../../lab/sigstore/der.ts';
import { newAuthority } from '../../lab/sigstore/fulcio.ts';
import { trustedRoot, type TrustedRootJson } from '../../lab/sigstore/index.ts';
import { newKey, pem, sha256, type SigningKey } from '../../lab/sigstore/keys.ts';
import { rekorV2LogId } from '../../lab/sigstore/rekor.ts';
import { newTimestampCertificates } from '../../lab/sigstore/tsa.ts';
import * as x509 from '../../lab/sigstore/x509.ts';

const DAY = 86_400_000;
const VALIDITY = { start: Date.now() - DAY, end: Date.now() + 30 * DAY };

/** A log of Rekor v2 as a trusted root names it. */
export interface LogKey {
  readonly origin: string;
  readonly baseUrl: string;
  readonly key: SigningKey;
  readonly logId: Buffer;
}

/** The key of a log in `folder`, as the server reads it. */
export function newLog(folder: string, origin: string): LogKey {
  const key = newKey('Ed25519');
  writeFileSync(join(folder, `${origin}.key`), key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { origin, baseUrl: `https://${origin}`, key, logId: rekorV2LogId(origin, key) };
}

/** The `tlogs` element for a log; its key is used since yesterday, unless another time is given. */
export function namedInRoot(
  log: LogKey,
  validFor: { readonly start?: string; readonly end?: string } = {},
): TrustedRootJson['tlogs'][number] {
  return {
    baseUrl: log.baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: log.key.spki.toString('base64'),
      keyDetails: 'PKIX_ED25519',
      validFor: { start: new Date(VALIDITY.start).toISOString(), ...validFor },
    },
    logId: { keyId: log.logId.toString('base64') },
  };
}

/** Makes the keys and certificates of certificate authority, certificate log and timestamp authority in `folder`. */
export function newInstance(folder: string, logs: readonly LogKey[]): TrustedRootJson {
  const write = (name: string, text: string | Buffer): void => writeFileSync(join(folder, name), text);
  const { root, intermediate } = newAuthority('town', VALIDITY);
  const chain = [intermediate.certificate, root.certificate] as const;
  write('fulcio-chain.pem', chain.map((certificate) => pem('CERTIFICATE', certificate)).join(''));
  write('fulcio-root.pem', pem('CERTIFICATE', root.certificate));
  write('fulcio.key', pkcs8(intermediate.key.privateKey));

  const ctLog = newKey('P-256');
  write('ct.key', ctLog.privateKey.export({ type: 'sec1', format: 'pem' }));
  write('ct.pub', pem('PUBLIC KEY', ctLog.spki));

  const timestamps = newTimestampCertificates(VALIDITY);
  const tsaChain = [timestamps.leaf.certificate, timestamps.root.certificate] as const;
  write('tsa-chain.pem', tsaChain.map((certificate) => pem('CERTIFICATE', certificate)).join(''));
  write('tsa.key', pkcs8(timestamps.leaf.key.privateKey));

  const authority = { chain: tsaChain, baseUrl: 'https://tsa.town.test' };
  return trustedRoot({ chain, ctLog }, logs, authority, VALIDITY);
}

/** An authority and a certificate under it for web servers of these names: web-ca.pem, web.pem and web.key. */
export function newWebCertificate(folder: string, hosts: readonly string[]): void {
  const { root } = newAuthority('town-web', VALIDITY);
  const key = newKey('P-256');
  const names = der.sequence(...hosts.map((host) => der.taggedPrimitive(2, Buffer.from(host, 'latin1'))));
  const request = {
    subject: x509.distinguishedName('town.test', 'web'),
    spki: key.spki,
    notBefore: VALIDITY.start,
    notAfter: VALIDITY.end,
    extensions: [
      x509.keyUsage.digitalSignature,
      ...x509.keyIdentifiers(key.spki, root.key.spki),
      x509.extension('2.5.29.17', names),
    ],
  };
  writeFileSync(join(folder, 'web-ca.pem'), pem('CERTIFICATE', root.certificate));
  writeFileSync(join(folder, 'web.pem'), pem('CERTIFICATE', x509.issue(key, request, root).certificate));
  writeFileSync(join(folder, 'web.key'), pkcs8(key.privateKey));
}

/** Types of a note's key (C2SP signed-note): the byte before the key itself. */
const NOTE_KEY = { ed25519: 1, cosignature: 4 } as const;

/** NAME+ID+KEY, as configurations of logs and witnesses name a key. */
export function noteKey(name: string, key: SigningKey, type: keyof typeof NOTE_KEY = 'ed25519'): string {
  const typed = Buffer.concat([Buffer.from([NOTE_KEY[type]]), key.spki.subarray(-32)]);
  return `${name}+${noteKeyId(name, key, type).toString('hex')}+${typed.toString('base64')}`;
}

function noteKeyId(name: string, key: SigningKey, type: keyof typeof NOTE_KEY): Buffer {
  return sha256(Buffer.from(`${name}\n`), Buffer.from([NOTE_KEY[type]]), key.spki.subarray(-32)).subarray(0, 4);
}

/** The private key of `noteKey`. */
export function privateNoteKey(name: string, key: SigningKey): string {
  const seed = key.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  const typed = Buffer.concat([Buffer.from([NOTE_KEY.ed25519]), seed]).toString('base64');
  return `PRIVATE+KEY+${name}+${noteKeyId(name, key, 'ed25519').toString('hex')}+${typed}`;
}

/**
 * Ends a log as Sigstore's own tool does, which knows no POSIX files: the last checkpoint is signed again with a line
 * that says so.
 */
export function freeze(checkpoint: string, { origin, key, logId }: LogKey): void {
  const [text = ''] = readFileSync(checkpoint, 'utf8').split('\n\n');
  const frozen = `${text}\nLog frozen — ${new Date().toISOString()}\n`;
  const signature = Buffer.concat([logId.subarray(0, 4), sign(null, Buffer.from(frozen), key.privateKey)]);
  writeFileSync(checkpoint, `${frozen}\n— ${origin} ${signature.toString('base64')}\n`);
}

function pkcs8(key: KeyObject): string | Buffer {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
