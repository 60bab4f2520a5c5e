import { createHash } from 'node:crypto';
import type { Instant } from '../src/model/time.ts';
import { type Attestors, type AttestSpec, attestVersion } from './attest.ts';
import type { AttestationsJson, ManifestJson, PackageJson } from './documents.ts';
import type { Publisher } from './publishers.ts';
import { type RegistryKeys, registrySignature } from './registry-keys.ts';
import { packTarball } from './tarball.ts';

/** `invalid`: over another message. `junk`: neither the key id nor the signature is one. */
type SignatureKind = 'valid' | 'invalid' | 'unknown-key' | 'expired-key' | 'junk';

export interface PublishSpec extends AttestSpec {
  readonly name: string;
  readonly version: string;
  readonly by: Publisher;
  readonly manifest?: PackageJson;
  /** Further files of the tarball, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** `dist.signatures`; default is one valid signature. */
  readonly signatures?: readonly SignatureKind[];
  /** Short for no signatures at all. */
  readonly signed?: boolean;
  readonly distTag?: string;
  /** When; default is the lab clock's now. The clock is not moved. */
  readonly at?: Instant;
}

/** One published version, before anybody tampers with it. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly time: Instant;
  readonly integrity: string;
  readonly tarball: Buffer;
  readonly manifest: ManifestJson;
  /** Null where the registry has no attestations at all. */
  readonly attestations: AttestationsJson | null;
}

/** What publishing needs of the registry around it. */
export interface PublishContext extends Attestors {
  readonly now: Instant;
}

/** What a registry does when a version is published: pack, sign, attest. */
export function publishVersion(spec: PublishSpec, context: PublishContext): Published {
  const { name, version, by } = spec;
  const at = spec.at ?? context.now;
  const packageJson: PackageJson = { name, version, ...defaultRepository(by), ...spec.manifest };
  const files = { 'package.json': JSON.stringify(packageJson, null, 2), 'index.js': '', ...spec.files };
  const tarball = packTarball(files);
  const sha512 = createHash('sha512').update(tarball).digest();
  const integrity = `sha512-${sha512.toString('base64')}`;

  const attested = attestVersion(spec, { name, version, by, at, sha512: sha512.toString('hex') }, context);
  const manifest: ManifestJson = {
    ...packageJson,
    name,
    version,
    _id: `${name}@${version}`,
    _npmUser: by.npmUser,
    maintainers: [{ name: 'maintainer', email: 'maintainer@lab.test' }],
    dist: {
      integrity,
      shasum: createHash('sha1').update(tarball).digest('hex'),
      tarball: `${context.url}${tarballPath(name, version)}`,
      fileCount: Object.keys(files).length,
      unpackedSize: Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      ...signatures(spec, integrity, at, context.keys),
      ...(attested === null ? {} : { attestations: attested.claim }),
    },
  };
  return { name, version, time: at, integrity, tarball, manifest, attestations: attested?.document ?? null };
}

/** `name/-/basename-version.tgz`. */
export function tarballPath(name: string, version: string): string {
  return `${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

function defaultRepository(by: Publisher): PackageJson {
  if (by.kind === 'token') return {};
  return { repository: { type: 'git', url: by.repository } };
}

function signatures(
  spec: PublishSpec,
  integrity: string,
  at: Instant,
  keys: RegistryKeys,
): Pick<ManifestJson['dist'], 'signatures'> {
  const kinds = spec.signed === false ? [] : (spec.signatures ?? ['valid']);
  if (kinds.length === 0) return {};
  const message = `${spec.name}@${spec.version}:${integrity}`;
  return {
    signatures: kinds.map((kind) => {
      switch (kind) {
        case 'valid':
          return registrySignature(keys.choose('current', at), message);
        case 'invalid':
          return registrySignature(keys.choose('current', at), `${message} `);
        case 'junk':
          return { keyid: 'junk', sig: 'bm90IGEgc2lnbmF0dXJl' };
        case 'unknown-key':
        case 'expired-key':
          return registrySignature(keys.choose(kind, at), message);
      }
    }),
  };
}
