import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './sigstore/json.ts';
import { newKey, type SigningKey, signWith } from './sigstore/keys.ts';

/** The role that Sigstore delegates the keys of registries to. */
const DELEGATED = 'registry.npmjs.org';
const TOP_ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;

type TufRole = (typeof TOP_ROLES)[number] | 'delegated';

export interface TufOptions {
  /** Content by path of target. */
  readonly targets: Readonly<Record<string, object>>;
  /** Hosts whose `HOST/keys.json` the delegated role signs; default npm's. */
  readonly hosts?: readonly string[];
  /**
   * One key signs everything, which is less work for a client; else each role has its own, and the root two of three.
   */
  readonly oneKey?: boolean;
  /** Whether versions and hashes are part of file names, as in Sigstore's; default true. */
  readonly consistent?: boolean;
  /** Whether metadata are listed with length and hashes, which Sigstore leaves out; default false. */
  readonly hashed?: boolean;
}

/** A TUF repository as Sigstore's is (https://theupdateframework.github.io/specification/latest/). */
export interface TufRepository {
  /** What a client has to have to begin with. */
  readonly root: Buffer;
  /** What is served now, by path. */
  readonly files: Map<string, Buffer>;
  /** Publishes targets, in place of those of the same path, with everything that has to be signed anew. */
  readonly publish: (targets: Readonly<Record<string, object>>) => void;
  /** Signs the timestamp anew. */
  readonly touch: () => void;
  /** Publishes a root in which these roles have new keys, and signs what they sign anew. */
  readonly rotate: (...roles: readonly TufRole[]) => void;
  /** From the next signature on. RFC 3339. */
  readonly expire: (role: TufRole, at: string) => void;
  /** Metadata signed by a role's keys, whatever they say. */
  readonly sign: (role: TufRole, content: Readonly<Record<string, Json>>) => Buffer;
}

const EXPIRES = '2046-01-01T00:00:00Z';

export function tufRepository(options: TufOptions): TufRepository {
  const { hosts = [DELEGATED], oneKey = false, consistent = true, hashed = false } = options;
  const shared = oneKey ? [newKey('P-256')] : null;
  const newKeys = (role: TufRole): SigningKey[] => {
    if (shared !== null) return shared;
    if (role === 'root') return [newKey('P-256'), newKey('P-256'), newKey('P-256')];
    return [newKey(role === 'snapshot' ? 'Ed25519' : 'P-256')];
  };
  const keys: Record<TufRole, SigningKey[]> = {
    root: newKeys('root'),
    timestamp: newKeys('timestamp'),
    snapshot: newKeys('snapshot'),
    targets: newKeys('targets'),
    delegated: newKeys('delegated'),
  };
  const versions: Record<TufRole, number> = { root: 0, timestamp: 0, snapshot: 0, targets: 0, delegated: 0 };
  const expires = new Map<TufRole, string>();
  const targets = new Map<string, Buffer>();
  const files = new Map<string, Buffer>();

  const signBy = (signers: readonly SigningKey[], content: Json): Buffer => {
    const message = Buffer.from(canonicalJson(content));
    const signatures = signers.map((key) => ({ keyid: keyId(key), sig: signWith(key, message).toString('hex') }));
    return Buffer.from(JSON.stringify({ signed: content, signatures }));
  };
  const sign = (role: TufRole, content: Readonly<Record<string, Json>>): Buffer => signBy(keys[role], content);
  const next = (role: TufRole, members: Readonly<Record<string, Json>>): Record<string, Json> => ({
    _type: role === 'delegated' ? 'targets' : role,
    spec_version: '1.0.31',
    version: (versions[role] += 1),
    expires: expires.get(role) ?? EXPIRES,
    ...members,
  });
  const put = (role: TufRole, name: string, bytes: Buffer): Json => {
    files.set(consistent ? `${versions[role]}.${name}` : name, bytes);
    return { version: versions[role], ...(hashed ? describe(bytes) : {}) };
  };
  const keysOf = (...roles: readonly TufRole[]): Json =>
    Object.fromEntries(roles.flatMap((role) => keys[role].map((key) => [keyId(key), publicKey(key)])));
  const roleOf = (role: TufRole): { readonly keyids: string[]; readonly threshold: number } => ({
    keyids: keys[role].map(keyId),
    threshold: keys[role].length > 1 ? 2 : 1,
  });

  const signRoot = (before: readonly SigningKey[]): Buffer => {
    const content = next('root', {
      consistent_snapshot: consistent,
      keys: keysOf(...TOP_ROLES),
      roles: Object.fromEntries(TOP_ROLES.map((role) => [role, roleOf(role)])),
    });
    return signBy([...new Set([...keys.root, ...before])], content);
  };
  const isDelegated = (path: string): boolean => hosts.some((host) => path === `${host}/keys.json`);
  const listed = (delegated: boolean): Json =>
    Object.fromEntries(
      [...targets].filter(([path]) => isDelegated(path) === delegated).map(([path, bytes]) => [path, describe(bytes)]),
    );
  const meta: Record<string, Json> = {};
  const touch = (): void => {
    const snapshot = files.get(consistent ? `${versions.snapshot}.snapshot.json` : 'snapshot.json') ?? Buffer.alloc(0);
    const facts = { version: versions.snapshot, ...(hashed ? describe(snapshot) : {}) };
    files.set('timestamp.json', sign('timestamp', next('timestamp', { meta: { 'snapshot.json': facts } })));
  };
  const signAll = (): void => {
    const delegated = next('delegated', { targets: listed(true) });
    meta[`${DELEGATED}.json`] = put('delegated', `${DELEGATED}.json`, sign('delegated', delegated));
    const paths = hosts.map((host) => `${host}/*`);
    const top = next('targets', {
      targets: listed(false),
      delegations: {
        keys: keysOf('delegated'),
        roles: [{ ...roleOf('delegated'), name: DELEGATED, terminating: true, paths }],
      },
    });
    meta['targets.json'] = put('targets', 'targets.json', sign('targets', top));
    put('snapshot', 'snapshot.json', sign('snapshot', next('snapshot', { meta: { ...meta } })));
    touch();
  };
  const publish = (published: Readonly<Record<string, object>>): void => {
    for (const [path, content] of Object.entries(published)) {
      const bytes = Buffer.from(JSON.stringify(content));
      targets.set(path, bytes);
      const cut = path.lastIndexOf('/') + 1;
      const prefix = consistent ? `${describe(bytes).hashes.sha256}.` : '';
      files.set(`targets/${path.slice(0, cut)}${prefix}${path.slice(cut)}`, bytes);
    }
    signAll();
  };

  const root = signRoot([]);
  publish(options.targets);
  return {
    root,
    files,
    publish,
    touch,
    rotate: (...roles) => {
      const before = keys.root;
      for (const role of roles) keys[role] = newKeys(role);
      const bytes = signRoot(before);
      files.set(`${versions.root}.root.json`, bytes);
      signAll();
    },
    expire: (role, at) => expires.set(role, at),
    sign,
  };
}

/** A point in hex, or the bytes of an Ed25519 key: PEM has line ends, which TUF's canonical JSON does not escape. */
function publicKey(key: SigningKey): Json {
  return key.curve === 'Ed25519'
    ? { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: key.spki.subarray(-32).toString('hex') } }
    : { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: key.spki.subarray(-65).toString('hex') } };
}

function keyId(key: SigningKey): string {
  return createHash('sha256')
    .update(canonicalJson(publicKey(key)))
    .digest('hex');
}

function describe(bytes: Buffer): { length: number; hashes: { sha256: string } } {
  return { length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}
