import { createHash } from 'node:crypto';
import type { Instant } from '../src/model/time.ts';
import type { CiPublisher, NpmUser, Publisher } from './publishers.ts';
import { registrySignature } from './registry-keys.ts';
import type { KeyChoice, RegistryKeys } from './registry-keys.ts';
import type { BundleJson, BundleVersion, EntryKind, SignAs } from './sigstore/bundle.ts';
import type { CertificateIdentity } from './sigstore/fulcio.ts';
import type { LogVersion, SignOptions, Sigstore } from './sigstore/index.ts';
import type { Json } from './sigstore/json.ts';
import * as statements from './statements.ts';
import type { StatementJson, Subject } from './statements.ts';
import { packTarball } from './tarball.ts';

/** How one attestation deviates from what npm makes. */
export interface AttestationOptions extends Pick<SignOptions, 'at' | 'version' | 'log' | 'entryKind' | 'timestamps'> {
  /** Members of the subject to replace: another name, another digest. */
  readonly subject?: Partial<Subject>;
  readonly predicate?: (predicate: Json) => Json;
  readonly statement?: (statement: StatementJson) => Json;
  readonly payloadType?: string;
  /** What the unsigned wrapper in the attestation document says. */
  readonly wrapperPredicateType?: string;
  /** Alters the finished bundle. */
  readonly bundle?: (bundle: BundleJson) => BundleJson;
}

export interface ProvenanceOptions extends AttestationOptions, Pick<SignOptions, 'certificate'> {
  readonly predicateType?: typeof statements.SLSA_V1 | typeof statements.SLSA_V02;
  /** Whom the certificate names, if not the publisher. */
  readonly identity?: CertificateIdentity;
  /** `foreign-ca`: a certificate of another authority, logged here. `foreign-instance`: another Sigstore altogether. */
  readonly signer?: 'lab' | 'foreign-ca' | 'foreign-instance';
}

export interface PublishAttestationOptions extends AttestationOptions {
  readonly key?: KeyChoice;
}

/** `invalid`: over another message. `junk`: neither the key id nor the signature is one. */
export type SignatureKind = 'valid' | 'invalid' | 'unknown-key' | 'expired-key' | 'junk';

/** Members of package.json; the registry repeats them in its manifest. */
export interface PackageJson {
  readonly [member: string]: Json | undefined;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface PublishSpec {
  readonly name: string;
  readonly version: string;
  readonly by: Publisher;
  readonly manifest?: PackageJson;
  /** Further files of the tarball, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: a CI workflow signs provenance, a token does not. */
  readonly provenance?: ProvenanceOptions | boolean;
  /** Default: the registry attests exactly what has provenance. */
  readonly publishAttestation?: PublishAttestationOptions | boolean;
  /** For both attestations; default is npm's: 0.2 for publish, 0.3 for provenance. */
  readonly bundleVersion?: BundleVersion;
  readonly log?: LogVersion | readonly LogVersion[];
  readonly entryKind?: EntryKind;
  /** `dist.signatures`; default is one valid signature. */
  readonly signatures?: readonly SignatureKind[];
  /** Short for no signatures at all. */
  readonly signed?: boolean;
  readonly distTag?: string;
  /** When; default is the lab clock's now. The clock is not moved. */
  readonly at?: Instant;
}

/** A registry's manifest of one version. */
export interface ManifestJson {
  name: string;
  version: string;
  dist: {
    integrity?: string;
    shasum?: string;
    tarball: string;
    fileCount: number;
    unpackedSize: number;
    signatures?: { keyid: string; sig: string }[];
    attestations?: { url: string; provenance?: { predicateType: string } };
  };
  _npmUser?: NpmUser;
  repository?: Json | undefined;
  dependencies?: Readonly<Record<string, string>> | undefined;
  optionalDependencies?: Readonly<Record<string, string>> | undefined;
  peerDependencies?: Readonly<Record<string, string>> | undefined;
  scripts?: Readonly<Record<string, string>> | undefined;
  [member: string]: unknown;
}

/** `GET /-/npm/v1/attestations/NAME@VERSION`. */
export interface AttestationsJson {
  attestations: { predicateType: string; bundle: BundleJson }[];
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
export interface PublishContext {
  readonly url: string;
  readonly now: Instant;
  readonly keys: RegistryKeys;
  readonly sigstore: Sigstore;
  /** Another instance, for attestations that must not verify. */
  readonly foreign: () => Sigstore;
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

