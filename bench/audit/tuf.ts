import { createHash } from 'node:crypto';
import { canonicalJson } from '../../lab/sigstore/json.ts';
import type { Json } from '../../lab/sigstore/json.ts';
import { newKey, signWith } from '../../lab/sigstore/keys.ts';

/** A TUF repository as files by path; `root` is what a client has to have to begin with. */
export interface TufRepository {
  readonly root: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
}

const EXPIRES = '2046-01-01T00:00:00Z';
/** The role that Sigstore delegates the keys of registries to. */
const DELEGATED = 'registry.npmjs.org';

/**
 * The repository that npm asks for its trust: `trusted_root.json`, and the keys of one registry (`HOST[:PORT]/keys.json`)
 * under a delegated role (https://theupdateframework.github.io/specification/latest/). One key signs everything, which is
 * less work for a client than Sigstore's own repository is.
 */
export function tufRepository(trustedRoot: object, registryHost: string, registryKeys: object): TufRepository {
  const key = newKey('P-256');
  // An uncompressed point in hex: PEM has line ends, which TUF's canonical JSON does not escape.
  const publicKey: Json = {
    keytype: 'ecdsa',
    scheme: 'ecdsa-sha2-nistp256',
    keyval: { public: key.spki.subarray(-65).toString('hex') },
  };
  const keyId = createHash('sha256').update(canonicalJson(publicKey)).digest('hex');
  const keys = { [keyId]: publicKey };
  const role = { keyids: [keyId], threshold: 1 };
  const signed = (type: string, members: Record<string, Json>): Buffer => {
    const content: Json = { _type: type, spec_version: '1.0.31', version: 1, expires: EXPIRES, ...members };
    const sig = signWith(key, Buffer.from(canonicalJson(content))).toString('hex');
    return Buffer.from(JSON.stringify({ signed: content, signatures: [{ keyid: keyId, sig }] }));
  };
  const meta = (bytes: Buffer): Json => ({ version: 1, ...describe(bytes) });

  const rootTarget = Buffer.from(JSON.stringify(trustedRoot));
  const keysTarget = Buffer.from(JSON.stringify(registryKeys));
  const keysPath = `${registryHost}/keys.json`;
  const delegated = signed('targets', { targets: { [keysPath]: describe(keysTarget) } });
  const delegation = { ...role, name: DELEGATED, terminating: true, paths: [`${registryHost}/*`] };
  const targets = signed('targets', {
    targets: { 'trusted_root.json': describe(rootTarget) },
    delegations: { keys, roles: [delegation] },
  });
  const snapshot = signed('snapshot', {
    meta: { 'targets.json': meta(targets), [`${DELEGATED}.json`]: meta(delegated) },
  });
  return {
    root: signed('root', {
      consistent_snapshot: false,
      keys,
      roles: { root: role, timestamp: role, snapshot: role, targets: role },
    }),
    files: new Map([
      ['timestamp.json', signed('timestamp', { meta: { 'snapshot.json': meta(snapshot) } })],
      ['snapshot.json', snapshot],
      ['targets.json', targets],
      [`${DELEGATED}.json`, delegated],
      ['targets/trusted_root.json', rootTarget],
      [`targets/${keysPath}`, keysTarget],
    ]),
  };
}

function describe(bytes: Buffer): { length: number; hashes: { sha256: string } } {
  return { length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}