  const provenance = spec.provenance ?? by.kind === 'ci';
  const subject = { name: statements.packageUrl(name, version), digest: { sha512: sha512.toString('hex') } };
  if (provenance !== false && by.kind !== 'ci') throw new Error('only a CI workflow can sign provenance');
  // The build is logged first; the registry lists its own attestation first.
  const build =
    provenance === false || by.kind !== 'ci'
      ? []
      : [attestBuild(spec, by, provenance === true ? {} : provenance, subject, at, context)];
  const publishing = spec.publishAttestation ?? provenance !== false;
  const publication =
    publishing === false ? [] : [attestPublication(spec, publishing === true ? {} : publishing, subject, at, context)];
  const attestations = [...publication, ...build];

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
      ...(attestations.length === 0 ? {} : { attestations: claim(spec, context.url) }),
    },
  };
  return {
    name,
    version,
    time: at,
    integrity,
    tarball,
    manifest,
    attestations: attestations.length === 0 ? null : { attestations },
  };
}

/** `name/-/basename-version.tgz`. */
export function tarballPath(name: string, version: string): string {
  return `${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

function defaultRepository(by: Publisher): PackageJson {
  if (by.kind === 'token') return {};
  return { repository: { type: 'git', url: by.repository } };
}

function predicateTypeOf(by: CiPublisher, options: ProvenanceOptions): string {
  return options.predicateType ?? Object.keys(by.predicates)[0] ?? statements.SLSA_V1;
}

/** `dist.attestations`: unsigned, and what makes a client ask for the document. */
function claim(spec: PublishSpec, url: string): NonNullable<ManifestJson['dist']['attestations']> {
  const { name, version, by, provenance } = spec;
  const address = `${url}-/npm/v1/attestations/${name.replace('/', '%2f')}@${version}`;
  if (by.kind !== 'ci' || provenance === false) return { url: address };
  const predicateType = predicateTypeOf(by, typeof provenance === 'object' ? provenance : {});
  return { url: address, provenance: { predicateType } };
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

type Attestation = AttestationsJson['attestations'][number];

function attestPublication(
  spec: PublishSpec,
  options: PublishAttestationOptions,
  subject: Subject,
  at: Instant,
  context: PublishContext,
): Attestation {
  const key = context.keys.choose(options.key ?? 'current', at);
  const predicate = statements.publishPredicate(spec.name, spec.version, context.url.replace(/\/$/, ''));
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [subject],
    predicateType: statements.PUBLISH,
    predicate,
  };
  const defaults = { ...signOptions(spec, '0.2'), at };
  return attest(context.sigstore, statement, { key: key.signing, hint: key.id }, defaults, options);
}

function attestBuild(
  spec: PublishSpec,
  by: CiPublisher,
  options: ProvenanceOptions,
  subject: Subject,
  at: Instant,
  context: PublishContext,
): Attestation {
  const predicateType = predicateTypeOf(by, options);
  const statement = {
    _type: `https://in-toto.io/Statement/${predicateType === statements.SLSA_V02 ? 'v0.1' : 'v1'}`,
    subject: [subject],
    predicateType,
    predicate: by.predicates[predicateType] ?? {},
  };
  const sigstore = options.signer === 'foreign-instance' ? context.foreign() : context.sigstore;
  const defaults: SignOptions = {
    ...signOptions(spec, '0.3'),
    at,
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    ...(options.signer === 'foreign-ca' ? { fulcio: context.foreign().fulcio } : {}),
  };
  return attest(sigstore, statement, { identity: options.identity ?? by.identity }, defaults, options);
}

function signOptions(spec: PublishSpec, version: BundleVersion): SignOptions {
  return {
    version: spec.bundleVersion ?? version,
    ...(spec.log === undefined ? {} : { log: spec.log }),
    ...(spec.entryKind === undefined ? {} : { entryKind: spec.entryKind }),
  };
}

function attest(
  sigstore: Sigstore,
  npmStatement: StatementJson,
  as: SignAs,
  defaults: SignOptions,
  options: AttestationOptions,
): Attestation {
  const { subject, predicate, statement: alter, bundle: finish, wrapperPredicateType, ...overrides } = options;
  const statement: StatementJson = {
    ...npmStatement,
    subject: npmStatement.subject.map((original) => ({ ...original, ...subject })),
    predicate: predicate === undefined ? npmStatement.predicate : predicate(npmStatement.predicate),
  };
  const bundle = sigstore.signStatement(alter === undefined ? { ...statement } : alter(statement), as, {
    ...defaults,
    ...overrides,
  });
  return {
    predicateType: wrapperPredicateType ?? statement.predicateType,
    bundle: finish === undefined ? bundle : finish(bundle),
  };
}
